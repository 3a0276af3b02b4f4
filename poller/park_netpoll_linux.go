// SPDX-License-Identifier: MPL-2.0

package poller

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// defaultParkers are the ways of sleeping, the best first.
var defaultParkers = []func(*queue) (parker, error){newNetpoll, newBlocking}

// netpoll sleeps in the Go runtime's poller, as a goroutine that waits for the
// epoll descriptor to become readable. Wake sets a read deadline in the past.
//
// Wake and park both set the deadline, without a lock between them. What keeps a
// wake from being lost: Wake sets p.woken before the deadline, and park, having
// set a deadline of its own, looks at p.woken. If park's deadline has replaced
// Wake's, then p.woken was set before, and park sees it. If Wake's comes late,
// after park has cleared p.woken, it makes a later park return early once; that
// park clears it.
type netpoll struct {
	file  *os.File
	raw   syscall.RawConn
	armed time.Time // the deadline that is set, unless Wake has replaced it; park only

	// ready is what park has the runtime ask before it sleeps and when it is woken:
	// made once, as a closure made by each park would be garbage each time.
	ready func(fd uintptr) (done bool)
	blind bool // when woken it does not look why; park only
	slept bool // it has been asked before in this park
}

func newNetpoll(q *queue) (parker, error) {
	if err := unix.SetNonblock(q.fd, true); err != nil {
		_ = q.close()
		return nil, err
	}
	n := &netpoll{
		file: os.NewFile(uintptr(q.fd), "epoll"),
	}
	n.ready = func(uintptr) bool {
		if n.blind && n.slept {
			return true
		}
		n.slept = true
		return q.poll() != nil || q.pending() > 0
	}
	// A file that the runtime's poller has not taken supports no deadlines.
	err := n.file.SetReadDeadline(time.Time{})
	if err == nil {
		n.raw, err = n.file.SyscallConn()
	}
	if err != nil {
		_ = n.file.Close()
		return nil, err
	}
	return n, nil
}

func (n *netpoll) park(p *Poller, deadline time.Time, blind bool) error {
	if !deadline.Equal(n.armed) {
		n.armed = deadline
		if err := n.file.SetReadDeadline(deadline); err != nil {
			return err
		}
	}
	if p.woken.Load() {
		return n.disarm(p)
	}
	n.blind, n.slept = blind, false
	err := n.raw.Read(n.ready)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n.disarm(p)
	}
	return err
}

// disarm takes back a deadline that has done its work, and the wakes so far.
func (n *netpoll) disarm(p *Poller) error {
	n.armed = time.Time{}
	err := n.file.SetReadDeadline(time.Time{})
	p.woken.Store(false)
	return err
}

var longAgo = time.Unix(1, 0)

func (n *netpoll) wake() {
	// The file may be closed; then nobody sleeps.
	_ = n.file.SetReadDeadline(longAgo)
}

func (n *netpoll) light() bool { return true }

func (n *netpoll) close() error { return n.file.Close() }
