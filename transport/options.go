// SPDX-License-Identifier: MPL-2.0

package transport

// backlogDefault is libzmq's default for ZMQ_BACKLOG, in connections.
const backlogDefault = 100

// Options are the socket options that matter below the protocol. They are read
// during a call and not kept, except by Listen, which copies them. A nil
// *Options means DefaultOptions.
type Options struct {
	// IPv6 allows IPv6 addresses and makes the wildcard dual stack
	// (ZMQ_IPV6).
	IPv6 bool
	// Backlog is the number of connections that wait for Accept
	// (ZMQ_BACKLOG). 0 and less mean the default of 100.
	Backlog int
	// SndBuf and RcvBuf are the kernel's buffers in bytes, TCP only
	// (ZMQ_SNDBUF, ZMQ_RCVBUF). -1 and 0 leave them to the system: libzmq
	// passes 0 on, which asks for buffers too small for a frame.
	SndBuf, RcvBuf int
	// TOS is the type of service or traffic class; 0 leaves it (ZMQ_TOS).
	TOS int
	// Keepalive is 1 on, 0 off, -1 the system's choice (ZMQ_TCP_KEEPALIVE).
	Keepalive int
	// KeepaliveCount is a number of probes, KeepaliveIdle and
	// KeepaliveInterval are seconds; less than 1 means the system's choice.
	// They matter only when Keepalive is not -1.
	KeepaliveCount, KeepaliveIdle, KeepaliveInterval int
	// MaxRT is the time in milliseconds that sent data may stay without
	// acknowledgement (TCP_USER_TIMEOUT, ZMQ_TCP_MAXRT); 0 leaves it. Linux
	// only, ignored elsewhere as in libzmq.
	MaxRT int
	// BindToDevice is an interface name; "" for none (ZMQ_BINDTODEVICE).
	// Systems other than Linux answer ENOTSUP.
	BindToDevice string
	// Priority is SO_PRIORITY and BusyPoll SO_BUSY_POLL in microseconds; 0
	// leaves them. Linux only, ignored elsewhere.
	Priority, BusyPoll int
	// UseFD is a listening descriptor that Listen takes over instead of
	// opening one (ZMQ_USE_FD). 0 and less mean none, so that the zero
	// Options never grab the standard input.
	UseFD int
	// SocksProxy is the "host:port" of a SOCKS5 proxy for tcp connects, and
	// SocksUsername and SocksPassword what it wants to know (ZMQ_SOCKS_PROXY).
	SocksProxy, SocksUsername, SocksPassword string
	// MulticastHops is how far packets to a group get, at least 1, and
	// MulticastLoop whether this machine gets them too (ZMQ_MULTICAST_HOPS,
	// ZMQ_MULTICAST_LOOP).
	MulticastHops int
	MulticastLoop bool
	// Dial and Listen, where they are set, make tcp and ipc connections and
	// listeners instead of this package. Dial also connects to a proxy.
	Dial   DialFunc
	Listen ListenFunc
}

// DefaultOptions returns libzmq's defaults. The zero Options mean the same but
// for Keepalive, which they turn off.
func DefaultOptions() Options {
	return Options{
		Backlog: backlogDefault, SndBuf: -1, RcvBuf: -1,
		Keepalive: -1, KeepaliveCount: -1, KeepaliveIdle: -1, KeepaliveInterval: -1,
		UseFD: -1,
	}
}

// orDefault gives a nil receiver the defaults.
func (o *Options) orDefault() *Options {
	if o != nil {
		return o
	}
	d := DefaultOptions()
	return &d
}

// backlog is the length of the accept queue in connections.
func (o *Options) backlog() int {
	if o.Backlog <= 0 {
		return backlogDefault
	}
	return o.Backlog
}
