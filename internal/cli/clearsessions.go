package cli

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// This file is the command clearsessions.

func newClearsessions(opts *options) *cobra.Command {
	return &cobra.Command{
		Use:   "clearsessions",
		Short: "Delete the sessions that have expired",
		Long: "Delete the sessions that have expired, in steps that are short enough not to be felt by the\n" +
			"site's visitors. It may run in many places at once, and be interrupted: run it from time to time.\n\n" +
			"Where sessions expire by themselves, in caches and cookies, there is nothing to do.",
		Example: "  cloakroom clearsessions\n  cloakroom clearsessions --settings site.toml",
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			out := cmd.OutOrStdout()
			site, err := openSite(ctx, opts, out)
			if err != nil {
				return err
			}
			defer site.Close()
			n, err := site.Manager.ClearExpired(ctx)
			if errors.Is(err, errors.ErrUnsupported) {
				fmt.Fprintln(out, "Sessions expire by themselves there.")
				return nil
			}
			fmt.Fprintf(out, "Deleted %d expired sessions.\n", n)
			return err
		},
	}
}
