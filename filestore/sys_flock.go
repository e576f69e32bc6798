//go:build unix && !aix && !solaris

package filestore

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// This file is what the store asks of a system that has flock(2).

const (
	supported = true

	// openFlags refuse a symbolic link and do not wait for a pipe's other end.
	openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
)

// tryLock locks f, unless somebody else has. The lock belongs to the open file,
// not to the process, and ends when that is closed, by whatever cause.
func tryLock(f *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, err
		}
	}
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// heir is whom new files are given to, if not to the process's own user.
type heir struct {
	uid, gid int
	other    bool
}

func heirOf(dir fs.FileInfo) heir {
	stat, ok := dir.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 || stat.Uid == 0 {
		return heir{}
	}
	return heir{int(stat.Uid), int(stat.Gid), true}
}

func (h heir) inherit(f *os.File) error {
	if !h.other {
		return nil
	}
	return f.Chown(h.uid, h.gid)
}
