package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/cloakroom-go/sessions"
	"github.com/cloakroom-go/sessions/internal/site"
	"github.com/spf13/cobra"
)

// This file is the command runserver: the demonstration site, for one machine
// and its developer.

// quitTimeout bounds how long requests may go on after the command was told to
// end.
const quitTimeout = 10 * time.Second

func newRunserver(opts *options) *cobra.Command {
	var public bool
	cmd := &cobra.Command{
		Use:   "runserver [address:port]",
		Short: "Serve a site that shows each visitor their own session",
		Long: "Serve a site that shows each visitor their own session and lets them change it.\n\n" +
			"It listens on " + defaultHost + ":" + defaultPort + " unless told otherwise, makes the table of sessions if it is\n" +
			"not there yet, and ends on CONTROL-C once it has answered the requests that it has.\n" +
			"With the settings of a Django site it serves that site's visitors, whichever SESSION_ENGINE\n" +
			"keeps their sessions. It speaks unencrypted HTTP: it is meant for development.",
		Example: "  cloakroom runserver\n  cloakroom runserver 8080\n  cloakroom runserver '[::1]:8000'\n" +
			"  cloakroom runserver --public 0.0.0.0:8000",
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := parseAddress(cmp.Or(append(args, "")[0], defaultPort))
			if err != nil {
				return usageError{err, cmd.CommandPath()}
			}
			return runserver(cmd, opts, at, public)
		},
	}
	cmd.Flags().BoolVar(&public, "public", false, "allow an address that other machines can reach")
	return cmd
}

func runserver(cmd *cobra.Command, opts *options, at address, public bool) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := listen(ctx, at, public)
	if err != nil {
		return err
	}
	defer listener.Close()
	out := cmd.OutOrStdout()
	logger := newLogger(cmd.ErrOrStderr(), opts.level.Level)
	kept, err := openSite(ctx, opts, out, func(cfg *sessions.Config) { cfg.Logger = logger })
	if err != nil {
		return err
	}
	defer kept.Close()
	if _, err := applyMigrations(ctx, kept, out); err != nil && err != errNoTable {
		return err
	}
	if err := checkWritable(ctx, kept); err != nil {
		return err
	}
	if public {
		fmt.Fprintln(out, "Other machines may reach this server, and cookies travel to it unencrypted.")
	}
	fmt.Fprintln(out, "Starting server at", at.url(listener.Addr().(*net.TCPAddr).Port))
	fmt.Fprintln(out, "Quit the server with CONTROL-C.")
	return serve(ctx, stop, listener, site.New(kept.Manager, site.Config{Commands: commandsOf(cmd.Root())}), logger)
}

// listen takes the port, on an address that other machines can reach only if
// that is meant.
func listen(ctx context.Context, at address, public bool) (net.Listener, error) {
	to, loopback, err := at.resolve(ctx)
	if err != nil {
		return nil, err
	}
	if !loopback && !public {
		return nil, fmt.Errorf("other machines could reach the server at %s; add --public if they shall, or choose %s",
			at.host, defaultHost)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, network(to), to.String())
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %s of %s is taken, perhaps by another runserver; end that or choose another port", at.port, at.host)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("port %s of %s is reserved for the system; choose one from 1024", at.port, at.host)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("%s is no address of this machine; choose %s, for example", at.host, defaultHost)
	}
	return listener, err
}

// network keeps 0.0.0.0 to IPv4: Go would take IPv6 with it.
func network(to netip.AddrPort) string {
	if to.Addr().Is4() {
		return "tcp4"
	}
	return "tcp6"
}

// serve answers requests until ctx ends, then those that have begun. After
// that a second signal ends the process at once, for stop has been called.
func serve(ctx context.Context, stop func(), listener net.Listener, handler http.Handler, logger *slog.Logger) error {
	server := &http.Server{
		Handler:           logged(handler, logger),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop()
	quit, cancel := context.WithTimeout(context.WithoutCancel(ctx), quitTimeout)
	defer cancel()
	if err := server.Shutdown(quit); err != nil {
		server.Close()
		return fmt.Errorf("requests that were still running after %v were cut off", quitTimeout)
	}
	return nil
}

// commandsOf lists the program's commands for the site's page of administration.
func commandsOf(root *cobra.Command) []site.Command {
	var all []site.Command
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Name() != "completion" {
			all = append(all, site.Command{Usage: root.Name() + " " + c.Use, Does: c.Short})
		}
	}
	return all
}
