// SPDX-License-Identifier: MPL-2.0

// Previous: auth.go. Next: inproc.go (join); the answer: engine/mechanism/zap.go.

package socket

import (
	"sync/atomic"

	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// zapCall is one request to the context's ZAP handler. It holds the end of a
// pipe without a socket; what the sink hears it passes on to the loop that asks,
// which is the pipe's reader.
type zapCall struct {
	ours *pipe.Pipe
	own  int // the asking socket's type
	wake func()
	gone atomic.Bool // the handler has let the pipe go

	// loop only
	closed bool
}

// askZAP sends a request to the handler, which must be one that can answer
// (libzmq session_base_t::zap_connect; edge cases 55 to 57). The pipe has no
// high-water mark.
func (b *Base) askZAP(o *option.Options, r *option.AuthRequest, wake func()) (engine.Inquiry, error) {
	handler, ok := b.ctx.names.find(mechanism.ZAPEndpoint)
	switch {
	case !ok:
		return nil, engine.ErrNoAuthenticator
	case handler.b.Type() != option.Rep && handler.b.Type() != option.Router && handler.b.Type() != option.Server:
		return nil, engine.ErrAuthenticatorGone
	}
	z := &zapCall{own: o.Type, wake: wake}
	var theirs *pipe.Pipe
	z.ours, theirs = pipe.NewPair(pipe.Options{}, pipe.Options{})
	z.ours.SetSink(z)
	z.ours.CheckRead() // asleep: the first answer wakes us
	frames := mechanism.ZAPRequest(r)
	for i, f := range frames {
		part := msg.Part{Data: f}
		if i+1 < len(frames) {
			part.Flags = msg.More
		}
		z.ours.Write(&part)
	}
	// Before the other end is anyone's, it needs nobody to be woken.
	z.ours.Flush()
	theirs.Endpoint = "inproc://" + mechanism.ZAPEndpoint
	theirs.Inproc = true
	handler.b.attach(theirs, true)
	handler.b.ReadActivated(theirs)
	return z, nil
}

// find returns who has bound a name.
func (n *names) find(name string) (binding, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	x, ok := n.bound[name]
	return x, ok
}

// ReadActivated implements pipe.Sink.
func (z *zapCall) ReadActivated(*pipe.Pipe) { z.wake() }

// WriteActivated implements pipe.Sink: nothing more is to be written.
func (z *zapCall) WriteActivated(*pipe.Pipe) {}

// PeerClosed implements pipe.Sink.
func (z *zapCall) PeerClosed(*pipe.Pipe) {
	z.gone.Store(true)
	z.wake()
}

// Answer implements engine.Inquiry.
func (z *zapCall) Answer() (v mechanism.Verdict, done bool, err error) {
	gone := z.gone.Load() // before the look: what came first is still read
	frames, ok := z.reply()
	switch {
	case ok:
		v, err = mechanism.ParseZAPReply(z.own, frames)
		return v, true, err
	case gone:
		return v, false, engine.ErrAuthenticatorGone
	}
	return v, false, nil
}

// reply reads one message. Of one with too many frames it keeps one too many.
func (z *zapCall) reply() (frames [][]byte, ok bool) {
	var f msg.Part
	for z.ours.Read(&f) {
		if len(frames) <= mechanism.ZAPReplyFrames {
			frames = append(frames, append([]byte(nil), f.Data...))
		}
		f.Drop()
		if !f.HasMore() {
			return frames, true
		}
	}
	return nil, false
}

// Cancel implements engine.Inquiry.
func (z *zapCall) Cancel() {
	if z.closed {
		return
	}
	z.closed = true
	z.ours.CloseWrite()
	z.ours.CloseRead()
	z.ours.NotifyClosed()
}
