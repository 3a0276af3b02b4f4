// SPDX-License-Identifier: MPL-2.0

package poller

import "golang.org/x/sys/unix"

// signal is an eventfd that ends a blocking wait.
type signal struct{ fd int }

func (s *signal) open(q *queue) (err error) {
	if s.fd, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return err
	}
	if err = q.add(s.fd, wakeToken); err != nil {
		s.close()
	}
	return err
}

// raise makes the descriptor readable. A full counter is readable already.
func (s *signal) raise() { _, _ = unix.Write(s.fd, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

func (s *signal) drain() {
	var b [8]byte
	_, _ = unix.Read(s.fd, b[:])
}

func (s *signal) close() { _ = unix.Close(s.fd) }
