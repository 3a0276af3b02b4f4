// SPDX-License-Identifier: MPL-2.0

// Options of connections and of who may make them.

package zmq

import (
	"context"
	"math"
	"net"
	"time"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

// byNumber sets an int option by its number in zmq.h, with its limits.
func byNumber(id, n int) Option {
	return Option{set: func(o *option.Options) error { return option.SetInt(o, id, n).Err() }}
}

// onOff sets a bool option by its number.
func onOff(id int, on bool) Option {
	if on {
		return byNumber(id, 1)
	}
	return byNumber(id, 0)
}

// byText sets a string or byte option by its number.
func byText(id int, value string) Option {
	return Option{set: func(o *option.Options) error { return option.Set(o, id, []byte(value)).Err() }}
}

// inUnits is d as a whole number of units, rounded up; it stays negative, and too
// large for an option, where d is.
func inUnits(d, unit time.Duration) int {
	if d < 0 {
		return -1
	}
	return int(min(d/unit+min(d%unit, 1), math.MaxInt32))
}

// all joins options into one, which sets nothing where one of them fails.
func all(opts []Option) Option {
	return Option{set: func(o *option.Options) error {
		trial := *o
		if err := apply(&trial, opts); err != nil {
			return err
		}
		*o = trial
		return nil
	}}
}

// WithTCPMaxRT sets how long sent data may stay without acknowledgement before
// the connection is given up, in whole milliseconds; 0, the default, leaves it to
// the system. Linux only (ZMQ_TCP_MAXRT).
func WithTCPMaxRT(d time.Duration) Option {
	return byNumber(option.TCPMaxRTID, inUnits(d, time.Millisecond))
}

// WithUseFD makes the next Bind of a tcp or ipc endpoint accept on a descriptor
// that is bound and listening already, whatever the endpoint says; it belongs to
// the socket then, and an ipc path is not removed. -1, the default, is none
// (ZMQ_USE_FD).
func WithUseFD(fd int) Option { return byNumber(option.UseFDID, fd) }

// WithBindToDevice restricts tcp to the network interface of a name of at most
// 16 bytes, or a VRF; "", the default, is any. Linux only (ZMQ_BINDTODEVICE).
func WithBindToDevice(name string) Option { return byText(option.BindToDeviceID, name) }

// WithPriority sets SO_PRIORITY of tcp connections, 0 and above. Linux only
// (ZMQ_PRIORITY).
func WithPriority(priority int) Option { return byNumber(option.PriorityID, priority) }

// WithBusyPoll lets the kernel poll the network device for up to d, in whole
// microseconds, before a tcp read finds nothing; 0, the default, does not. Linux
// only (ZMQ_BUSY_POLL).
func WithBusyPoll(d time.Duration) Option {
	return byNumber(option.BusyPollID, inUnits(d, time.Microsecond))
}

// WithTCPAcceptFilters lets only these addresses or networks connect by tcp, such
// as "127.0.0.1" or "10.0.0.0/8", at endpoints that are bound afterwards; others
// are cut off at once, which is EventAcceptFailed. They add up; none at all, as
// "" does, lets anyone in (ZMQ_TCP_ACCEPT_FILTER).
func WithTCPAcceptFilters(networks ...string) Option {
	var opts []Option
	for _, n := range networks {
		opts = append(opts, byText(option.TCPAcceptFilterID, n))
	}
	return all(opts)
}

// IPCFilter says which processes may connect by ipc; see WithIPCFilter.
type IPCFilter struct{ PIDs, UIDs, GIDs []int }

// WithIPCFilter lets only processes connect by ipc that one of the lists names,
// at endpoints that are bound afterwards. It replaces a filter before; with all
// lists empty anyone may. PIDs are known on Linux only, and where a system does
// not know who connects, nobody may (ZMQ_IPC_FILTER_PID, _UID, _GID).
func WithIPCFilter(f IPCFilter) Option {
	var opts []Option
	for _, list := range []struct {
		id      int
		numbers []int
	}{
		{option.IPCFilterPIDID, f.PIDs}, {option.IPCFilterUIDID, f.UIDs}, {option.IPCFilterGIDID, f.GIDs},
	} {
		opts = append(opts, byText(list.id, ""))
		for _, n := range list.numbers {
			opts = append(opts, processNumber(list.id, n))
		}
	}
	return all(opts)
}

// processNumber adds a pid, uid or gid, which are 32 bits without sign in C.
func processNumber(id, n int) Option {
	if n < 0 || n > math.MaxUint32 {
		return Option{set: func(*option.Options) error { return errno.EINVAL }}
	}
	return byNumber(id, int(int32(uint32(n))))
}

// WithMetadata adds a property to what the handshake tells each peer, who finds
// it by Msg.Property. The name begins with "X-" and has at most 255 bytes; a name
// that is there already keeps its value. Name and value together must not have 3
// bytes, a rule of libzmq's (ZMQ_METADATA).
func WithMetadata(name, value string) Option {
	return byText(option.MetadataID, name+":"+value)
}

// WithInBatchSize sets how many bytes a STREAM socket hands over at most in one
// message, default 8192. Everything else is read in sizes of its own
// (ZMQ_IN_BATCH_SIZE).
func WithInBatchSize(bytes int) Option { return byNumber(option.InBatchSizeID, bytes) }

// WithOutBatchSize keeps a number and does nothing else: how much is written at
// a time follows from how much waits (ZMQ_OUT_BATCH_SIZE).
func WithOutBatchSize(bytes int) Option { return byNumber(option.OutBatchSizeID, bytes) }

// WithMulticastHops sets how far multicast goes, default 1
// (ZMQ_MULTICAST_HOPS).
func WithMulticastHops(hops int) Option { return byNumber(option.MulticastHopsID, hops) }

// WithMulticastLoop lets multicast be received on the machine that sends it,
// default true (ZMQ_MULTICAST_LOOP).
func WithMulticastLoop(on bool) Option { return onOff(option.MulticastLoopID, on) }

// WithMulticastMaxTPDU keeps the size of a packet of pgm, which is not here
// (ZMQ_MULTICAST_MAXTPDU).
func WithMulticastMaxTPDU(bytes int) Option { return byNumber(option.MulticastMaxTPDUID, bytes) }

// WithRate keeps the rate of pgm, in kbit/s, which is not here (ZMQ_RATE).
func WithRate(kilobits int) Option { return byNumber(option.RateID, kilobits) }

// WithRecoveryInterval keeps how long pgm, which is not here, would remember
// packets (ZMQ_RECOVERY_IVL).
func WithRecoveryInterval(d time.Duration) Option {
	return byNumber(option.RecoveryIvlID, inUnits(d, time.Millisecond))
}

// WithOnlyFirstSubscribe looks for a subscription only in the first frame of a
// message, not in each. Acts at once (ZMQ_ONLY_FIRST_SUBSCRIBE).
func WithOnlyFirstSubscribe(on bool) Option {
	return onOff(option.OnlyFirstSubscribeID, on)
}

// WithXSubVerboseUnsubscribe passes every withdrawal of a topic on, not just the
// last. Acts at once (ZMQ_XSUB_VERBOSE_UNSUBSCRIBE).
func WithXSubVerboseUnsubscribe(on bool) Option {
	return onOff(option.XSubVerboseUnsubscribeID, on)
}

// WithXPubManualLastValue is WithXPubManual, and the next message after a
// Subscribe goes to that subscriber alone, if it matches. Acts at once
// (ZMQ_XPUB_MANUAL_LAST_VALUE).
func WithXPubManualLastValue(on bool) Option {
	return onOff(option.XPubManualLastValueID, on)
}

// WithSocksProxy sets the SOCKS5 proxy, "host:port", for tcp connects; "", the
// default, is none. Host names of endpoints are left to the proxy. A proxy that
// does not answer, or refuses, is tried again like a peer; EventClosed says why:
// ErrConnRefused and others of what the proxy says of the peer, EACCES where it
// does not let us in (ZMQ_SOCKS_PROXY, RFC 1928).
func WithSocksProxy(address string) Option { return byText(option.SocksProxyID, address) }

// WithSocksUsername sets the name for the SOCKS5 proxy, up to 255 bytes
// (ZMQ_SOCKS_USERNAME, RFC 1929).
func WithSocksUsername(name string) Option { return byText(option.SocksUsernameID, name) }

// WithSocksPassword sets the password for the SOCKS5 proxy, up to 255 bytes
// (ZMQ_SOCKS_PASSWORD).
func WithSocksPassword(password string) Option { return byText(option.SocksPasswordID, password) }

// WithDialer makes connections of tcp and ipc endpoints by a function like
// net.Dialer.DialContext: through TLS, SSH or another proxy, or within a test.
// network is "tcp" and address "host:port", or "unix" and a path. It is called for
// each attempt, on a goroutine of its own, and its context ends with the endpoint's
// or with the connect timeout. A *net.TCPConn or *net.UnixConn costs nothing more
// than a connection of our own, anything else two goroutines. With WithSocksProxy
// it connects to the proxy. nil, the default, is none.
func WithDialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return Option{set: func(o *option.Options) error { o.Dial = dial; return nil }}
}

// WithListener makes listeners of tcp and ipc endpoints by a function like
// net.ListenConfig.Listen, which is called by Bind; its arguments are as
// WithDialer's, with an empty host for '*' and port 0 for any. The socket closes
// the listener. nil, the default, is none.
func WithListener(listen func(ctx context.Context, network, address string) (net.Listener, error)) Option {
	return Option{set: func(o *option.Options) error { o.Listen = listen; return nil }}
}
