// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"time"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

// SetSockOpt sets an option by its number in zmq.h, with the value in C's form:
// an int of 4 bytes, a 64-bit value of 8, both in the machine's order, or bytes;
// nil is NULL. It is for those who port; the With functions say what they take
// (zmq_setsockopt).
func (s *Socket) SetSockOpt(number int, value []byte) error {
	return wrap("set option", "", s.b.SetSockOpt(number, value))
}

// SockOpt returns an option by its number in zmq.h, in C's form: see SetSockOpt;
// strings without their NUL. ErrInvalid for those that can only be set
// (zmq_getsockopt).
func (s *Socket) SockOpt(number int) ([]byte, error) {
	for _, size := range [...]int{4, 8, 32, optionBytesMax} {
		b := make([]byte, size)
		n, err := s.b.GetSockOpt(number, b)
		if err == nil {
			return trimmed(number, b[:n]), nil
		}
		if errno.From(err) != errno.EINVAL {
			return nil, wrap("get option", "", err)
		}
	}
	return nil, wrap("get option", "", errno.EINVAL)
}

// optionBytesMax is the longest value that SockOpt returns.
const optionBytesMax = 64 << 10

// trimmed takes off the NUL of a string.
func trimmed(number int, b []byte) []byte {
	isText := number == option.LastEndpointID
	if r := option.Find(number); r != nil {
		isText = r.IsText()
	}
	if isText && len(b) > 0 {
		return b[:len(b)-1]
	}
	return b
}

// Options is what a socket was set to, as far as it can be read back.
type Options struct {
	Type                 SocketType
	RoutingID            []byte // a copy
	SendHWM, RecvHWM     int    // messages
	Affinity             uint64
	Linger               time.Duration // Forever, or how long
	SendTimeout          time.Duration
	RecvTimeout          time.Duration
	ReconnectInterval    time.Duration
	ReconnectIntervalMax time.Duration
	HandshakeInterval    time.Duration
	ConnectTimeout       time.Duration
	HeartbeatInterval    time.Duration
	HeartbeatTimeout     time.Duration // negative: the interval
	HeartbeatTTL         time.Duration
	MaxMsgSize           int64 // bytes; negative is no limit
	SendBuffer           int   // bytes; -1 is the system's
	RecvBuffer           int
	Backlog              int
	Immediate            bool
	Conflate             bool
	IPv6                 bool
}

// Options returns what the socket is set to now; a closed one too. What is not
// among the fields, SockOpt returns by number.
func (s *Socket) Options() Options {
	o := s.b.Options()
	return Options{
		Type: s.Type(), RoutingID: append([]byte(nil), o.RoutingID...),
		SendHWM: o.SendHWM, RecvHWM: o.RecvHWM, Affinity: o.Affinity, Linger: o.Linger,
		SendTimeout: o.SendWait, RecvTimeout: o.RecvWait,
		ReconnectInterval: o.ReconnectInterval, ReconnectIntervalMax: o.ReconnectIntervalMax,
		HandshakeInterval: o.HandshakeInterval, ConnectTimeout: o.ConnectTimeout,
		HeartbeatInterval: o.HeartbeatInterval, HeartbeatTimeout: o.HeartbeatTimeout, HeartbeatTTL: o.HeartbeatTTL,
		MaxMsgSize: o.MaxMsgSize, SendBuffer: o.SendBuffer, RecvBuffer: o.RecvBuffer, Backlog: o.Backlog,
		Immediate: o.Immediate, Conflate: o.Conflate, IPv6: o.IPv6,
	}
}

// Topics returns how many different topics are subscribed to, at a PUB or XPUB by
// all peers, at a SUB or XSUB by itself; 0 for other types
// (ZMQ_TOPICS_COUNT).
func (s *Socket) Topics() int {
	n, _ := s.b.Topics()
	return n
}
