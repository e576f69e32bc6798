package cli

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

// This file reads runserver's argument.

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]address{
		"8080":             {"127.0.0.1", "8080"},
		"0":                {"127.0.0.1", "0"},
		"00080":            {"127.0.0.1", "80"},
		"127.0.0.1:8080":   {"127.0.0.1", "8080"},
		"[::1]:8000":       {"::1", "8000"},
		"localhost:8080":   {"localhost", "8080"},
		"my-host.lan:8080": {"my-host.lan", "8080"},
		"0:8000":           {"0.0.0.0", "8000"},
		"0.0.0.0:8000":     {"0.0.0.0", "8000"},
		"[::]:65535":       {"::", "65535"},
	} {
		if got, err := parseAddress(text); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", ":8000", "localhost", "localhost:", "127.0.0.1", "::1:8000", "[::1]", "[::1", "[1.2.3.4]:80", "[x]:80",
		"[:::]:80", "-1", "65536", "99999", "123456", "1.2.3:80", "1.2.3.999:80", "1:80", "01.2.3.4:80", "a b:80", "a..b:80",
		"http://localhost:80", "localhost:80/", "localhost:http", "8000\n", "\u0661",
	} {
		if got, err := parseAddress(text); err == nil {
			t.Errorf("%q is %v, want an error", text, got)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, text := range []string{"8000", "localhost:80", "[::1]:8000", "1.2.3.4:5", "0:1", "[fe80::1]:0", ":"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseAddress(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: the error has several lines: %q", text, err)
			}
			return
		}
		again, err := parseAddress(net.JoinHostPort(at.host, at.port))
		if err != nil || again != at {
			t.Errorf("%q is %v, which is %v, %v", text, at, again, err)
		}
	})
}

func TestResolve(t *testing.T) {
	for host, loopback := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"0.0.0.0": false, "::": false, "192.0.2.1": false, "::ffff:192.0.2.1": false, "::ffff:127.0.0.1": true,
	} {
		at, got, err := address{host, "8000"}.resolve(t.Context())
		if err != nil || got != loopback || at.Port() != 8000 {
			t.Errorf("%s is %v, loopback %v, %v", host, at, got, err)
		}
	}
	if at, _, _ := (address{"localhost", "80"}).resolve(t.Context()); at.Addr() != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("localhost is %v", at)
	}
}
