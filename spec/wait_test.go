// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"context"
	"errors"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// edge cases 83, 88 and 126: whoever sleeps is woken by what comes, and by room that
// there is again, however often both ends fall asleep.
func TestNoWakeUpIsLost(t *testing.T) {
	const rounds = 300
	onEachMeeting(t, func(w *world, meet join) {
		a, b := w.socket(zmq.PAIR), w.socket(zmq.PAIR)
		meet(a, b)
		echo := make(chan error, 1)
		go func() {
			var errs []error
			for range rounds {
				m, err := b.Recv(w.ctx)
				errs = append(errs, err, b.SendMsg(w.ctx, &m))
			}
			echo <- errors.Join(errs...)
		}()
		for range rounds {
			w.send(a, "x")
			w.want(a, "x")
		}
		w.must(<-echo)
	})
	onEachMeeting(t, func(w *world, meet join) {
		const messages = 3000
		in, out := w.socket(zmq.PULL, zmq.WithRecvHWM(1)), w.socket(zmq.PUSH, zmq.WithSendHWM(1))
		meet(in, out)
		sent := make(chan error, 1)
		go func() {
			var errs []error
			for range messages {
				errs = append(errs, out.Send(w.ctx, []byte("x")))
			}
			sent <- errors.Join(errs...)
		}()
		for range messages {
			w.must(ignore(in.Recv(w.ctx)))
		}
		w.must(<-sent)
	})
}

// edge case 125: the descriptor tells of each message that comes when there was none.
func TestDescriptorTells(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		in, out := w.socket(zmq.PULL), w.socket(zmq.PUSH)
		fd, err := in.FD()
		w.must(err)
		meet(in, out)
		p := zmq.NewPoller()
		w.Cleanup(func() { _ = p.Close() })
		w.must(p.AddFD(fd, zmq.PollIn, nil))
		for range 20 {
			w.send(out, "x")
			for e := zmq.PollEvents(0); e == 0; { // as it may tell of what is not for us
				_, err := p.Wait(w.ctx)
				w.must(err)
				e, err = in.Ready()
				w.must(err)
			}
			w.want(in, "x")
			w.wantNothing(in)
		}
		w.must(p.RemoveFD(fd))
	})
}

// edge cases 129 and 131: a poll says what is ready, of what was asked for.
func TestPollSaysWhatIsReady(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		a, b := w.socket(zmq.PAIR), w.socket(zmq.PAIR)
		items := []zmq.PollItem{{Socket: a, Events: zmq.PollIn | zmq.PollOut}, {Socket: b, Events: zmq.PollIn}, {Socket: b}, {Socket: b, Events: zmq.PollErr}}
		if n, err := zmq.PollTimeout(items, 0); n != 0 || err != nil {
			w.Errorf("without a peer %d are ready, %v", n, err)
		}
		meet(a, b)
		n, err := zmq.Poll(w.ctx, items)
		if n != 1 || err != nil || items[0].Ready != zmq.PollOut {
			w.Errorf("with a peer: %d, %v, %+v", n, err, items)
		}
		w.send(a, "x")
		p := zmq.NewPoller()
		w.Cleanup(func() { _ = p.Close() })
		w.must(p.Add(b, zmq.PollIn, "b"))
		e, err := p.Wait(w.ctx)
		if err != nil || e.Socket != b || e.Events != zmq.PollIn || e.Data != "b" {
			w.Errorf("the poller says %+v, %v", e, err)
		}
		if n, err = zmq.PollTimeout(items, 0); n != 2 || err != nil || items[1].Ready != zmq.PollIn || items[2].Ready != 0 || items[3].Ready != 0 {
			w.Errorf("with a message: %d, %v, %+v", n, err, items)
		}
		w.want(b, "x")
		w.must(p.Remove(b))
		_, err = p.Wait(context.Background())
		w.wantError("wait for nothing", err, zmq.ErrFault)
	})
}
