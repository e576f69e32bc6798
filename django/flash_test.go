package django_test

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/django"
	"github.com/cloakroom-go/sessions/memstore"
)

// This file checks flash messages on real sessions.

func newManager(t testing.TB) *sessions.Manager {
	t.Helper()
	m, err := sessions.New(memstore.New(memstore.Config{}), sessions.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMessagesAreSeenOnce(t *testing.T) {
	m := newManager(t)
	s := m.Open(t.Context(), "")
	django.AddMessage(s, django.LevelSuccess, "Saved <b>&\u00e9", "x", "y")
	django.AddMessages(s, django.Message{Level: django.LevelError, Text: "<b>no</b>", Safe: true})
	django.AddMessages(s)
	want := []django.Message{
		{Level: django.LevelSuccess, Text: "Saved <b>&\u00e9", Tags: "x y"},
		{Level: django.LevelError, Text: "<b>no</b>", Safe: true},
	}
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	rec, err := m.Store().Load(t.Context(), s.Key())
	const stored = `{"_messages":"[[\"__json_message\", 0, 25, \"Saved <b>&\\u00e9\", \"x y\"], [\"__json_message\", 1, 40, \"<b>no</b>\", \"\"]]"}`
	if err != nil || string(rec.Data) != stored {
		t.Errorf("stored %s, %v; Django stores %s", rec.Data, err, stored)
	}
	s = m.Open(t.Context(), s.Key())
	if got := django.PeekMessages(s); !reflect.DeepEqual(got, want) || s.Modified() {
		t.Errorf("Peek answers %+v, modified %t", got, s.Modified())
	}
	if got := django.ReadMessages(s); !reflect.DeepEqual(got, want) || s.Has(django.MessagesKey) {
		t.Errorf("Read answers %+v, key left %t", got, s.Has(django.MessagesKey))
	}
	if got := django.ReadMessages(s); got != nil || s.Err() != nil {
		t.Errorf("once more Read answers %+v, %v", got, s.Err())
	}
}

func TestReadingNoMessagesChangesNothing(t *testing.T) {
	s := newManager(t).Open(t.Context(), "")
	if got := django.ReadMessages(s); got != nil || s.Modified() || s.Err() != nil {
		t.Errorf("Read answers %v, modified %t, %v", got, s.Modified(), s.Err())
	}
}

// Requests that overlap, each with a session that it loaded before any was
// saved.
func TestMessagesOfConcurrentRequestsAreKept(t *testing.T) {
	m := newManager(t)
	first := m.Open(t.Context(), "")
	if err := first.Save(); err != nil {
		t.Fatal(err)
	}
	const n = 20
	var loaded, done sync.WaitGroup
	loaded.Add(n)
	for i := range n {
		done.Go(func() {
			s := m.Open(t.Context(), first.Key())
			django.AddMessage(s, django.LevelInfo, fmt.Sprint(i))
			loaded.Done()
			loaded.Wait()
			if err := s.Save(); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	seen := map[string]bool{}
	for _, message := range django.ReadMessages(m.Open(t.Context(), first.Key())) {
		seen[message.Text] = true
	}
	if len(seen) != n {
		t.Errorf("%d of %d messages are left", len(seen), n)
	}
}

// A message that comes while others are being shown is not lost with them.
func TestMessagesThatComeLate(t *testing.T) {
	m := newManager(t)
	s := m.Open(t.Context(), "")
	django.AddMessage(s, django.LevelInfo, "first")
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	showing := m.Open(t.Context(), s.Key())
	django.ReadMessages(showing)
	django.AddMessage(s, django.LevelInfo, "second")
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	if err := showing.Save(); err != nil {
		t.Errorf("the page that showed one of two messages: %v", err)
	}
	if got := django.PeekMessages(m.Open(t.Context(), s.Key())); len(got) != 1 || got[0].Text != "second" {
		t.Errorf("left are %+v", got)
	}
}

func TestMessagesThatCannotBeRead(t *testing.T) {
	for _, broken := range []any{"[[1]]", "", 7, []int{}, "null x"} {
		s := newManager(t).Open(t.Context(), "")
		s.Set(django.MessagesKey, broken)
		if got := django.PeekMessages(s); got != nil || !errors.Is(s.Err(), sessions.ErrType) {
			t.Errorf("%v: Peek answers %v, %v", broken, got, s.Err())
		}
		django.AddMessage(s, django.LevelInfo, "after")
		if got := django.ReadMessages(s); len(got) != 1 || got[0].Text != "after" {
			t.Errorf("%v: Read answers %v", broken, got)
		}
		s.Set(django.MessagesKey, broken)
		if got := django.ReadMessages(s); got != nil || s.Has(django.MessagesKey) {
			t.Errorf("%v: Read answers %v and leaves it", broken, got)
		}
	}
}

func TestMessagesThatAreNotText(t *testing.T) {
	s := newManager(t).Open(t.Context(), "")
	django.AddMessage(s, django.LevelInfo, "\xff")
	if err := s.Save(); !errors.Is(err, sessions.ErrEncode) {
		t.Errorf("saved: %v", err)
	}
}

// What belongs to Django's CSRF protection survives whatever else happens.
func TestCSRFSecretSurvives(t *testing.T) {
	m := newManager(t)
	s := m.Open(t.Context(), "")
	secret := "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD" // masked, as before Django 4
	s.Set(django.CSRFTokenKey, secret)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	django.AddMessage(s, django.LevelInfo, "x")
	s.CycleKey()
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	if got := m.Open(t.Context(), s.Key()).Get(django.CSRFTokenKey); got != secret {
		t.Errorf("it became %v", got)
	}
}
