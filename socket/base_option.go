// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// subscriber is a pattern that filters what it receives (SUB).
type subscriber interface {
	// Both locks.
	subscribe(topic []byte) errno.Errno
	unsubscribe(topic []byte) errno.Errno
}

// manualPublisher is a pattern that subscribes its peers itself (XPUB).
type manualPublisher interface {
	// Both locks.
	manualSubscribe(topic []byte) errno.Errno
	manualUnsubscribe(topic []byte) errno.Errno
}

// SetOptions changes the options of a socket in use. set gets a copy; where it
// fails nothing has changed.
func (b *Base) SetOptions(set func(*option.Options) error) error {
	if e := b.check(); e != 0 {
		return e
	}
	err := b.applyOptions(set)
	b.sends.wakeOne()
	return err
}

func (b *Base) applyOptions(set func(*option.Options) error) error {
	b.lockBoth()
	defer b.unlockBoth()
	o := b.opts
	err := set(&o)
	if err == nil {
		marks := o.SendHWM != b.opts.SendHWM || o.RecvHWM != b.opts.RecvHWM
		b.opts = o
		b.whenFull.Store(o.WhenFull)
		if marks {
			b.applyHWM()
		}
	}
	return err
}

// applyHWM gives existing pipes the new high-water marks (edge case 86). Runs
// under both locks.
func (b *Base) applyHWM() {
	for _, p := range b.pipes {
		out, in := b.opts.SendHWM, b.opts.RecvHWM
		if p.Inproc {
			out, in = sumHWM(out, int(p.PeerRecvHWM.Load())), sumHWM(in, int(p.PeerSendHWM.Load()))
			p.Peer().PeerSendHWM.Store(int64(b.opts.SendHWM))
			p.Peer().PeerRecvHWM.Store(int64(b.opts.RecvHWM))
		}
		p.SetHWM(out, in)
		b.pat.writeActivated(p)
	}
}

// Subscribe adds a subscription (SUB), or subscribes the last peer (XPUB with
// XPUB_MANUAL).
func (b *Base) Subscribe(topic []byte) error {
	return b.subscription(topic, subscriber.subscribe, manualPublisher.manualSubscribe)
}

// Unsubscribe takes a subscription back.
func (b *Base) Unsubscribe(topic []byte) error {
	return b.subscription(topic, subscriber.unsubscribe, manualPublisher.manualUnsubscribe)
}

func (b *Base) subscription(topic []byte, sub func(subscriber, []byte) errno.Errno,
	pub func(manualPublisher, []byte) errno.Errno) error {
	if e := b.check(); e != 0 {
		return e
	}
	b.lockBoth()
	defer b.signal.turned()
	defer b.unlockBoth()
	switch p := b.pat.(type) {
	case subscriber:
		return sub(p, topic).Err()
	case manualPublisher:
		return pub(p, topic).Err()
	}
	return errno.EINVAL
}

// inprocMarks notes the other side's high-water marks, which add to ours.
func inprocMarks(p *pipe.Pipe, peer *option.Options) {
	p.Inproc = true
	p.PeerSendHWM.Store(int64(peer.SendHWM))
	p.PeerRecvHWM.Store(int64(peer.RecvHWM))
}
