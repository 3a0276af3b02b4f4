// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"net"
	"syscall"

	"github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

// Listener is a bound and listening endpoint. One goroutine at a time, the owner,
// may use it.
type Listener struct {
	// FD is non-blocking and readable while connections wait. It belongs to
	// the Listener: watch it, but leave closing it to Close. -1 when closed.
	FD int

	endpoint string    // LAST_ENDPOINT form
	scheme   string    // of endpoint
	file     ipcFile   // ipc only
	accepter *accepter // of a net.Listener, else nil
}

// Listen binds endpoint and listens (libzmq socket_base_t::bind). It may wait for
// a name server if the host is a name.
//
//   - tcp: "host:port", host being '*', a numeric address, IPv6 best in brackets
//     and with "%zone" if it needs one, an interface's or a host's name; port 0
//     or '*' lets the system choose. SO_REUSEADDR is set.
//   - ipc: a path, whose old socket is removed first; '*' for a fresh one;
//     "@name" for an abstract name on Linux.
//   - a registered scheme: as its Listen function says.
//
// Errors: EINVAL (malformed), EPROTONOSUPPORT (unknown scheme, or one that cannot
// be bound), ENODEV (no such interface or host), ENAMETOOLONG (ipc path),
// EADDRINUSE, EADDRNOTAVAIL and whatever else the system says.
//
// With Options.UseFD that descriptor is taken over, for tcp and ipc, and the
// address is ignored; it must be listening already (edge case 156). If Listen
// fails it stays the caller's.
func Listen(endpoint string, o *Options) (*Listener, error) {
	o = o.orDefault()
	scheme, addr, errno := split(endpoint)
	if errno != 0 {
		return nil, fail("bind", endpoint, errno)
	}
	l := &Listener{FD: -1, scheme: scheme}
	var err error
	switch {
	case scheme != schemeTCP && scheme != schemeIPC:
		err = l.listenRegistered(addr)
	case o.UseFD > 0:
		err = l.adopt(o.UseFD)
	case o.Listen != nil:
		err = l.listenWith(addr, o)
	case scheme == schemeTCP:
		l.FD, err = listenTCP(addr, o)
	default:
		l.FD, l.file, err = listenIPC(addr, o)
	}
	if err != nil {
		return nil, fail("bind", endpoint, err)
	}
	if l.endpoint == "" {
		l.endpoint = LocalEndpoint(l.FD, scheme)
	}
	return l, nil
}

// adopt takes over a user's listening descriptor.
func (l *Listener) adopt(fd int) error {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return err
	}
	if _, isUnix := sa.(*unix.SockaddrUnix); isUnix != (l.scheme == schemeIPC) {
		return syscall.EINVAL
	}
	listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err != nil {
		return err
	}
	if listening == 0 {
		return syscall.EINVAL // Accept would fail for ever
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	unix.CloseOnExec(fd)
	l.FD = fd
	return nil
}

// Endpoint returns the bound endpoint with what the system chose filled in, in
// the form of ZMQ_LAST_ENDPOINT: "tcp://0.0.0.0:5555", "tcp://[::]:5555",
// "ipc:///tmp/x", "ipc://@name".
func (l *Listener) Endpoint() string { return l.endpoint }

// errAgain is boxed once: every drained accept queue ends with it.
var errAgain error = unix.EAGAIN

// Accept takes one connection. The descriptor is non-blocking, close-on-exec and
// the caller's, who continues with Tune; peer is as PeerAddress would say. It
// never waits: without a connection the error is EAGAIN, unwrapped. Errors of
// one connection (ECONNABORTED, EPROTO) and lack of means (EMFILE, ENFILE,
// ENOBUFS, ENOMEM) are wrapped and leave the listener in order; which to repeat
// at once and which after a pause is the caller's decision.
func (l *Listener) Accept() (fd int, peer string, err error) {
	if l.accepter != nil {
		return l.acceptPumped()
	}
	for {
		fd, sa, err := socket.Accept(l.FD)
		switch err {
		case nil:
			return fd, peerAddress(fd, sa), nil
		case unix.EINTR:
		case unix.EAGAIN:
			return -1, "", errAgain
		default:
			return -1, "", fail("accept", l.endpoint, err)
		}
	}
}

// Close stops listening and removes the socket's file, if there is one and it is
// still the one we made; see ipcFile.remove. Connections that wait are dropped,
// accepted ones stay. A second Close does nothing.
func (l *Listener) Close() error {
	if l.FD < 0 {
		return nil
	}
	fd := l.FD
	l.FD = -1
	if l.accepter != nil {
		l.accepter.close(fd)
		return nil
	}
	err := l.file.remove()
	if closeErr := unix.Close(fd); err == nil {
		err = closeErr
	}
	if err != nil {
		return fail("unbind", l.endpoint, err)
	}
	return nil
}

// listenRegistered starts a listener of a registered scheme.
func (l *Listener) listenRegistered(addr string) error {
	s, known := Lookup(l.scheme)
	if !known || s.Listen == nil {
		return syscall.EPROTONOSUPPORT
	}
	inner, err := listenHook(s, addr)
	if err != nil {
		return err
	}
	return l.acceptFrom(inner, addr)
}

// acceptFrom starts to accept from a net.Listener, which it takes over.
func (l *Listener) acceptFrom(inner net.Listener, addr string) (err error) {
	if l.FD, l.accepter, err = startAccepter(inner); err != nil {
		_ = inner.Close()
		return err
	}
	l.endpoint = l.scheme + "://" + listenerText(inner, addr)
	return nil
}

// listenerText is the address that inner says it has, or else the one it was
// asked for.
func listenerText(inner net.Listener, addr string) string {
	if a := inner.Addr(); a != nil {
		if text := a.String(); text != "" {
			return text
		}
	}
	return addr
}
