// SPDX-License-Identifier: MPL-2.0

// Previous: listener.go (accept). Next: listener.go (take).

package engine

import (
	"net/netip"
	"os/user"
	"slices"
	"strconv"
	"syscall"

	"github.com/zeroloop/zmq/transport"
)

// admits reports whether the accept filters let the peer of a new connection in
// (libzmq tcp_listener_t::accept, ipc_listener_t::filter).
func (l *Listener) admits(fd int, peer string) bool {
	switch {
	case len(l.opts.AcceptFilters) > 0 && l.scheme == "tcp":
		a, err := netip.ParseAddr(peer)
		return err == nil && l.opts.Accepts(a)
	case l.opts.FiltersIPC() && l.scheme == "ipc":
		return l.admitsProcess(fd)
	}
	return true
}

// admitsProcess looks at who is at the other end of an ipc connection. A group
// also lets those in who are only members of it; to find that out the system's
// list of groups is read.
func (l *Listener) admitsProcess(fd int) bool {
	who, known := transport.PeerCredentials(fd)
	if !known {
		return false
	}
	if l.opts.AcceptsProcess(who.UID, who.GID, who.PID) {
		return true
	}
	if len(l.opts.IPCFilterGID) == 0 {
		return false
	}
	u, err := user.LookupId(strconv.Itoa(who.UID))
	if err != nil {
		return false
	}
	groups, err := u.GroupIds()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(l.opts.IPCFilterGID, func(gid int) bool {
		return slices.Contains(groups, strconv.Itoa(gid))
	})
}

// crowded reports whether the listener has all the connections that it may have.
func (l *Listener) crowded() bool {
	return l.opts.ConnectionsMax > 0 && l.ranks.all.Load() >= int64(l.opts.ConnectionsMax)
}

// turnAway closes a new connection: EACCES where a filter does not admit it, EMFILE
// where there are too many.
func (l *Listener) turnAway(fd int, why syscall.Errno) {
	_ = syscall.Close(fd)
	l.event(EventAcceptFailed, int64(why), why)
}
