// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// Rules of which docs/differences.md speaks, as they are here.

// edge case 12: the flag of a command may be missing in the handshake; reserved ones
// may not be set, then or later.
func TestReservedFlagsEndTheConnection(t *testing.T) {
	hello := ready("PUSH")
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		p.say(greeting(3, 1) + "\x00" + hello[1:] + frame2("x"))
		w.want(s, "x")
	})
	for bit := 3; bit < 8; bit++ {
		reserved := string([]byte{1 << bit})
		onBothEnds(t, zmq.PULL, func(_ *world, _ *zmq.Socket, p *peer) {
			p.say(greeting(3, 1) + string([]byte{hello[0] | 1<<bit}) + hello[1:])
			p.wantEnd()
		})
		onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
			p.say(greeting(3, 1) + hello + frame2("x") + reserved + "\x01y")
			w.want(s, "x")
			p.wantEnd()
			_, err := s.TryRecv()
			w.wantError("the frame with a reserved flag", err, zmq.ErrAgain)
		})
	}
}

// edge case 17
func TestWrongTypeIsTold(t *testing.T) {
	for name, says := range map[string]string{
		"type": ready("SUB"), "metadata": command("READY", property("Socket-Type", "PULL")+"\x05short"),
	} {
		t.Run(name, func(t *testing.T) {
			onEachEnd(t, func(w *world, meet byHand) {
				s := w.socket(zmq.PUSH)
				events := s.Events(w.ctx, zmq.EventAll)
				p := meet(s)
				p.say(greeting(3, 1) + says)
				p.wantEnd()
				got := until(events, zmq.EventDisconnected)
				if want := []zmq.EventType{zmq.EventHandshakeFailedProtocol, zmq.EventDisconnected}; !slices.Equal(got[len(got)-2:], want) {
					w.Errorf("events %v, want %v in the end", got, want)
				}
				w.notAgain(p)
			})
		})
	}
}

// edge case 28
func TestTopicOf255Bytes(t *testing.T) {
	topic := strings.Repeat("t", 255)
	for minor, want := range []string{
		"\x02" + size8(256) + "\x01" + topic, "\x06" + size8(265) + "\x09SUBSCRIBE" + topic,
	} {
		onBothEnds(t, zmq.SUB, func(w *world, _ *zmq.Socket, p *peer) {
			p.shake(byte(minor), "PUB")
			p.want(want)
		}, zmq.WithSubscribe(topic))
	}
	for _, v := range oldPeers[2:] {
		onBothEnds(t, zmq.SUB, func(w *world, _ *zmq.Socket, p *peer) {
			v.greet(p, zmq.SUB, zmq.PUB, "")
			p.want(v.frame("iii") + v.frame("\x01"+topic))
		}, zmq.WithSubscribe(topic), named("iii"))
	}
}

// edge case 47: with libzmq 656 deciseconds are 64 ms.
func TestLongTimeToLive(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		s := w.socket(zmq.PULL)
		p, last := meet(s), meet(s)
		p.shake(1, "PUSH")
		last.shake(1, "PUSH")
		p.say(ping(656))
		p.want(command("PONG", ""))
		last.say(ping(1)) // is given up after 100 ms
		last.wantEnd()
		p.say(frame2("still"))
		w.want(s, "still")
	})
}

// edge case 50
func TestShortPingEndsTheConnection(t *testing.T) {
	for _, body := range []string{"", "\x00"} {
		onBothEnds(t, zmq.PULL, func(_ *world, _ *zmq.Socket, p *peer) {
			p.say(greeting(3, 1) + ready("PUSH") + command("PING", body))
			p.wantEnd()
		})
	}
}

// edge case 51
func TestPingAndPongBothGoOut(t *testing.T) {
	const pings = 50
	onBothEnds(t, zmq.PULL, func(w *world, _ *zmq.Socket, p *peer) {
		p.shake(1, "PUSH")
		heard, answered := 0, 0
		for n := 0; answered < pings || heard < pings; {
			if n < pings {
				p.say(command("PING", "\x00\x00"+string([]byte{byte(n)})))
				n++
			}
			head := p.hear(2)
			body := p.hear(int(head[1]))
			if context, ok := strings.CutPrefix(body, "\x04PONG"); ok {
				if context != string([]byte{byte(answered)}) {
					w.Fatalf("PONG %q, want that of PING %d", context, answered)
				}
				answered++
				continue
			}
			heard++
		}
	}, zmq.WithHeartbeatInterval(time.Millisecond), zmq.WithHeartbeatTimeout(patience))
}

// edge case 109
func TestQuestionOutlivesItsConnection(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		h, _ := w.bound(zmq.REP, "inproc://zeromq.zap.01")
		s := w.socket(zmq.PULL, zmq.WithPlainServer(true), zmq.WithHandshakeInterval(moment))
		events := s.Events(w.ctx, zmq.EventDisconnected)
		p := meet(s)
		p.say(plain + hello)
		until(events, zmq.EventDisconnected)
		m, err := h.Recv(w.ctx)
		w.must(err)
		w.send(h, "1.0", string(m.Frame(1)), "200", "", "", "")
		p.again().say(plain + hello) // the handler is as good as before
		w.must(ignore(h.Recv(w.ctx)))
	})
}

func ignore(_ zmq.Msg, err error) error { return err }

// edge case 111
func TestUnbindEndsWhatWasAccepted(t *testing.T) {
	onEachWire(t, func(w *world) {
		s, ep := w.bound(zmq.PUSH, w.any())
		p := w.dial(ep)
		p.shake(1, "PULL")
		w.send(s, "still goes out")
		w.must(s.Unbind(ep))
		p.want(frame2("still goes out"))
		p.wantEnd()
	})
}

// edge case 116: what counts as one of MAX_SOCKETS.
func TestMonitorCountsAsSocket(t *testing.T) {
	zc, err := zmq.NewContext(zmq.WithMaxSockets(2))
	w := newWorld(t)
	w.must(err)
	s, err := zc.NewSocket(zmq.PULL)
	w.must(err)
	w.must(s.Monitor("inproc://monitor", zmq.EventAll, 1, zmq.PAIR))
	_, err = zc.NewSocket(zmq.PULL)
	w.wantError("a third socket", err, zmq.ErrMFile)
	w.must(s.Monitor("", 0, 1, zmq.PAIR))
	other, err := zc.NewSocket(zmq.PULL)
	w.must(err)
	w.wantError("a monitor without room", s.Monitor("inproc://monitor", zmq.EventAll, 1, zmq.PAIR), zmq.ErrMFile)
	ctx, cancel := context.WithCancel(w.ctx)
	events := s.Events(ctx, zmq.EventAll) // costs none
	cancel()
	until(events, zmq.EventMonitorStopped)
	w.must(errors.Join(s.Close(), other.Close(), zc.Term(w.ctx)))
}

// edge cases 123 and 124: nobody calls the ROUTER.
func TestHandoverNeedsNoCall(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		router := w.socket(zmq.ROUTER, zmq.WithRouterHandover(true))
		come := func() *peer {
			p := meet(router)
			p.say(greeting(3, 1) + command("READY", property("Socket-Type", "DEALER")+property("Identity", "x")))
			p.hear(64)
			p.want(command("READY", property("Socket-Type", "ROUTER")+property("Identity", "")))
			return p
		}
		was := come()
		for range 3 {
			is := come()
			was.wantEnd()
			was = is
		}
	})
}

// edge cases 123 and 124: nobody calls the sockets whose peers go.
func TestPeerGoesWithoutACall(t *testing.T) {
	onEachOrder(t, true, func(w *world, meet join) {
		stays := w.socket(zmq.DEALER)
		for range 3 {
			goes := w.socket(zmq.DEALER)
			meet(stays, goes)
			w.must(stays.WaitConnected(w.ctx, 1))
			w.must(goes.Close())
			for w.peers(stays) > 0 { // which looks, and does nothing
			}
		}
	})
}

// edge case 128
func TestSignalsDoNotInterrupt(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		in, out := w.socket(zmq.PULL), w.socket(zmq.PUSH)
		meet(in, out)
		done := make(chan error, 1)
		go func() { done <- ignore(in.Recv(w.ctx)) }()
		for range 100 {
			w.must(syscall.Kill(os.Getpid(), syscall.SIGWINCH)) // whose default is nothing
		}
		w.send(out, "x")
		w.must(<-done)
		ctx, cancel := context.WithTimeout(w.ctx, moment)
		defer cancel()
		w.wantError("receive", ignore(in.Recv(ctx)), context.DeadlineExceeded)
	})
}

// edge cases 129 and 131
func TestPollerSaysWhoHasEnded(t *testing.T) {
	for _, end := range []error{zmq.ErrNotSock, zmq.ErrTerm} {
		w := newWorld(t)
		p := zmq.NewPoller()
		a, b := w.socket(zmq.PULL), w.socket(zmq.PULL)
		w.must(errors.Join(p.Add(a, zmq.PollIn, "a"), p.Add(b, zmq.PollIn, "b")))
		type report struct {
			e   zmq.PollEvent
			err error
		}
		done := make(chan report, 1)
		go func() {
			e, err := p.Wait(w.ctx)
			done <- report{e, err}
		}()
		if end == zmq.ErrTerm {
			w.must(w.zc.Shutdown())
		} else {
			w.must(b.Close())
		}
		r := <-done
		w.wantError("wait", r.err, end)
		if r.e.Socket == nil || r.e.Events != zmq.PollErr || end == zmq.ErrNotSock && r.e.Data != "b" {
			t.Errorf("the report is %+v", r.e)
		}
		w.must(p.Close())
	}
}

// edge case 143
func TestIPCFileGoesWithItsSocket(t *testing.T) {
	w := newWorld(t)
	for _, ep := range []string{w.free("ipc"), "ipc://*"} {
		for _, end := range []string{"unbind", "close"} {
			s, at := w.bound(zmq.PULL, ep)
			path := strings.TrimPrefix(at, "ipc://")
			if _, err := os.Stat(path); err != nil {
				t.Error(err)
			}
			if end == "unbind" {
				w.must(s.Unbind(at))
			}
			w.must(s.Shutdown(w.ctx))
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("after %s the file of %s is there: %v", end, ep, err)
			}
		}
	}
}

// edge case 165
func TestSlowWatcherMissesTheOldest(t *testing.T) {
	const kept, all = 4096, 5000
	onMeetings(t, words["inproc"], func(w *world, meet join) {
		in, out := w.socket(zmq.PULL, zmq.WithRecvHWM(0)), w.socket(zmq.PUSH, zmq.WithSendHWM(0))
		meet(in, out)
		ctx, cancel := context.WithCancel(w.ctx)
		events := out.Events(ctx, zmq.EventPipesStats)
		for range all {
			w.send(out, "x")
			w.must(out.PipesStats(w.ctx))
		}
		cancel()
		next := int64(all - kept + 1)
		for e := range events {
			if e.Value != next {
				w.Fatalf("of %d events comes number %d, want %d", all, e.Value, next)
			}
			next++
		}
		if next != all+1 {
			w.Errorf("the last one was number %d", next-1)
		}
	})
}

// edge case 168
func TestTimeOfHandshakeIsTold(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		s := w.socket(zmq.PULL, zmq.WithHandshakeInterval(moment))
		events := s.Events(w.ctx, zmq.EventHandshakeFailedNoDetail)
		meet(s)
		for e := range events {
			var timeout interface{ Timeout() bool }
			if e.Value != int64(zmq.ErrPipe) || !errors.As(e.Err, &timeout) || !timeout.Timeout() {
				w.Errorf("it failed by %d, %v", e.Value, e.Err)
			}
			break
		}
	})
}

// edge cases 170 and 172
func TestEventsNameBothEnds(t *testing.T) {
	onMeetings(t, wires, func(w *world, meet join) {
		one, two := w.socket(zmq.ROUTER), w.socket(zmq.DEALER, named("me"))
		ones, twos := one.Events(w.ctx, zmq.EventHandshakeSucceeded), two.Events(w.ctx, zmq.EventHandshakeSucceeded)
		meet(one, two)
		var ours, theirs zmq.Event
		for ours = range ones {
			break
		}
		for theirs = range twos {
			break
		}
		if string(ours.RoutingID) != "me" {
			w.Errorf("the peer is %q", ours.RoutingID)
		}
		ep := one.LastEndpoint() // which both have
		if ours.Remote == ep {   // as a bound one sees it
			ours, theirs = theirs, ours
		}
		if ours.Local != ep || theirs.Remote != ep || ours.Remote != theirs.Local || !strings.HasPrefix(theirs.Local, w.wire+"://") {
			w.Errorf("one end says %s and %s, the other one %s and %s", ours.Local, ours.Remote, theirs.Local, theirs.Remote)
		}
	})
}

// edge case 206
func TestTopicsAreCounted(t *testing.T) {
	onEachOrder(t, true, countTopics)
	onOrders(t, words["inproc"], false, countTopics)
}

func countTopics(w *world, meet join) {
	pub := w.socket(zmq.XPUB)
	var subs []*zmq.Socket
	for i := range 3 {
		sub := w.socket(zmq.SUB)
		meet(pub, sub)
		for _, topic := range []string{"shared", "shared", fmt.Sprint(i)} {
			w.must(sub.Subscribe(topic))
		}
		if n := sub.Topics(); n != 2 {
			w.Errorf("a SUB has %d topics, want 2", n)
		}
		w.must(sub.Subscribe(fmt.Sprint("last ", i)))
		for m := ""; m != fmt.Sprint("\x01last ", i); {
			m = w.recv(pub)[0]
		}
		subs = append(subs, sub)
	}
	if n := pub.Topics(); n != 7 {
		w.Errorf("an XPUB has %d topics, want 7", n)
	}
	for i, want := range []int{5, 3, 0} {
		w.must(subs[i].Close())
		gone := []string{fmt.Sprint("\x00", i), fmt.Sprint("\x00last ", i)}
		if want == 0 {
			gone = append(gone, "\x00shared")
		}
		for len(gone) > 0 {
			at := slices.Index(gone, w.recv(pub)[0])
			if at < 0 {
				w.Fatal("heard of a topic that somebody still wants")
			}
			gone = slices.Delete(gone, at, at+1)
		}
		if n := pub.Topics(); n != want {
			w.Errorf("with %d subscribers there are %d topics, want %d", 2-i, n, want)
		}
	}
}
