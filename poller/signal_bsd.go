// SPDX-License-Identifier: MPL-2.0

//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package poller

import "golang.org/x/sys/unix"

// defaultParkers are the ways of sleeping, the best first. A kqueue within the
// runtime's kqueue has not been shown to work on all of these systems.
var defaultParkers = []func(*queue) (parker, error){newBlocking}

// signal is a pipe that ends a blocking wait.
type signal struct{ r, w int }

func (s *signal) open(q *queue) error {
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		return err
	}
	s.r, s.w = fds[0], fds[1]
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			s.close()
			return err
		}
	}
	if err := q.addRead(s.r, wakeToken); err != nil {
		s.close()
		return err
	}
	return nil
}

// raise makes the pipe readable. A full pipe is readable already.
func (s *signal) raise() { _, _ = unix.Write(s.w, []byte{1}) }

func (s *signal) drain() {
	var b [64]byte
	for {
		if n, err := unix.Read(s.r, b[:]); err != nil || n < len(b) {
			return
		}
	}
}

func (s *signal) close() {
	_ = unix.Close(s.r)
	_ = unix.Close(s.w)
}
