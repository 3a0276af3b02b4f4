// SPDX-License-Identifier: MPL-2.0

package reactor

import "github.com/zeroloop/zmq/poller"

// Handler receives the readiness of one descriptor, on the loop (libzmq
// i_poll_events).
type Handler interface {
	Event(r poller.Ready)
}

// Handle is a descriptor on a loop. The zero value is unregistered.
type Handle struct {
	token poller.Token
	fd    int
	on    bool
}

// Register puts fd on the loop, edge-triggered in both directions. The caller
// goes on owning fd and must Unregister before closing it.
func (l *Loop) Register(fd int, h Handler) (Handle, error) {
	tok := l.handlers.Insert(h)
	if err := l.poller.Add(fd, tok); err != nil {
		l.handlers.Remove(tok)
		return Handle{}, err
	}
	l.load.Add(1)
	return Handle{token: tok, fd: fd, on: true}, nil
}

// Unregister takes a handle off the loop; events that were already collected
// for it are dropped, whatever its descriptor's number is used for next.
func (l *Loop) Unregister(h *Handle) {
	if !h.on {
		return
	}
	h.on = false
	l.handlers.Remove(h.token)
	// The descriptor may be gone with the peer; there is nothing to do then.
	_ = l.poller.Remove(h.fd)
	l.load.Add(-1)
}
