// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"encoding/binary"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The pause after a failed accept of a registered scheme, doubled each time.
const (
	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
)

// tokenBytes is the size of an accepted descriptor's number on its way to the
// loop. All writes and reads on that socket pair have this size, so none is cut.
const tokenBytes = 4

// accepter makes a net.Listener look like a listening descriptor. Its goroutine
// accepts, pumps, and writes the new descriptor's number into a socket pair;
// the loop finds the other end readable and takes the number. The pair's
// buffer bounds what is accepted ahead.
type accepter struct {
	inner   net.Listener
	numbers *net.UnixConn // goroutine's end
	closing chan struct{} // closed by close

	// shared; atomic. Stored before numbers is closed for writing, read
	// after its end was seen.
	cause atomic.Pointer[error]
}

// startAccepter starts accepting; fd is readable while connections wait.
func startAccepter(inner net.Listener) (fd int, a *accepter, err error) {
	fd, numbers, err := socketPair()
	if err != nil {
		return -1, nil, err
	}
	a = &accepter{inner: inner, numbers: numbers, closing: make(chan struct{})}
	go a.run()
	return fd, a, nil
}

// run accepts until the listener fails for good or is closed.
func (a *accepter) run() {
	defer a.numbers.CloseWrite()
	pause := acceptPauseMin
	for {
		conn, err := a.inner.Accept()
		if err == nil {
			pause = acceptPauseMin
			if !a.deliver(conn) {
				return
			}
			continue
		}
		if !isPassing(err) {
			a.cause.Store(&err)
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-a.closing:
			timer.Stop()
			return
		}
		pause = min(2*pause, acceptPauseMax)
	}
}

// deliver pumps conn and sends its descriptor to the loop. A connection that
// cannot be pumped is dropped, as the kernel drops one it has no room for.
func (a *accepter) deliver(conn net.Conn) bool {
	fd, err := PumpConn(conn)
	if err != nil {
		return true
	}
	var token [tokenBytes]byte
	binary.NativeEndian.PutUint32(token[:], uint32(fd))
	if _, err := a.numbers.Write(token[:]); err != nil {
		_ = unix.Close(fd)
		return false
	}
	return true
}

// isPassing says whether a later accept may succeed.
func isPassing(err error) bool {
	for _, errno := range [...]syscall.Errno{
		unix.ECONNABORTED, unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EPROTO,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// acceptPumped is Accept for a registered scheme. The end of the numbers means
// that the listener has failed; FD stays readable and Accept keeps saying so.
func (l *Listener) acceptPumped() (int, string, error) {
	if l.FD < 0 {
		return -1, "", fail("accept", l.endpoint, unix.EBADF)
	}
	fd, errno := takeNumber(l.FD)
	switch {
	case errno == unix.EAGAIN:
		return -1, "", errAgain
	case errno != 0:
		return -1, "", fail("accept", l.endpoint, errno)
	case fd >= 0:
		return fd, PeerAddress(fd), nil
	}
	var cause error = unix.ECONNABORTED
	if stored := l.accepter.cause.Load(); stored != nil {
		cause = *stored
	}
	return -1, "", fail("accept", l.endpoint, cause)
}

// takeNumber reads one descriptor's number; -1 at the end of the stream.
func takeNumber(fd int) (int, syscall.Errno) {
	var token [tokenBytes]byte
	n, errno := Read(fd, token[:])
	if errno != 0 || n < tokenBytes {
		return -1, errno
	}
	return int(binary.NativeEndian.Uint32(token[:])), 0
}

// close stops the goroutine and closes what was accepted but not taken. It does
// not wait for the listener's Accept to return. Closing numbers waits for a
// write under way, so that after it no number can be added any more.
func (a *accepter) close(fd int) {
	close(a.closing)
	_ = a.inner.Close()
	_ = a.numbers.Close()
	for {
		waiting, errno := takeNumber(fd)
		if errno != 0 || waiting < 0 {
			break
		}
		_ = unix.Close(waiting)
	}
	_ = unix.Close(fd)
}
