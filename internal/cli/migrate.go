package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// This file is the command migrate.

func newMigrate(opts *options) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Create or update the table of sessions in the database",
		Long: "Create or update the table of sessions in the database.\n\n" +
			"It is a table of ours, or with a Django site's settings Django's own, with its record in\n" +
			"django_migrations, so that Django's migrate has nothing left to do.\n\n" +
			"Any number of processes may do so at once, and again: what has been applied is left alone.",
		Example: "  cloakroom migrate\n  cloakroom migrate --database sqlite:////var/lib/site/sessions.sqlite3",
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			site, err := openSite(cmd.Context(), opts, cmd.OutOrStdout())
			if err != nil {
				return err
			}
			defer site.Close()
			n, err := applyMigrations(cmd.Context(), site, cmd.OutOrStdout())
			if err == nil && n == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "  No migrations to apply.")
			}
			return err
		},
	}
}
