//go:build !unix || aix || solaris

package filestore

import (
	"errors"
	"io/fs"
	"os"
)

// This file lets programs compile where there is no flock(2); [Open] refuses.

const (
	supported = false
	openFlags = 0
)

func tryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }

func isFull(error) bool { return false }

type heir struct{}

func heirOf(fs.FileInfo) heir { return heir{} }

func (heir) inherit(*os.File) error { return nil }
