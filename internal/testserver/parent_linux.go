package testserver

import (
	"os/exec"
	"syscall"
)

// This file ends a server whose test was killed before it could.

func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
