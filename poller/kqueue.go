// SPDX-License-Identifier: MPL-2.0

//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package poller

import (
	"time"

	"golang.org/x/sys/unix"
)

// queue is a kqueue descriptor and what was last collected from it. All fields
// belong to the loop.
//
// The kernel could carry the token, but only in a field that Go's collector
// takes for a pointer; so tokens are kept here, by descriptor.
type queue struct {
	fd     int
	tokens []Token // by descriptor; zero where none is registered
	events [collectMax]unix.Kevent_t
	next   int // first event not taken yet
	n      int // events collected
}

func (q *queue) open() (err error) {
	if q.fd, err = unix.Kqueue(); err == nil {
		unix.CloseOnExec(q.fd)
	}
	return err
}

func (q *queue) close() error { return unix.Close(q.fd) }

func (q *queue) add(fd int, tok Token) error {
	var ks [2]unix.Kevent_t
	unix.SetKevent(&ks[0], fd, unix.EVFILT_READ, unix.EV_ADD|unix.EV_CLEAR)
	unix.SetKevent(&ks[1], fd, unix.EVFILT_WRITE, unix.EV_ADD|unix.EV_CLEAR)
	if err := q.change(ks[:]); err != nil {
		return err
	}
	for len(q.tokens) <= fd {
		q.tokens = append(q.tokens, 0)
	}
	q.tokens[fd] = tok
	return nil
}

// addRead registers fd for reading alone: the wake-up descriptor.
func (q *queue) addRead(fd int, tok Token) error {
	var ks [1]unix.Kevent_t
	unix.SetKevent(&ks[0], fd, unix.EVFILT_READ, unix.EV_ADD|unix.EV_CLEAR)
	if err := q.change(ks[:]); err != nil {
		return err
	}
	for len(q.tokens) <= fd {
		q.tokens = append(q.tokens, 0)
	}
	q.tokens[fd] = tok
	return nil
}

// watch touches nothing of q but the descriptor. Registering a filter again looks
// at the descriptor anew.
func (q *queue) watch(fd int, _ Token, r Ready) error {
	var ks [2]unix.Kevent_t
	unix.SetKevent(&ks[0], fd, unix.EVFILT_READ, unix.EV_ADD|unix.EV_CLEAR|enabled(r&In != 0))
	unix.SetKevent(&ks[1], fd, unix.EVFILT_WRITE, unix.EV_ADD|unix.EV_CLEAR|enabled(r&Out != 0))
	return q.change(ks[:])
}

func enabled(on bool) int {
	if on {
		return unix.EV_ENABLE
	}
	return unix.EV_DISABLE
}

func (q *queue) remove(fd int) error {
	if fd < len(q.tokens) {
		q.tokens[fd] = 0
	}
	var ks [2]unix.Kevent_t
	unix.SetKevent(&ks[0], fd, unix.EVFILT_READ, unix.EV_DELETE)
	unix.SetKevent(&ks[1], fd, unix.EVFILT_WRITE, unix.EV_DELETE)
	return q.change(ks[:])
}

// change applies changes, again where a signal came in between: applying one
// twice does no harm.
func (q *queue) change(ks []unix.Kevent_t) error {
	for {
		_, err := unix.Kevent(q.fd, ks, nil, nil)
		if err != unix.EINTR {
			return err
		}
	}
}

func (q *queue) pending() int { return q.n - q.next }

// poll collects without blocking.
func (q *queue) poll() error { return q.wait(0) }

// wait blocks until there is something, for at most d; forever if d is negative.
func (q *queue) wait(d time.Duration) error {
	q.next, q.n = 0, 0
	var timeout *unix.Timespec
	if d >= 0 {
		ts := unix.NsecToTimespec(int64(d))
		timeout = &ts
	}
	n, err := unix.Kevent(q.fd, nil, q.events[:], timeout)
	if err == unix.EINTR {
		return nil
	}
	q.n = max(n, 0)
	return err
}

// take hands out what was collected.
func (q *queue) take(events []Event) int {
	n := 0
	for ; q.next < q.n && n < len(events); q.next++ {
		k := &q.events[q.next]
		fd := int(k.Ident)
		if fd >= len(q.tokens) || q.tokens[fd] == 0 || q.tokens[fd] == wakeToken {
			continue
		}
		events[n] = Event{Token: q.tokens[fd], Ready: readyOf(k)}
		n++
	}
	return n
}

func readyOf(k *unix.Kevent_t) (r Ready) {
	read := k.Filter == unix.EVFILT_READ
	if read {
		r |= In
	} else {
		r |= Out
	}
	if k.Flags&unix.EV_EOF != 0 {
		// EOF of the write half means that the peer reads nothing more.
		r |= HangUp | In
		if k.Fflags != 0 {
			r |= Error
		}
	}
	if k.Flags&unix.EV_ERROR != 0 {
		r |= Error | In
	}
	return r
}
