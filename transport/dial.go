// SPDX-License-Identifier: MPL-2.0

// Previous: resolve.go. Next: socks.go, or the user's function; then pump.go.

package transport

import (
	"context"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/panjf2000/gnet/v2/pkg/socket"
)

// DialFunc makes a connection, as net.Dialer.DialContext does. network is "tcp",
// with an address that net.SplitHostPort takes, or "unix", with a path.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// ListenFunc listens, as net.ListenConfig.Listen does; the arguments are as
// DialFunc's. The host is empty for all addresses, the port 0 for any.
type ListenFunc func(ctx context.Context, network, address string) (net.Listener, error)

// Dials reports whether connecting means to dial on a goroutine, instead of
// opening a descriptor on the loop.
func (o *Options) Dials(endpoint string) bool {
	scheme, _, _ := strings.Cut(endpoint, "://")
	switch scheme {
	case schemeTCP:
		return o != nil && (o.Dial != nil || o.SocksProxy != "")
	case schemeIPC:
		return o != nil && o.Dial != nil
	}
	return false
}

// resolveByDialling connects already, through a proxy or by the user's function.
func resolveByDialling(ctx context.Context, scheme, addr string, o *Options) ([]Target, error) {
	var conn net.Conn
	var err error
	switch {
	case scheme == schemeIPC:
		conn, err = o.Dial(ctx, "unix", addr)
	case o.SocksProxy != "":
		conn, err = dialSocks(ctx, addr, o)
	default:
		conn, err = dialTCP(ctx, addr, o)
	}
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return nil, syscall.EINVAL // a function that forgot its error
	}
	return []Target{{scheme: scheme, path: addr, conn: conn}}, nil
}

// dialTCP calls the user's function. A source address is not its business.
func dialTCP(ctx context.Context, addr string, o *Options) (net.Conn, error) {
	parsed, errno := parseTCPConnect(addr)
	if errno != 0 {
		return nil, errno
	}
	return o.Dial(ctx, "tcp", parsed.target.text())
}

// text is h in the form of package net.
func (h hostPort) text() string {
	host := h.host
	if h.zone != "" {
		host += "%" + h.zone
	}
	if host == wildcard {
		host = ""
	}
	return net.JoinHostPort(host, strconv.Itoa(int(h.port)))
}

// dialProxy connects to a SOCKS proxy, with the options that a connection of our
// own would have.
func dialProxy(ctx context.Context, source *hostPort, o *Options) (net.Conn, error) {
	proxy, errno := parseHostPort(o.SocksProxy, false)
	if errno != 0 {
		return nil, errno
	}
	if o.Dial != nil {
		return o.Dial(ctx, "tcp", proxy.text())
	}
	d := net.Dialer{
		KeepAlive: -1, // Tune decides
		ControlContext: func(_ context.Context, _, _ string, c syscall.RawConn) error {
			return setAll(c, o)
		},
	}
	if source != nil {
		from, err := lookupSource(*source, o.IPv6)
		if err != nil {
			return nil, err
		}
		d.LocalAddr = net.TCPAddrFromAddrPort(from)
	}
	network := "tcp"
	if !o.IPv6 {
		network = "tcp4"
	}
	return d.DialContext(ctx, network, proxy.text())
}

// setAll sets what beforeBind returns.
func setAll(c syscall.RawConn, o *Options) (err error) {
	ints, texts := beforeBind(o)
	failed := c.Control(func(fd uintptr) {
		err = setEach(int(fd), ints)
		if err == nil {
			err = setEach(int(fd), texts)
		}
	})
	if err == nil {
		err = failed
	}
	return err
}

func setEach[T int | string](fd int, options []socket.Option[T]) error {
	for _, x := range options {
		if err := x.SetSockOpt(fd, x.Opt); err != nil {
			return err
		}
	}
	return nil
}

// bounded ends the waiting of conn with ctx, or after limit. free takes that back,
// and says whether it has happened.
func bounded(ctx context.Context, conn net.Conn, limit time.Duration) (free func() error) {
	_ = conn.SetDeadline(time.Now().Add(limit))
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return func() error {
		if !stop() {
			return context.Cause(ctx)
		}
		return conn.SetDeadline(time.Time{})
	}
}

// listenWith calls the user's function.
func (l *Listener) listenWith(addr string, o *Options) error {
	network := "unix"
	if l.scheme == schemeTCP {
		h, errno := parseHostPort(addr, true)
		if errno != 0 {
			return errno
		}
		network, addr = "tcp", h.text()
	}
	inner, err := o.Listen(context.Background(), network, addr)
	if err == nil && inner == nil {
		err = syscall.EINVAL // a function that forgot its error
	}
	if err != nil {
		return err
	}
	return l.acceptFrom(inner, addr)
}
