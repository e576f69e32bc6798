// Command cloakroom serves the demonstration site and keeps the database of
// sessions in order.
package main

import (
	"os"

	"github.com/cloakroom-go/sessions/internal/cli"
)

func main() { os.Exit(cli.Main()) }
