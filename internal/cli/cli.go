// Package cli is the cloakroom command: what its subcommands are called, and
// what they do.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// This file is the command as a whole: its flags, and how it fails.

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // the command was called wrongly
)

// Main runs the command of this process and answers its exit code.
func Main() int {
	return Run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)
}

// Run runs the command with the arguments args and answers its exit code. An
// error is one line on stderr. The end of ctx interrupts the command.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "cloakroom:", strings.ReplaceAll(err.Error(), "\n", "; "))
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailed
}

// usageError says that the command was called wrongly, and how to learn more.
type usageError struct {
	error
	command string
}

func (e usageError) Error() string {
	return fmt.Sprintf("%v; see %s --help", e.error, e.command)
}

func (e usageError) Unwrap() error { return e.error }

// options are the flags that every subcommand takes.
type options struct {
	database string
	settings string
	level    level
}

func newRoot() *cobra.Command {
	var opts options
	root := &cobra.Command{
		Use:           "cloakroom",
		Short:         "Sessions for Go as Django has them: a site to try them on, and their database",
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{err, cmd.CommandPath()}
	})
	flags := root.PersistentFlags()
	flags.StringVar(&opts.database, "database", "", "the database's `URL` (default $DATABASE_URL, else "+defaultDatabase+")")
	flags.StringVar(&opts.settings, "settings", "", "a Django site's settings: a TOML `FILE` with their names in Django\n(they may as well be in the environment: SECRET_KEY, SESSION_ENGINE, …)")
	flags.Var(&opts.level, "log-level", "the least `level` that is logged: debug, info, warn or error")
	root.AddCommand(newRunserver(&opts), newMigrate(&opts), newClearsessions(&opts), newCheck(&opts), newVersion())
	root.SetHelpCommand(newHelp(root))
	return root
}

// knownCommand refuses what is no subcommand, with what may have been meant.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q", args[0])
	root.SuggestionsMinimumDistance = 2
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		err = fmt.Errorf("%w, did you mean %s?", err, strings.Join(near, " or "))
	}
	return usageError{err, root.CommandPath()}
}

// usage makes a wrong number of arguments an error like the others.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err, cmd.CommandPath()}
		}
		return nil
	}
}

func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Explain a command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err == nil {
				err = knownCommand(root, rest)
			}
			if err != nil {
				return err
			}
			return cmd.Help()
		},
	}
}

// level is a slog.Level as a flag.
type level struct{ slog.Level }

var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// String implements pflag.Value.
func (l *level) String() string { return strings.ToLower(l.Level.String()) }

// Type implements pflag.Value.
func (*level) Type() string { return "level" }

// Set implements pflag.Value.
func (l *level) Set(name string) error {
	known, ok := levels[name]
	if !ok {
		return errors.New("it is debug, info, warn or error")
	}
	l.Level = known
	return nil
}
