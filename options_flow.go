// SPDX-License-Identifier: MPL-2.0

// Options of what may queue.

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
