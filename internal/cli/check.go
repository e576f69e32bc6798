package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// This file is the command check.

func newCheck(opts *options) *cobra.Command {
	var strict bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say what is wrong or unwise about a Django site's settings",
		Long: "Say what is wrong or unwise about the settings that concern sessions: what Django's own\n" +
			"check --deploy says, under its ids, and what is to be said of ours.\n\n" +
			"What is wrong is an error. What is unwise is a warning, and an error with --strict.",
		Example: "  cloakroom check --settings site.toml\n  SECRET_KEY=… cloakroom check --strict",
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := opts.readSettings()
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			found := settings.Check()
			for _, warning := range found {
				fmt.Fprintf(out, "%s: %s\n", warning.ID, warning.Text)
			}
			switch {
			case len(found) == 0:
				fmt.Fprintln(out, "Nothing is wrong or unwise.")
			case strict:
				return fmt.Errorf("%d settings are unwise", len(found))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "exit with 1 if anything is unwise")
	return cmd
}
