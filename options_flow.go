// SPDX-License-Identifier: MPL-2.0

// Options of what may queue, and of how many may come.

package zmq

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

// WithSendHWMBytes limits what may queue to each peer in bytes, besides
// WithSendHWM in messages; 0, the default, is no limit. Frames count with their
// headers. The last message may exceed the limit: the queue holds at most the
// limit and one message. Over inproc the limits of both sides add up, and there is
// none where one side has none. A socket with a limit sends small messages a little
// slower. Acts on endpoints that are bound or connected afterwards.
func WithSendHWMBytes(bytes int64) Option {
	return bytesLimit(func(o *option.Options) *int64 { return &o.SendHWMBytes }, bytes)
}

// WithRecvHWMBytes limits what may queue from each peer in bytes, besides
// WithRecvHWM in messages; see WithSendHWMBytes. A peer that is beyond it is not
// read any more, until half of it has been received. What one read brings, up to
// 64 KiB, and one message may exceed it.
func WithRecvHWMBytes(bytes int64) Option {
	return bytesLimit(func(o *option.Options) *int64 { return &o.RecvHWMBytes }, bytes)
}

func bytesLimit(p func(*option.Options) *int64, bytes int64) Option {
	return Option{set: func(o *option.Options) error {
		if bytes < 0 {
			return errno.EINVAL
		}
		*p(o) = bytes
		return nil
	}}
}

// WhenFull says what becomes of a message for which there is no room; see
// WithWhenFull.
type WhenFull int32

// What to do when the queue to a peer is full.
const (
	Block      = WhenFull(option.Block)      // wait for room, the default but for PUB and XPUB
	DropNewest = WhenFull(option.DropNewest) // drop the message, as PUB and XPUB do by themselves
	DropOldest = WhenFull(option.DropOldest) // drop up to half of what waits, the oldest first
)

// WithWhenFull sets what Send does when the queues to all peers, or for a PUB or
// XPUB to one that is meant, are full: then it never waits for a peer, and Stats
// counts what was dropped. While there is no peer at all, and no endpoint that is
// connected to, it waits as ever. With DropOldest messages are framed one by one,
// which costs some throughput; what has been given to the system, or is being sent,
// is not dropped, and where nothing else waits, or over inproc a peer is not there
// yet, the newest is. DropOldest acts on endpoints that are bound or connected
// afterwards, the others at once; parts sent one by one always wait.
func WithWhenFull(what WhenFull) Option {
	return Option{set: func(o *option.Options) error {
		if what < Block || what > DropOldest {
			return errno.EINVAL
		}
		o.WhenFull = int32(what)
		if o.Type == option.Pub || o.Type == option.XPub {
			o.XPubNoDrop = what != DropNewest
		}
		return nil
	}}.only(PUSH, DEALER, PAIR, PUB, XPUB)
}

// WithMaxConnections limits how many connections one bound endpoint of a tcp, ipc
// or registered transport may have at a time, those in their handshake included; 0,
// the default, is no limit. One more is closed at once, which is EventAcceptFailed
// with ErrMFile. WithMaxHandshakes limits those that say nothing. Acts on endpoints
// that are bound afterwards.
func WithMaxConnections(connections int) Option {
	return number(func(o *option.Options) *int { return &o.ConnectionsMax }, connections, 0)
}
