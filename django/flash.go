package django

import (
	"slices"
	"strings"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file is django.contrib.messages with its storage in the session: flash
// messages, which the visitor sees once, at the next page that shows them.

// sessionMessages is where Django's SessionStorage keeps them.
const sessionMessages sessions.Key[messageList] = MessagesKey

// messageList is, in JSON, a string that holds JSON.
type messageList []Message

func (l messageList) MarshalJSON() ([]byte, error) {
	text, err := EncodeMessages(l)
	if err != nil {
		return nil, err
	}
	return pyjson.AppendString(nil, text)
}

func (l *messageList) UnmarshalJSON(raw []byte) error {
	if raw[0] != '"' {
		return ErrMessages
	}
	text, err := pyjson.Unquote(nil, raw)
	if err != nil {
		return err
	}
	*l, err = DecodeMessages(string(text))
	return err
}

// AddMessage leaves a message for the visitor, with a level such as
// [LevelSuccess] and extra tags for the template. Messages of concurrent
// requests are all kept. A text that is not UTF-8 keeps the session from being
// saved; see [sessions.Session.Err].
func AddMessage(s *sessions.Session, level int, text string, tags ...string) {
	AddMessages(s, Message{Level: level, Text: text, Tags: strings.Join(tags, " ")})
}

// AddMessages is [AddMessage] for messages in full, such as those that are HTML.
func AddMessages(s *sessions.Session, messages ...Message) {
	if len(messages) == 0 {
		return
	}
	sessionMessages.Update(s, func(before messageList, _ bool) messageList {
		return append(before[:len(before):len(before)], messages...)
	})
}

// ReadMessages takes the messages out of the session, oldest first, to be shown.
// One that another request leaves while this one shows them stays for the next.
// What is there but cannot be decoded is removed, and an error to
// [sessions.Session.Err].
func ReadMessages(s *sessions.Session) []Message {
	shown, _ := sessionMessages.Get(s)
	if !sessionMessages.Has(s) {
		return nil
	}
	sessionMessages.Amend(s, func(there messageList, _ bool) (messageList, bool) {
		for len(there) > 0 && slices.Contains(shown, there[0]) {
			there = there[1:]
		}
		return there, len(there) > 0
	})
	return shown
}

// PeekMessages answers the messages and leaves them there.
func PeekMessages(s *sessions.Session) []Message {
	messages, _ := sessionMessages.Get(s)
	return messages
}
