package django_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/cloakroom-go/sessions/django"
)

// The texts are Django's own.
func TestMessages(t *testing.T) {
	for text, want := range map[string][]django.Message{
		`[]`: {},
		`[["__json_message", 0, 25, "Profile details updated.", ""]]`: {{Level: django.LevelSuccess, Text: "Profile details updated."}},
		`[["__json_message", 0, 25, "Saved <b>&\u00e9", "x"]]`:        {{Level: django.LevelSuccess, Text: "Saved <b>&\u00e9", Tags: "x"}},
		`[["__json_message", 1, 40, "<b>x</b>", ""], ["__json_message", 0, 10, "", "a b"]]`: {
			{Level: django.LevelError, Text: "<b>x</b>", Safe: true}, {Level: django.LevelDebug, Tags: "a b"},
		},
	} {
		got, err := django.DecodeMessages(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("DecodeMessages(%s) = %+v, %v; want %+v", text, got, err, want)
		}
		if back, err := django.EncodeMessages(want); err != nil || back != text {
			t.Errorf("EncodeMessages = %s, %v; Django writes %s", back, err, text)
		}
	}
}

func TestMessagesWithoutTags(t *testing.T) {
	want := []django.Message{{Level: django.LevelError, Text: "<b>x</b>", Safe: true}}
	for _, text := range []string{
		`[["__json_message", 1, 40, "<b>x</b>"]]`,
		`[["__json_message",true,40,"<b>x</b>",null]]`,
	} {
		if got, err := django.DecodeMessages(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("DecodeMessages(%s) = %+v, %v", text, got, err)
		}
	}
}

func TestMessagesKeepLoneSurrogates(t *testing.T) {
	got, err := django.DecodeMessages(`[["__json_message", 0, 20, "\ud83d", ""]]`)
	if err != nil || got[0].Text != "\xed\xa0\xbd" {
		t.Fatalf("%+v, %v", got, err)
	}
	if back, err := django.EncodeMessages(got); err != nil || back != `[["__json_message", 0, 20, "\ud83d", ""]]` {
		t.Errorf("%s, %v", back, err)
	}
}

func TestMessagesThatAreNone(t *testing.T) {
	for _, text := range []string{
		``, `null x`, `{}`, `"x"`, `[1]`, `[[]]`, `[["__json_message"]]`, `[["other", 0, 20, "x", ""]]`, `[["__json_message", 2, 20, "x", ""]]`,
		`[["__json_message", 0, "20", "x", ""]]`, `[["__json_message", 0, 2.5, "x", ""]]`, `[["__json_message", 0, 20, null, ""]]`,
		`[["__json_message", 0, 20, "x", 3]]`, `[["__json_message", 0, 20, "x", "", ""]]`,
	} {
		if got, err := django.DecodeMessages(text); !errors.Is(err, django.ErrMessages) {
			t.Errorf("DecodeMessages(%s) = %+v, %v", text, got, err)
		}
	}
	if got, err := django.EncodeMessages([]django.Message{{Text: "\xff"}}); err == nil {
		t.Errorf("a message that is no UTF-8 was written %s", got)
	}
}

func FuzzDecodeMessages(f *testing.F) {
	f.Add(`[["__json_message", 0, 25, "Saved <b>&\u00e9", "x"]]`)
	f.Add(`[["__json_message", 1, 40, "\ud83d"]]`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, text string) {
		messages, err := django.DecodeMessages(text)
		if err != nil {
			return
		}
		again, err := django.EncodeMessages(messages)
		if err != nil {
			t.Fatalf("%+v: %v", messages, err)
		}
		if back, err := django.DecodeMessages(again); err != nil || !reflect.DeepEqual(back, messages) {
			t.Fatalf("%+v became %+v, %v", messages, back, err)
		}
	})
}
