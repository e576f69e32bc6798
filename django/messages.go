package django

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/cloakroom-go/sessions/internal/pyjson"
)

// This file is the text in which django.contrib.messages keeps flash messages
// in a session.

// Levels of a [Message], as in django.contrib.messages.
const (
	LevelDebug   = 10
	LevelInfo    = 20
	LevelSuccess = 25
	LevelWarning = 30
	LevelError   = 40
)

// A Message is one flash message.
type Message struct {
	Level int    // such as LevelInfo
	Text  string // as the visitor sees it, or as HTML if Safe
	Tags  string // extra tags, between spaces
	Safe  bool   // Text is HTML, and templates do not escape it
}

// ErrMessages: the text is not what EncodeMessages answers.
var ErrMessages = errors.New("django: the session's messages cannot be decoded")

// EncodeMessages answers the text that stands under [MessagesKey], byte for
// byte as Django's MessageEncoder. An error says that a message is not UTF-8.
//
// Django removes the key where no message is left, rather than storing "[]".
func EncodeMessages(messages []Message) (string, error) {
	dst := []byte{'['}
	for i, m := range messages {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		safe := byte('0')
		if m.Safe {
			safe = '1'
		}
		dst = append(dst, `["__json_message", `...)
		dst = append(dst, safe)
		dst = append(dst, ", "...)
		dst = strconv.AppendInt(dst, int64(m.Level), 10)
		for _, s := range []string{m.Text, m.Tags} {
			var err error
			if dst, err = pyjson.AppendString(append(dst, ", "...), s); err != nil {
				return "", fmt.Errorf("django: message %d: %w", i, err)
			}
		}
		dst = append(dst, ']')
	}
	return string(append(dst, ']')), nil
}

// DecodeMessages answers the messages of the text under [MessagesKey], oldest
// first, or [ErrMessages].
func DecodeMessages(text string) ([]Message, error) {
	var items [][]json.RawMessage
	if err := json.Unmarshal([]byte(text), &items); err != nil {
		return nil, ErrMessages
	}
	messages := make([]Message, len(items))
	for i, item := range items {
		if !messages[i].decode(item) {
			return nil, fmt.Errorf("%w: number %d", ErrMessages, i)
		}
	}
	return messages, nil
}

// decode reads ["__json_message", safe, level, text] with or without tags.
func (m *Message) decode(item []json.RawMessage) bool {
	if len(item) != 4 && len(item) != 5 || string(item[0]) != `"__json_message"` {
		return false
	}
	switch string(item[1]) {
	case "0", "false":
	case "1", "true":
		m.Safe = true
	default:
		return false
	}
	if json.Unmarshal(item[2], &m.Level) != nil || !decodeText(item[3], &m.Text) {
		return false
	}
	return len(item) == 4 || string(item[4]) == "null" || decodeText(item[4], &m.Tags)
}

// decodeText reads a JSON string, lone surrogates included.
func decodeText(raw []byte, into *string) bool {
	text, err := pyjson.Unquote(nil, raw)
	*into = string(text)
	return err == nil
}
