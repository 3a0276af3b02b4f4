// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"time"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

// Option changes a socket: at its making, or later with Set. Unless its comment
// says that it acts at once, a later change reaches only the endpoints that are
// bound or connected after it.
type Option struct {
	set func(*option.Options) error

	// a subscription to add or remove, once the socket exists
	topic     *string
	subscribe bool
}

// apply sets what can be set without a socket.
func apply(o *option.Options, opts []Option) error {
	for _, x := range opts {
		if x.set != nil {
			if err := x.set(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// Set changes options of a socket that is in use. It stops at the first one that
// fails; those before it stay set.
func (s *Socket) Set(opts ...Option) error {
	if err := s.b.SetOptions(func(o *option.Options) error { return apply(o, opts) }); err != nil {
		return wrap("set option", "", err)
	}
	return s.subscribeInitially(opts)
}

// subscribeInitially carries out the subscriptions among opts.
func (s *Socket) subscribeInitially(opts []Option) error {
	for _, x := range opts {
		if x.topic == nil {
			continue
		}
		call := s.Unsubscribe
		if x.subscribe {
			call = s.Subscribe
		}
		if err := call(*x.topic); err != nil {
			return err
		}
	}
	return nil
}

// Forever is the duration without end, for linger and timeouts.
const Forever = option.Forever

func flag(p func(*option.Options) *bool, on bool) Option {
	return Option{set: func(o *option.Options) error { *p(o) = on; return nil }}
}

// number sets an int that must be at least low.
func number(p func(*option.Options) *int, n, low int) Option {
	return Option{set: func(o *option.Options) error {
		if n < low {
			return errno.EINVAL
		}
		*p(o) = n
		return nil
	}}
}

// span sets a duration; negative ones become Forever where that is allowed.
func span(p func(*option.Options) *time.Duration, d time.Duration, forever bool) Option {
	return Option{set: func(o *option.Options) error {
		if d < 0 {
			if !forever {
				return errno.EINVAL
			}
			d = option.Forever
		}
		*p(o) = d
		return nil
	}}
}

// only restricts an option to some socket types.
func (x Option) only(types ...SocketType) Option {
	set := x.set
	return Option{set: func(o *option.Options) error {
		for _, t := range types {
			if o.Type == int(t) {
				return set(o)
			}
		}
		return errno.EINVAL
	}}
}

// WithRoutingID sets the identity that REQ, DEALER and ROUTER sockets tell their
// peers, 1 to 255 bytes, copied (ZMQ_ROUTING_ID).
func WithRoutingID(id []byte) Option {
	id = append([]byte(nil), id...)
	return Option{set: func(o *option.Options) error {
		if len(id) < 1 || len(id) > 255 {
			return errno.EINVAL
		}
		o.RoutingID = id
		return nil
	}}
}

// WithConnectRoutingID sets the identity under which the next Connect's peer is
// known to this ROUTER or STREAM socket, one byte or more, copied
// (ZMQ_CONNECT_ROUTING_ID).
func WithConnectRoutingID(id []byte) Option {
	id = append([]byte(nil), id...)
	return Option{set: func(o *option.Options) error {
		if len(id) < 1 {
			return errno.EINVAL
		}
		o.ConnectRoutingID = id
		return nil
	}}.only(ROUTER, STREAM, REP)
}

// WithSubscribe is Subscribe as an option.
func WithSubscribe(prefix string) Option { return Option{topic: &prefix, subscribe: true} }

// WithUnsubscribe is Unsubscribe as an option.
func WithUnsubscribe(prefix string) Option { return Option{topic: &prefix} }

// WithSendHWM sets how many messages may queue for each peer, default 1000, 0 for
// no limit. Acts at once (ZMQ_SNDHWM).
func WithSendHWM(messages int) Option {
	return number(func(o *option.Options) *int { return &o.SendHWM }, messages, 0)
}

// WithRecvHWM sets how many messages may queue from each peer, default 1000, 0
// for no limit. Acts at once (ZMQ_RCVHWM).
func WithRecvHWM(messages int) Option {
	return number(func(o *option.Options) *int { return &o.RecvHWM }, messages, 0)
}

// WithAffinity sets which I/O loops may serve the socket's connections, as a bit
// mask; 0, the default, is all (ZMQ_AFFINITY).
func WithAffinity(loops uint64) Option {
	return Option{set: func(o *option.Options) error { o.Affinity = loops; return nil }}
}

// WithLinger sets how long a closed socket goes on sending what is queued;
// negative, the default but for SUB and XSUB, is without limit. Acts at once
// (ZMQ_LINGER).
func WithLinger(d time.Duration) Option {
	return span(func(o *option.Options) *time.Duration { return &o.Linger }, d, true)
}

// WithSendTimeout sets how long Send waits for room; negative, the default, is
// without limit, 0 not at all. Acts at once (ZMQ_SNDTIMEO).
func WithSendTimeout(d time.Duration) Option {
	return span(func(o *option.Options) *time.Duration { return &o.SendWait }, d, true)
}

// WithRecvTimeout sets how long Recv waits for a message; negative, the default,
// is without limit, 0 not at all. Acts at once (ZMQ_RCVTIMEO).
func WithRecvTimeout(d time.Duration) Option {
	return span(func(o *option.Options) *time.Duration { return &o.RecvWait }, d, true)
}

// WithReconnectInterval sets the pause before connecting again, default 100 ms,
// to which up to as much is added at random; 0 or less: never connect again
// (ZMQ_RECONNECT_IVL).
func WithReconnectInterval(d time.Duration) Option {
	return Option{set: func(o *option.Options) error { o.ReconnectInterval = d; return nil }}
}

// WithReconnectIntervalMax makes the pause double after each failure up to d; 0,
// the default, does not (ZMQ_RECONNECT_IVL_MAX).
func WithReconnectIntervalMax(d time.Duration) Option {
	return span(func(o *option.Options) *time.Duration { return &o.ReconnectIntervalMax }, d, false)
}

// WithImmediate lets messages queue only for connections that are established
// (ZMQ_IMMEDIATE, default false).
func WithImmediate(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.Immediate }, on)
}

// WithConflate keeps only the latest message of each queue, for DEALER, PULL,
// PUSH, PUB and SUB; such messages must have one frame (ZMQ_CONFLATE).
func WithConflate(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.Conflate }, on)
}

// WithMaxMsgSize sets how many bytes a frame may have that a peer sends; a larger
// one ends the connection. Negative, the default, is no limit (ZMQ_MAXMSGSIZE).
func WithMaxMsgSize(bytes int64) Option {
	return Option{set: func(o *option.Options) error {
		if bytes < -1 {
			return errno.EINVAL
		}
		o.MaxMsgSize = bytes
		return nil
	}}
}

// WithBacklog sets how many connections may wait to be accepted, default 100
// (ZMQ_BACKLOG).
func WithBacklog(connections int) Option {
	return number(func(o *option.Options) *int { return &o.Backlog }, connections, 0)
}

// WithSendBuffer sets the kernel's send buffer in bytes; -1, the default, leaves
// it to the system (ZMQ_SNDBUF).
func WithSendBuffer(bytes int) Option {
	return number(func(o *option.Options) *int { return &o.SendBuffer }, bytes, -1)
}

// WithRecvBuffer sets the kernel's receive buffer in bytes; -1, the default,
// leaves it to the system (ZMQ_RCVBUF).
func WithRecvBuffer(bytes int) Option {
	return number(func(o *option.Options) *int { return &o.RecvBuffer }, bytes, -1)
}

// WithIPv6 lets the socket use IPv6 as well as IPv4 (ZMQ_IPV6, default false).
func WithIPv6(on bool) Option { return flag(func(o *option.Options) *bool { return &o.IPv6 }, on) }

// WithHandshakeInterval sets how long a peer may take to get through the
// handshake, default 30 s; 0 is no limit (ZMQ_HANDSHAKE_IVL).
func WithHandshakeInterval(d time.Duration) Option {
	return span(func(o *option.Options) *time.Duration { return &o.HandshakeInterval }, d, false)
}

// WithConnectTimeout sets how long one attempt to connect may take; 0, the
// default, leaves it to the system (ZMQ_CONNECT_TIMEOUT).
func WithConnectTimeout(d time.Duration) Option {
	return span(func(o *option.Options) *time.Duration { return &o.ConnectTimeout }, d, false)
}

// WithHeartbeatInterval sets the time between two PINGs; 0, the default, sends
// none (ZMQ_HEARTBEAT_IVL).
func WithHeartbeatInterval(d time.Duration) Option {
	return span(func(o *option.Options) *time.Duration { return &o.HeartbeatInterval }, d, false)
}

// WithHeartbeatTimeout sets how long the peer may be silent after a PING before
// the connection is given up; by default as long as the interval
// (ZMQ_HEARTBEAT_TIMEOUT).
func WithHeartbeatTimeout(d time.Duration) Option {
	return span(func(o *option.Options) *time.Duration { return &o.HeartbeatTimeout }, d, false)
}

// WithHeartbeatTTL sets after how much silence the peer should give us up, 0 to
// 6553599 ms, in steps of 100 ms (ZMQ_HEARTBEAT_TTL).
func WithHeartbeatTTL(d time.Duration) Option {
	return Option{set: func(o *option.Options) error {
		if d < 0 || d > 6553599*time.Millisecond {
			return errno.EINVAL
		}
		o.HeartbeatTTL = d.Truncate(100 * time.Millisecond)
		return nil
	}}
}

// WithRouterMandatory makes sending to an unknown peer fail with ErrHostUnreach,
// and to a full one wait, instead of dropping. Acts at once
// (ZMQ_ROUTER_MANDATORY).
func WithRouterMandatory(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.RouterMandatory }, on).only(ROUTER, REP)
}

// WithRouterHandover lets a new peer take over an identity that is in use. Acts
// at once (ZMQ_ROUTER_HANDOVER).
func WithRouterHandover(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.RouterHandover }, on).only(ROUTER, REP)
}

// WithRouterRaw makes a ROUTER speak raw TCP; STREAM does it better
// (ZMQ_ROUTER_RAW).
func WithRouterRaw(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.RouterRaw }, on).only(ROUTER, REP)
}

// WithProbeRouter sends an empty message on each new connection, which tells a
// ROUTER peer of us. Acts at once (ZMQ_PROBE_ROUTER).
func WithProbeRouter(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.ProbeRouter }, on).only(ROUTER, DEALER, REQ, REP)
}

// WithReqCorrelate marks each request with an id, and takes no reply without it.
// Acts at once (ZMQ_REQ_CORRELATE).
func WithReqCorrelate(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.ReqCorrelate }, on).only(REQ)
}

// WithReqRelaxed lets a REQ socket send again before it has a reply, giving that
// one up. Acts at once (ZMQ_REQ_RELAXED).
func WithReqRelaxed(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.ReqRelaxed }, on).only(REQ)
}

// WithXPubVerbose passes every subscription up, not just the first of a topic.
// Acts at once (ZMQ_XPUB_VERBOSE).
func WithXPubVerbose(on bool) Option {
	x := flag(func(o *option.Options) *bool { return &o.XPubVerbose }, on)
	set := x.set
	x.set = func(o *option.Options) error { o.XPubVerboser = false; return set(o) }
	return x.only(XPUB, PUB)
}

// WithXPubVerboser passes every subscription and every withdrawal up. Acts at
// once (ZMQ_XPUB_VERBOSER).
func WithXPubVerboser(on bool) Option {
	return Option{set: func(o *option.Options) error {
		o.XPubVerbose, o.XPubVerboser = on, on
		return nil
	}}.only(XPUB, PUB)
}

// WithXPubNoDrop makes Send wait when a subscriber's queue is full, instead of
// dropping the message for it. Acts at once (ZMQ_XPUB_NODROP).
func WithXPubNoDrop(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.XPubNoDrop }, on).only(XPUB, PUB, RADIO)
}

// WithXPubManual leaves it to the application to subscribe its peers: with
// Subscribe, after it has received their wish. Acts at once (ZMQ_XPUB_MANUAL).
func WithXPubManual(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.XPubManual }, on).only(XPUB, PUB)
}

// WithXPubWelcomeMsg sets a message that each new subscriber gets first, copied;
// empty for none. Acts at once (ZMQ_XPUB_WELCOME_MSG).
func WithXPubWelcomeMsg(m []byte) Option {
	m = append([]byte(nil), m...)
	return Option{set: func(o *option.Options) error { o.XPubWelcome = m; return nil }}.only(XPUB, PUB)
}

// WithInvertMatching sends what does not match a subscription. It must be set on
// both sides, PUB or XPUB and SUB; other types take it and do nothing. Acts at once
// (ZMQ_INVERT_MATCHING).
func WithInvertMatching(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.InvertMatching }, on)
}

// WithStreamNotify tells a STREAM application by an empty message that a
// connection has come or gone (ZMQ_STREAM_NOTIFY, default true).
func WithStreamNotify(on bool) Option {
	return flag(func(o *option.Options) *bool { return &o.StreamNotify }, on).only(STREAM)
}

// WithTCPKeepalive sets SO_KEEPALIVE: 1 on, 0 off, -1, the default, the system's
// choice (ZMQ_TCP_KEEPALIVE).
func WithTCPKeepalive(mode int) Option {
	return Option{set: func(o *option.Options) error {
		if mode < -1 || mode > 1 {
			return errno.EINVAL
		}
		o.Keepalive = mode
		return nil
	}}
}

// WithTCPKeepaliveCount sets TCP_KEEPCNT; -1 is the system's
// (ZMQ_TCP_KEEPALIVE_CNT).
func WithTCPKeepaliveCount(probes int) Option {
	return number(func(o *option.Options) *int { return &o.KeepaliveCount }, probes, -1)
}

// WithTCPKeepaliveIdle sets TCP_KEEPIDLE in seconds; -1 is the system's
// (ZMQ_TCP_KEEPALIVE_IDLE).
func WithTCPKeepaliveIdle(seconds int) Option {
	return number(func(o *option.Options) *int { return &o.KeepaliveIdle }, seconds, -1)
}

// WithTCPKeepaliveInterval sets TCP_KEEPINTVL in seconds; -1 is the system's
// (ZMQ_TCP_KEEPALIVE_INTVL).
func WithTCPKeepaliveInterval(seconds int) Option {
	return number(func(o *option.Options) *int { return &o.KeepaliveInterval }, seconds, -1)
}

// WithTOS sets the type of service of the socket's connections, 0 and above
// (ZMQ_TOS, default 0).
func WithTOS(tos int) Option { return number(func(o *option.Options) *int { return &o.TOS }, tos, 0) }
