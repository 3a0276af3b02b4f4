// SPDX-License-Identifier: MPL-2.0

// Options by number, for those who port. Next: internal/option/table.go.

package socket

import (
	"math"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

// The bits of Ready and of ZMQ_EVENTS.
const (
	PollIn  = 1
	PollOut = 2
	PollErr = 4 // descriptors, and sockets that have ended
)

// counter is a pattern that counts its topics.
type counter interface {
	topics() int
}

// SetSockOpt sets an option by its number in zmq.h, in zmq_setsockopt's encoding:
// ints of 4 bytes and 64-bit values of 8 in the machine's order, strings and bytes
// as they are; nil stands for NULL. value is copied. Errors, as errno.Errno:
// EINVAL (unknown, not for this socket type, value or size out of range), ETERM,
// ENOTSOCK. Safe from any goroutine.
func (b *Base) SetSockOpt(id int, value []byte) error {
	switch id {
	case option.SubscribeID:
		return b.Subscribe(value)
	case option.UnsubscribeID:
		return b.Unsubscribe(value)
	}
	return b.SetOptions(func(o *option.Options) error { return option.Set(o, id, value).Err() })
}

// GetSockOpt writes an option's value into the front of buf and returns its size
// (zmq_getsockopt): ints want a buffer of their own size; RCVMORE, EVENTS,
// THREAD_SAFE, TOPICS_COUNT, strings and bytes take a larger one, whose rest is
// zeroed. Strings end with a NUL that counts. Errors as SetSockOpt; EINVAL also
// for a buffer that does not fit. RCVMORE is 0: messages are received whole. Safe
// from any goroutine.
func (b *Base) GetSockOpt(id int, buf []byte) (n int, err error) {
	if e := b.check(); e != 0 {
		return 0, e
	}
	var e errno.Errno
	switch id {
	case option.RcvmoreID:
		n, e = option.Fill(buf, option.AppendInt(nil, 0))
	case option.EventsID:
		n, e = option.Fill(buf, option.AppendInt(nil, b.Ready()))
	case option.FDID:
		fd, err := b.FD()
		if err != nil {
			return 0, err
		}
		n, e = option.Fill(buf, option.AppendInt(nil, fd))
	case option.LastEndpointID:
		n, e = option.Fill(buf, append([]byte(b.LastEndpoint()), 0))
	case option.TopicsCountID:
		count, counted := b.Topics()
		if !counted {
			return 0, errno.EINVAL
		}
		n, e = option.Fill(buf, option.AppendInt(nil, count))
	default:
		o := b.snapshot()
		n, e = option.Get(&o, id, buf)
	}
	return n, e.Err()
}

// Ready says, without waiting, whether a message can be received (PollIn) and
// sent (PollOut) now (ZMQ_EVENTS); nothing for a socket that is closed. Safe from
// any goroutine; with others at work the answer may be old when it comes.
func (b *Base) Ready() int {
	if b.check() != 0 {
		return 0
	}
	b.signal.clear()
	return b.look(PollIn | PollOut)
}

// Events is Ready with the error of a socket that has ended.
func (b *Base) Events() (int, error) {
	events := b.Ready()
	return events, b.check().Err()
}

// Look is Ready for a part of the events that leaves the signal as it is, for callers
// that hand it on. Safe from any goroutine.
func (b *Base) Look(mask int) int {
	if b.check() != 0 {
		return 0
	}
	return b.look(mask)
}

// look is Ready for a part of the events, and leaves the signal as it is.
func (b *Base) look(mask int) int {
	events := b.lookAt(mask)
	if b.recvs.waiting.Load() > 0 && events&PollIn != 0 {
		b.recvs.wakeOne()
	}
	if b.sends.waiting.Load() > 0 && events&PollOut != 0 {
		b.sends.wakeOne()
	}
	return events
}

func (b *Base) lookAt(mask int) (events int) {
	b.lockBoth()
	defer b.unlockBoth()
	b.hearIn()
	b.hearOut()
	if mask&PollIn != 0 && b.pat.hasIn() {
		events |= PollIn
	}
	if mask&PollOut != 0 && b.pat.hasOut() {
		events |= PollOut
	}
	return events
}

// Topics returns how many topics are subscribed to, at this publisher or by this
// subscriber; false for other socket types (ZMQ_TOPICS_COUNT).
func (b *Base) Topics() (count int, counted bool) {
	b.lockBoth()
	defer b.unlockBoth()
	c, ok := b.pat.(counter)
	if !ok {
		return 0, false
	}
	return min(c.topics(), math.MaxInt32), true
}
