package site_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// This file uses the page in a real browser that runs no scripts.

// browser starts Chromium without JavaScript, and skips the test where there is
// none; but never in continuous integration, where nobody would notice.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds to start")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		report := t.Skip
		if os.Getenv("CI") == "true" {
			report = t.Fatal
		}
		report("no Chromium is installed: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-sandbox", os.Getuid() == 0), // root can't have one
	)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() { chromedp.Cancel(ctx); cancel() })
	noScripts := chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
	if err := chromedp.Do(ctx, noScripts); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func TestBrowserWithoutScripts(t *testing.T) {
	world := newWorld(t)
	ctx := browser(t)

	// step acts, which loads a page, and answers what that page says.
	step := func(act chromedp.Action[chromedp.Void]) string {
		t.Helper()
		response, err := chromedp.RunResponse(ctx, act)
		if err != nil {
			t.Fatal(err)
		}
		if response.Status != 200 {
			t.Fatalf("%s answered %d", response.URL, response.Status)
		}
		text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("main")))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	fill := func(id, text string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.SendKeys(chromedp.ID(id), text)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Fatalf("the page lacks %q:\n%s", part, text)
			}
		}
	}

	want(step(chromedp.Navigate(world.URL)), "You have no session here")
	if n := world.count(); n != 0 {
		t.Fatalf("looking at the page made %d sessions", n)
	}

	fill("set-key", "colour")
	fill("set-value", "<b>aubergine</b> & ünïcödé")
	page := step(chromedp.Click(chromedp.CSS(`form[action="/session/set"] button`)))
	want(page, "The session has demo.colour", "<b>aubergine</b> & ünïcödé", "Session ends")

	want(step(chromedp.Click(chromedp.CSS(`td form[action="/session/delete"] button`))), "The session has no key demo.colour")

	before, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(".number")))
	if err != nil {
		t.Fatal(err)
	}
	step(chromedp.Click(chromedp.CSS(`form[action="/session/cycle"] button`)))
	if after, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(".number"))); err != nil || after == before {
		t.Errorf("after the key was cycled the ticket is %q, as before; %v", after, err)
	}

	want(step(chromedp.Click(chromedp.CSS(`form[action="/session/flush"] button`))), "You have no session here")
	want(step(chromedp.Reload()), "You have no session here") // a reload posts nothing again
	if n := world.count(); n != 0 {
		t.Errorf("%d sessions are left after the end", n)
	}
}
