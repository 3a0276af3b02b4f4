// SPDX-License-Identifier: MPL-2.0

package interop

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/engine"
)

// restarts are what goes on between an end of ours and a peer, before it is
// killed and after it has come back.
var restarts = []struct {
	our, their zmq.SocketType
	ourOpts    []zmq.Option
	theirOpts  options
	talk       func(t *testing.T, our, their end, n int)
}{
	{our: zmq.PULL, their: zmq.PUSH, talk: weReceive},
	{our: zmq.PUSH, their: zmq.PULL, talk: weSend},
	{our: zmq.DEALER, their: zmq.REP, talk: weDealToRep},
	{our: zmq.REP, their: zmq.REQ, talk: weReply},
	{
		our: zmq.REQ, their: zmq.REP, talk: weSendAndReceive,
		ourOpts: []zmq.Option{zmq.WithReqRelaxed(true), zmq.WithReqCorrelate(true)},
	},
	{our: zmq.ROUTER, their: zmq.DEALER, theirOpts: options{"ROUTING_ID": idA}, talk: weRoute},
	{our: zmq.SUB, their: zmq.PUB, ourOpts: []zmq.Option{zmq.WithSubscribe("topic")}, talk: weSubscribe},
	{our: zmq.PUB, their: zmq.SUB, talk: wePublish},
}

func text(n int, what string) []byte { return fmt.Appendf(nil, "%s %d", what, n) }

func weReceive(t *testing.T, our, their end, n int) {
	t.Helper()
	talkOneWay(t, their, our, [][]byte{text(n, "one"), text(n, "message")})
}

func weSend(t *testing.T, our, their end, n int) {
	t.Helper()
	weReceive(t, their, our, n)
}

func weSendAndReceive(t *testing.T, our, their end, n int) {
	t.Helper()
	talkBothWays(t, our, their, [][]byte{text(n, "question")})
}

func weReply(t *testing.T, our, their end, n int) {
	t.Helper()
	weSendAndReceive(t, their, our, n)
}

func weDealToRep(t *testing.T, our, their end, n int) {
	t.Helper()
	talkDealerRep(t, our, their, [][]byte{text(n, "question")})
}

func weRoute(t *testing.T, our, their end, n int) {
	t.Helper()
	talkDealerRouter(t, their, our, [][]byte{text(n, "question")})
}

func weSubscribe(t *testing.T, our, their end, n int) {
	t.Helper()
	a := audience{t: t, pub: their, sub: our}
	a.try(string(text(n, "topic")))
	a.publish([]byte("other"))
	a.pass(text(n, "topic of"))
}

func wePublish(t *testing.T, our, their end, n int) {
	t.Helper()
	their.subscribe("topic")
	weSubscribe(t, their, our, n)
}

// TestPeerKilled: a peer dies without a word, twice, and each time another takes
// its place; our socket goes on with that as if nothing had been.
func TestPeerKilled(t *testing.T) {
	for i := range sides {
		d := &sides[i]
		for _, c := range restarts {
			t.Run(fmt.Sprintf("%s/%v", d.name, c.our), func(t *testing.T) {
				w := newWorld(t)
				our := w.open(c.our, append(c.ourOpts, zmq.WithReconnectInterval(quick))...)
				events := our.events(zmq.EventDisconnected)
				endpoint := d.endpoint(t)
				if d.weBind {
					endpoint = our.bind(endpoint)
				}
				for n := range 3 {
					p := newPeer(w)
					their := p.open(c.their, c.theirOpts)
					endpoint = meetPeer(d, our, their, endpoint, n)
					c.talk(t, our, their, n)
					p.kill()
					lost(t, events)
				}
			})
		}
	}
}

// meetPeer connects our socket with that of the nth peer process, and returns where.
func meetPeer(d *side, our *ours, their *theirs, endpoint string, n int) string {
	switch {
	case d.weBind:
		their.connect(endpoint)
	case n == 0:
		endpoint = their.bind(endpoint)
		our.connect(endpoint)
	default:
		their.bind(endpoint)
	}
	return endpoint
}

// TestPairPeerKilled is TestPeerKilled for PAIR. Bound, it has a place for one
// peer, and like libzmq it gives the place away when it has received up to the
// end of the one before; with us a connection that comes too early waits for that.
func TestPairPeerKilled(t *testing.T) {
	for i := range sides {
		d := &sides[i]
		t.Run(d.name, func(t *testing.T) {
			w := newWorld(t)
			our := w.open(zmq.PAIR, zmq.WithReconnectInterval(quick))
			endpoint := d.endpoint(t)
			if d.weBind {
				endpoint = our.bind(endpoint)
			}
			for n := range 3 {
				p := newPeer(w)
				their := p.open(zmq.PAIR, nil)
				endpoint = meetPeer(d, our, their, endpoint, n)
				their.send(text(n, "question"))
				want(t, our, text(n, "question"))
				our.send(text(n, "reply"))
				want(t, their, text(n, "reply"))
				p.kill()
			}
		})
	}
}

// lost waits for the end of a connection that nobody announced.
func lost(t *testing.T, e *events) {
	t.Helper()
	ev := e.wait(zmq.EventDisconnected)
	var err *engine.Error
	if !errors.As(ev.Err, &err) || err.Reason != engine.ConnectionLost {
		t.Errorf("disconnected because of %v", ev.Err)
	}
	if !errors.Is(ev.Err, syscall.EPIPE) && !errors.Is(ev.Err, syscall.ECONNRESET) {
		t.Errorf("disconnected because of %v", ev.Err)
	}
}

// TestSentWhileAway: what we send while the peer that we connect to is away
// reaches its successor, whole and in order.
func TestSentWhileAway(t *testing.T) {
	const messages = 500
	for _, d := range []side{sides[1], sides[3]} {
		t.Run(d.name, func(t *testing.T) {
			w := newWorld(t)
			push := w.open(zmq.PUSH, zmq.WithReconnectInterval(quick))
			events := push.events(zmq.EventDisconnected | zmq.EventConnectRetried)
			p := newPeer(w)
			pull := p.open(zmq.PULL, nil)
			endpoint := pull.bind(d.endpoint(t))
			push.connect(endpoint)
			weSend(t, push, pull, 0)
			p.kill()
			lost(t, events)
			for n := range messages {
				push.send(text(n, "one"), text(n, "message"))
			}
			events.wait(zmq.EventConnectRetried)
			pull = newPeer(w).open(zmq.PULL, nil)
			pull.bind(endpoint)
			for n := range messages {
				want(t, pull, text(n, "one"), text(n, "message"))
			}
		})
	}
}

// TestBlockedSender: a Send that waits because the peer takes nothing goes on
// with the peer that comes after the first one was killed.
func TestBlockedSender(t *testing.T) {
	// So much that no kernel holds it.
	const messages, size = 512, 65536
	for i := range sides {
		d := &sides[i]
		t.Run(d.name, func(t *testing.T) {
			w := newWorld(t)
			push := w.open(zmq.PUSH, zmq.WithSendHWM(2), zmq.WithReconnectInterval(quick))
			events := push.events(zmq.EventDisconnected)
			p := newPeer(w)
			pull := p.open(zmq.PULL, options{"RCVHWM": 1})
			endpoint := bring(t, d, push, pull)
			done := make(chan error, 1)
			started := make(chan struct{})
			go func() {
				var err error
				for n := 0; n < messages && err == nil; n++ {
					err = push.Send(w.ctx, text(n, "number"), pattern(size))
					if n == 0 {
						close(started)
					}
				}
				done <- err
			}()
			<-started
			want(t, pull, text(0, "number"), pattern(size))
			select {
			case err := <-done:
				t.Fatalf("everything was sent though nobody received: %v", err)
			default:
			}
			p.kill()
			lost(t, events)
			pull = newPeer(w).open(zmq.PULL, nil)
			again(d, pull, endpoint)
			receiveRest(t, pull, messages, size)
			if err := <-done; err != nil {
				t.Error(err)
			}
			// A successor that got the rest of a half-sent message would not stay.
			events.none()
		})
	}
}

// receiveRest receives up to the last message: some were lost with the first
// peer, but they come whole and in order.
func receiveRest(t *testing.T, e end, messages, size int) {
	t.Helper()
	for last := -1; last < messages-1; {
		m := e.recv()
		var n int
		if _, err := fmt.Sscanf(string(m[0]), "number %d", &n); err != nil || n <= last || len(m) != 2 || len(m[1]) != size {
			t.Fatalf("received %d frames, the first %.40q, after number %d", len(m), m[0], last)
		}
		last = n
	}
}

// bring joins the ends and returns the endpoint.
func bring(t *testing.T, d *side, our, their end) string {
	t.Helper()
	if d.weBind {
		endpoint := our.bind(d.endpoint(t))
		their.connect(endpoint)
		return endpoint
	}
	endpoint := their.bind(d.endpoint(t))
	our.connect(endpoint)
	return endpoint
}

// again lets a successor of their end take its place.
func again(d *side, their end, endpoint string) {
	if d.weBind {
		their.connect(endpoint)
		return
	}
	their.bind(endpoint)
}

// TestKilledInMessage: of a message whose sender dies on the way nothing is
// delivered; those before it stay readable.
func TestKilledInMessage(t *testing.T) {
	for i := range sides {
		d := &sides[i]
		t.Run(d.name, func(t *testing.T) {
			w := newWorld(t)
			pull := w.open(zmq.PULL, zmq.WithRecvHWM(2), zmq.WithReconnectInterval(quick))
			events := pull.events(zmq.EventDisconnected)
			p := newPeer(w)
			push := p.open(zmq.PUSH, nil)
			endpoint := bring(t, d, pull, push)
			const sent, size = 12, 5 << 20 // more than any kernel holds
			for range sent {
				push.send(pattern(1), pattern(size))
			}
			// The first is here, so that the sender is busy with the others.
			want(t, pull, pattern(1), pattern(size))
			p.kill()
			came := 1
			for m := pull.tryRecv(); m != nil; m = pull.tryRecv() {
				wantFrames(t, m, pattern(1), pattern(size))
				came++
			}
			if came == sent {
				t.Errorf("all %d messages came, the sender was not busy any more", sent)
			}
			push = newPeer(w).open(zmq.PUSH, nil)
			again(d, push, endpoint)
			push.send([]byte("successor"))
			for m := pull.recv(); string(m[0]) != "successor"; m = pull.recv() {
				wantFrames(t, m, pattern(1), pattern(size))
			}
			lost(t, events)
		})
	}
}
