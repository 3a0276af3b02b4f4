// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"encoding/binary"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// recv receives a message as texts.
func (w *world) recv(s *zmq.Socket) (frames []string) {
	w.Helper()
	m, err := s.Recv(w.ctx)
	w.must(err)
	for _, f := range m.Frames() {
		frames = append(frames, string(f))
	}
	return frames
}

// wantNothing checks that nothing is there to receive.
func (w *world) wantNothing(s *zmq.Socket) {
	w.Helper()
	if m, err := s.TryRecv(); err == nil {
		w.Fatalf("%v received %q", s.Type(), m.Frames())
	}
}

func named(id string) zmq.Option { return zmq.WithRoutingID([]byte(id)) }

// edge case 187
func TestReqIsStrict(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		req, rep := w.socket(zmq.REQ), w.socket(zmq.REP)
		meet(req, rep)
		_, err := req.TryRecv()
		w.wantError("receive before send", err, zmq.ErrFSM)
		w.wantError("reply before request", rep.TrySend(nil), zmq.ErrFSM)
		for range 3 {
			w.send(req, "question", "")
			w.wantError("send twice", req.TrySend(nil), zmq.ErrFSM)
			w.want(rep, "question", "")
			_, err = rep.TryRecv()
			w.wantError("receive twice", err, zmq.ErrFSM)
			w.send(rep, "answer")
			w.wantError("reply twice", rep.TrySend(nil), zmq.ErrFSM)
			w.want(req, "answer")
			_, err = req.TryRecv()
			w.wantError("receive twice", err, zmq.ErrFSM)
		}
	})
}

// edge case 187: a peer that goes takes the question with it; then whoever answers is
// heard, which differs.
func TestReqWaitsForWhoIsGone(t *testing.T) {
	onEachOrder(t, true, func(w *world, meet join) {
		req, gone, stays := w.socket(zmq.REQ), w.socket(zmq.ROUTER), w.socket(zmq.ROUTER, named("stays"))
		meet(req, gone)
		w.send(req, "question")
		w.recv(gone)
		w.must(gone.Close())
		for w.peers(req) > 0 {
		}
		w.wantError("send again", req.TrySend(nil), zmq.ErrFSM)
		w.wantNothing(req)
		meet(req, stays)
		w.must(req.Set(zmq.WithReqRelaxed(true))) // only then it may ask again
		w.send(req, "question")
		m := w.recv(stays)
		w.send(stays, m[0], "", "answer")
		w.want(req, "answer")
	})
}

// edge case 188
func TestReqRelaxedCorrelates(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		req, router := w.socket(zmq.REQ, zmq.WithReqRelaxed(true), zmq.WithReqCorrelate(true), named("req")), w.socket(zmq.ROUTER)
		meet(req, router)
		var ids []string
		for _, text := range []string{"one", "two", "three"} {
			w.send(req, text)
			m := w.recv(router)
			if len(m) != 4 || m[0] != "req" || len(m[1]) != 4 || m[2] != "" || m[3] != text {
				w.Fatalf("received %q", m)
			}
			ids = append(ids, m[1])
			if n := len(ids); n > 1 && number(ids[n-1]) != number(ids[n-2])+1 {
				w.Errorf("the ids are %q", ids)
			}
		}
		for i, answer := range []string{"to one", "to two", "to three"} { // the first two are of no use
			w.send(router, "req", ids[i], "", answer)
		}
		w.want(req, "to three")
	})
}

func number(id string) uint32 { return binary.NativeEndian.Uint32([]byte(id)) }

// edge case 185
func TestReqAsksOneAndHearsOne(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		req, a, b := w.socket(zmq.REQ), w.socket(zmq.ROUTER), w.socket(zmq.ROUTER)
		meet(req, a, b)
		w.must(req.WaitConnected(w.ctx, 2))
		w.send(req, "one")
		poll := []zmq.PollItem{{Socket: a, Events: zmq.PollIn}, {Socket: b, Events: zmq.PollIn}}
		_, err := zmq.Poll(w.ctx, poll)
		w.must(err)
		asked, other := a, b
		if poll[0].Ready == 0 {
			asked, other = b, a
		}
		first := w.recv(asked)
		w.send(asked, first[0], "", "answer to one")
		w.want(req, "answer to one")
		w.send(req, "two") // to the next in turn
		second := w.recv(other)
		w.send(asked, first[0], "", "nobody asked")
		w.send(other, second[0], "", "answer to two")
		w.want(req, "answer to two")
	})
}

// edge case 183
func TestRepKeepsTheEnvelope(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		rep, dealer := w.socket(zmq.REP), w.socket(zmq.DEALER)
		meet(rep, dealer)
		w.send(dealer, "no", "delimiter")
		w.send(dealer, "a", strings.Repeat("b", 300), "", "question", "", "more")
		w.want(rep, "question", "", "more")
		w.send(rep, "answer", "more")
		w.want(dealer, "a", strings.Repeat("b", 300), "", "answer", "more")
		w.send(dealer, "", "bare")
		w.want(rep, "bare")
		w.send(rep, "")
		w.want(dealer, "", "")
	})
}

// edge case 183
func TestReplyToGonePeerIsDropped(t *testing.T) {
	onEachOrder(t, true, func(w *world, meet join) {
		rep, gone, stays := w.socket(zmq.REP), w.socket(zmq.DEALER), w.socket(zmq.DEALER)
		meet(rep, gone, stays)
		w.send(gone, "", "question")
		w.want(rep, "question")
		w.must(gone.Close())
		w.send(rep, "to nobody")
		w.send(stays, "", "question")
		w.want(rep, "question")
		w.send(rep, "answer")
		w.want(stays, "", "answer")
	})
}

// edge cases 102 and 178
func TestRouterMandatory(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		router := w.socket(zmq.ROUTER, zmq.WithSendHWM(3))
		dealer := w.socket(zmq.DEALER, named("dealer"), zmq.WithRecvHWM(3))
		meet(router, dealer)
		w.send(dealer, "here")
		w.want(router, "dealer", "here")
		w.send(router, "nobody", "lost", "too") // silently
		w.send(router, "dealer")                // an identity alone is no message
		w.must(router.Set(zmq.WithRouterMandatory(true)))
		w.wantError("send to nobody", router.Send(w.ctx, []byte("nobody"), []byte("x")), zmq.ErrHostUnreach)
		w.send(router, "dealer", "first")
		w.want(dealer, "first")
		big := make([]byte, 1<<20)
		n := w.fill(router, []byte("dealer"), big) // ErrAgain in the end
		w.must(router.Set(zmq.WithRouterMandatory(false)))
		before := dropped(w, router)
		for ; dropped(w, router) == before; n++ { // the kernel takes some more, perhaps
			w.send(router, "dealer", string(big))
		}
		for range n - 1 {
			if m := w.recv(dealer); len(m) != 1 || len(m[0]) != len(big) {
				w.Fatalf("received %d frames", len(m))
			}
		}
		w.must(router.Set(zmq.WithRouterMandatory(true)))
		w.send(router, "dealer", "last")
		w.want(dealer, "last")
		w.must(dealer.Close())
	})
}

// edge case 174
func TestRouterNamesTheNameless(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		router := w.socket(zmq.ROUTER)
		seen := map[string]bool{}
		for i := range 3 {
			dealer := w.socket(zmq.DEALER)
			meet(router, dealer)
			w.send(dealer, "who am I")
			m := w.recv(router)
			if len(m[0]) != 5 || m[0][0] != 0 || seen[m[0]] {
				w.Errorf("peer %d is %q", i, m[0])
			}
			seen[m[0]] = true
			w.send(router, m[0], "that one")
			w.want(dealer, "that one")
		}
	})
}

// edge case 175
func TestRouterKeepsTheFirstOfAName(t *testing.T) {
	keeps := func(w *world, meet join) (router, first, second *zmq.Socket) {
		w.Helper()
		router, first, second = w.socket(zmq.ROUTER), w.socket(zmq.DEALER, named("x")), w.socket(zmq.DEALER, named("x"))
		meet(router, first)
		w.send(first, "first")
		w.want(router, "x", "first")
		meet(router, second)
		w.must(second.WaitConnected(w.ctx, 1))
		w.send(second, "second")
		w.send(first, "still first")
		w.want(router, "x", "still first")
		w.wantNothing(router)
		w.send(router, "x", "to the first")
		w.want(first, "to the first")
		return router, first, second
	}
	onEachOrder(t, true, func(w *world, meet join) {
		router, first, second := keeps(w, meet)
		w.must(first.Close())
		w.want(router, "x", "second") // here it takes the place: differs
		w.send(router, "x", "to the second")
		w.want(second, "to the second")
	})
	// What has connected keeps its name while it tries again.
	onEachOrder(t, false, func(w *world, meet join) { keeps(w, meet) })
}

// edge case 176. Whoever loses its name and connects again takes it back: here it
// does not.
func TestRouterHandsOver(t *testing.T) {
	run := func(w *world, router, first, second *zmq.Socket, meet func(*zmq.Socket)) {
		w.Helper()
		meet(first)
		w.send(first, "first")
		w.want(router, "x", "first")
		meet(second)
		w.send(second, "second")
		w.want(router, "x", "second")
		w.send(router, "x", "to the second")
		w.want(second, "to the second")
		w.wantNothing(first)
	}
	onEachOrder(t, false, func(w *world, meet join) {
		router := w.socket(zmq.ROUTER, zmq.WithRouterHandover(true))
		run(w, router, w.socket(zmq.DEALER, named("x")), w.socket(zmq.DEALER, named("x")), func(s *zmq.Socket) { meet(router, s) })
	})
	bound := func(w *world, meet join) {
		router, first := w.socket(zmq.ROUTER, zmq.WithRouterHandover(true)), w.socket(zmq.DEALER, named("x"))
		w.must(first.Set(zmq.WithReconnectInterval(zmq.Forever)))
		run(w, router, first, w.socket(zmq.DEALER, named("x")), func(s *zmq.Socket) { meet(router, s) })
	}
	onOrders(t, words["inproc"], true, bound)
	for _, transport := range wires { // who comes once only comes when somebody is there
		t.Run(transport, func(t *testing.T) {
			w := newWorld(t)
			bound(w, w.join(meeting{transport, true, true}))
		})
	}
}

// edge case 182
func TestProbeReachesTheRouter(t *testing.T) {
	for _, typ := range []zmq.SocketType{zmq.REQ, zmq.DEALER, zmq.ROUTER} {
		t.Run(typ.String(), func(t *testing.T) {
			onEachMeeting(t, func(w *world, meet join) {
				router, prober := w.socket(zmq.ROUTER, named("router")), w.socket(typ, named("prober"), zmq.WithProbeRouter(true))
				meet(router, prober)
				w.want(router, "prober", "")
			})
		})
	}
}

// edge case 179
func TestRouterHasRoomUnlessItMustDeliver(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		router := w.socket(zmq.ROUTER)
		room := func(what string, want bool) {
			w.Helper()
			e, err := router.Ready()
			w.must(err)
			if got := e&zmq.PollOut != 0; got != want {
				w.Errorf("%s there is room: %v, want %v", what, got, want)
			}
		}
		room("without a peer", true)
		w.must(router.Set(zmq.WithRouterMandatory(true)))
		room("without a peer, where it must deliver,", false)
		dealer := w.socket(zmq.DEALER, named("dealer"))
		meet(router, dealer)
		w.send(dealer, "here")
		w.want(router, "dealer", "here")
		room("with a peer", true)
	})
}

// edge case 180: the name is for the next connect, whatever the peer calls itself.
func TestConnectRoutingIDIsForTheNextConnect(t *testing.T) {
	onEachOrder(t, false, func(w *world, meet join) {
		router := w.socket(zmq.ROUTER, zmq.WithRouterMandatory(true))
		long := strings.Repeat("n", 300)
		for _, name := range []string{"chosen", long} {
			w.must(router.Set(zmq.WithConnectRoutingID([]byte(name))))
			dealer := w.socket(zmq.DEALER, named("of its own"))
			meet(router, dealer)
			w.send(router, name, "before it has said anything")
			w.want(dealer, "before it has said anything")
			w.send(dealer, "here")
			w.want(router, name, "here")
			w.must(router.Disconnect(dealer.LastEndpoint())) // the name is free, and used up
		}
		w.wantError("send to its own name", router.Send(w.ctx, []byte("of its own"), nil), zmq.ErrHostUnreach)
		dealer := w.socket(zmq.DEALER, named("of its own"))
		meet(router, dealer)
		w.send(dealer, "here")
		w.want(router, "of its own", "here")
	})
}

// edge case 180: with libzmq a name that is taken ends the process.
func TestConnectRoutingIDThatIsTaken(t *testing.T) {
	onEachOrder(t, false, func(w *world, meet join) {
		router := w.socket(zmq.ROUTER)
		first, second := w.socket(zmq.DEALER, named("first")), w.socket(zmq.DEALER, named("second"))
		for _, dealer := range []*zmq.Socket{first, second} {
			w.must(router.Set(zmq.WithConnectRoutingID([]byte("chosen"))))
			meet(router, dealer)
		}
		w.send(first, "here")
		w.want(router, "chosen", "here")
		w.send(second, "here too")
		w.want(router, "second", "here too") // by its own name
		w.send(router, "chosen", "to the first")
		w.want(first, "to the first")
		w.send(router, "second", "to the second")
		w.want(second, "to the second")
	})
}

// edge case 184: a REP takes what a ROUTER is told, and does what it can of it.
func TestRepIsARouter(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		rep := w.socket(zmq.REP, zmq.WithRouterMandatory(true), zmq.WithRouterHandover(true), named("rep"))
		one, two := w.socket(zmq.DEALER), w.socket(zmq.REQ)
		meet(rep, one, two)
		w.send(one, "", "question")
		w.want(rep, "question")
		w.send(rep, "answer")
		w.want(one, "", "answer")
		w.send(two, "question")
		w.want(rep, "question")
		w.send(rep, "answer")
		w.want(two, "answer")
	})
}
