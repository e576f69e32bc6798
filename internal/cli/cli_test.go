package cli

import (
	"bytes"
	"strings"
	"testing"
)

// This file checks how the command exits.

func TestExitCodes(t *testing.T) {
	t.Chdir(t.TempDir())
	for line, want := range map[string]int{
		"":                                exitOK,
		"help":                            exitOK,
		"help migrate":                    exitOK,
		"version":                         exitOK,
		"migrate":                         exitOK,
		"migrate --database oracle://x":   exitFailed,
		"migrate --database sqlite:///":   exitFailed,
		"runserver 0.0.0.0:0":             exitFailed,
		"runserver no.such.invalid:0":     exitFailed,
		"runserver x":                     exitUsage,
		"runserver 1 2":                   exitUsage,
		"migrate x":                       exitUsage,
		"migrate --nonsense":              exitUsage,
		"--nonsense":                      exitUsage,
		"nonsense":                        exitUsage,
		"help nonsense":                   exitUsage,
		"runserver --log-level nonsense":  exitUsage,
		"migrate --database":              exitUsage,
		"runserver --public=perhaps 8000": exitUsage,
	} {
		t.Setenv("DATABASE_URL", "")
		var stdout, stderr bytes.Buffer
		got := Run(t.Context(), strings.Fields(line), &stdout, &stderr)
		if got != want {
			t.Errorf("cloakroom %s exits with %d, want %d; %s", line, got, want, &stderr)
		}
		if lines := strings.Count(stderr.String(), "\n"); got == exitOK && lines != 0 || got != exitOK && lines != 1 {
			t.Errorf("cloakroom %s writes %d lines of errors: %q", line, lines, &stderr)
		}
	}
}
