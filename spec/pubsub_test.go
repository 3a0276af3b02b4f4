// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"errors"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// edge cases 197 and 205
func TestSubHearsWhatItWants(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		pub, sub := w.socket(zmq.PUB), w.socket(zmq.SUB)
		w.must(sub.Subscribe("a")) // edge case 204: before there is anybody
		w.must(sub.Subscribe("a"))
		meet(pub, sub)
		w.must(pub.WaitSubscribed(w.ctx, 1))
		w.send(pub, "b", "a")
		w.send(pub, "ab", "b")
		w.want(sub, "ab", "b")
		w.must(sub.Unsubscribe("a"))
		w.send(pub, "a", "counted twice")
		w.want(sub, "a", "counted twice")
		w.must(sub.Unsubscribe("a"))
		w.must(sub.Subscribe("end"))
		w.must(sub.Unsubscribe("never")) // of what was never asked for
		for {
			w.send(pub, "a", "filtered at home by now")
			w.send(pub, "end")
			if m, err := sub.TryRecv(); err == nil {
				if string(m.Frame(0)) != "end" {
					w.Errorf("received %q", m.Frames())
				}
				return
			}
		}
	})
}

// edge cases 196, 197 and 198
func TestXPubHearsTheFirstAndTheLast(t *testing.T) {
	for name, c := range map[string]struct {
		opts []zmq.Option
		want []string
	}{
		"plain":    {nil, []string{"\x01a", "\x00a", "\x01end"}},
		"verbose":  {[]zmq.Option{zmq.WithXPubVerbose(true)}, []string{"\x01a", "\x01a", "\x01a", "\x00a", "\x01end"}},
		"verboser": {[]zmq.Option{zmq.WithXPubVerboser(true)}, []string{"\x01a", "\x01a", "\x01a", "\x00a", "\x00a", "\x01end"}},
		"verbose, no longer verboser": {[]zmq.Option{zmq.WithXPubVerboser(true), zmq.WithXPubVerbose(true)},
			[]string{"\x01a", "\x01a", "\x01a", "\x00a", "\x01end"}},
	} {
		t.Run(name, func(t *testing.T) {
			onEachMeeting(t, func(w *world, meet join) {
				xpub, one, two := w.socket(zmq.XPUB, c.opts...), w.socket(zmq.XSUB), w.socket(zmq.XSUB)
				meet(xpub, one, two)
				w.must(errors.Join(one.WaitConnected(w.ctx, 1), two.WaitConnected(w.ctx, 1)))
				next := 0
				hears := func(does bool) {
					w.Helper()
					if does {
						w.want(xpub, c.want[next])
						next++
					}
				}
				// Each peer is through before the other goes on: what it passes on
				// shows it.
				w.send(one, "\x01a")
				hears(true)
				w.send(one, "\x01a") // duplicates are passed on, but counted once
				hears(name != "plain")
				w.through(one, xpub)
				w.send(two, "\x01a")
				hears(name != "plain")
				w.through(two, xpub)
				w.send(one, "\x00a")
				w.send(one, "\x00a")
				hears(name == "verboser")
				w.through(one, xpub)
				w.send(two, "\x00a")
				hears(true)
				w.send(two, "\x01end")
				hears(true)
				w.wantNothing(xpub)
			})
		})
	}
}

// through passes a message upstream, behind what was subscribed before.
func (w *world) through(xsub, xpub *zmq.Socket) {
	w.Helper()
	w.send(xsub, "through")
	w.want(xpub, "through")
}

// edge case 199: what has connected over a wire keeps its queue, and so what its peer
// has asked for.
func TestXPubHearsOfTheGone(t *testing.T) {
	for _, verboser := range []bool{false, true} {
		run := func(w *world, meet join) { hearOfTheGone(w, meet, verboser) }
		onEachOrder(t, true, run)
		onOrders(t, words["inproc"], false, run)
	}
}

func hearOfTheGone(w *world, meet join, verboser bool) {
	xpub, gone, stays := w.socket(zmq.XPUB, zmq.WithXPubVerboser(verboser)), w.socket(zmq.SUB), w.socket(zmq.SUB)
	meet(xpub, gone, stays)
	w.must(stays.Subscribe("shared"))
	w.want(xpub, "\x01shared")
	w.must(gone.Subscribe("own"))
	w.want(xpub, "\x01own")
	w.must(gone.Subscribe("shared"))
	if verboser {
		w.want(xpub, "\x01shared")
	} else {
		w.must(gone.Subscribe("behind"))
		w.want(xpub, "\x01behind")
	}
	w.must(gone.Close())
	want := map[string]bool{"\x00own": true, "\x00behind": true}
	if verboser {
		want = map[string]bool{"\x00own": true, "\x00shared": true}
	}
	for range 2 {
		m := w.recv(xpub)
		if !want[m[0]] {
			w.Errorf("heard %q", m)
		}
		delete(want, m[0])
	}
	w.send(xpub, "shared", "still")
	w.want(stays, "shared", "still")
}

// edge cases 200 and 201
func TestXPubManualChoosesTopics(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		xpub, one, two := w.socket(zmq.XPUB, zmq.WithXPubManual(true)), w.socket(zmq.SUB), w.socket(zmq.SUB)
		w.must(xpub.Unsubscribe("nobody asked"))
		for sub, topic := range map[*zmq.Socket]string{one: "1", two: "2"} {
			w.must(sub.Subscribe(""))
			meet(xpub, sub)
			w.want(xpub, "\x01")
			w.must(xpub.Subscribe("for " + topic))
		}
		w.send(xpub, "", "for nobody")
		w.send(xpub, "for 1")
		w.send(xpub, "for 2")
		w.want(one, "for 1")
		w.want(two, "for 2")
		w.must(xpub.Set(zmq.WithXPubManualLastValue(true)))
		w.must(one.Subscribe("more"))
		w.want(xpub, "\x01more")
		w.must(xpub.Subscribe("all"))
		w.send(xpub, "all", "the last value, to one only")
		w.want(one, "all", "the last value, to one only")
		w.must(two.Subscribe("more"))
		w.want(xpub, "\x01more")
		w.must(xpub.Subscribe("all"))
		w.send(xpub, "all", "the last value, to two only")
		w.send(xpub, "all", "to both")
		w.want(two, "all", "the last value, to two only")
		w.want(two, "all", "to both")
		w.want(one, "all", "to both")
	})
}

// edge case 202
func TestWelcomeComesFirst(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		xpub := w.socket(zmq.XPUB, zmq.WithXPubWelcomeMsg([]byte("welcome")))
		hears, deaf := w.socket(zmq.SUB, zmq.WithSubscribe("wel")), w.socket(zmq.SUB, zmq.WithSubscribe("other"))
		meet(xpub, hears, deaf)
		w.want(hears, "welcome")
		w.must(xpub.WaitSubscribed(w.ctx, 2))
		w.send(xpub, "other")
		w.want(deaf, "other")
	})
}

// edge case 203
func TestTopicsInLaterParts(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		xpub, xsub := w.socket(zmq.XPUB), w.socket(zmq.XSUB)
		meet(xpub, xsub)
		w.must(xsub.WaitConnected(w.ctx, 1))
		w.send(xsub, "first", "\x01a")
		w.want(xpub, "first", "\x01a")
		w.send(xpub, "b")
		w.send(xpub, "a", "b")
		w.want(xsub, "a", "b")
	})
	onEachMeeting(t, func(w *world, meet join) {
		xpub, xsub := w.socket(zmq.XPUB, zmq.WithOnlyFirstSubscribe(true)), w.socket(zmq.XSUB, zmq.WithOnlyFirstSubscribe(true))
		meet(xpub, xsub)
		w.must(xsub.WaitConnected(w.ctx, 1))
		w.send(xsub, "first", "\x01a")
		w.want(xpub, "first", "\x01a")
		w.send(xsub, "\x01b")
		w.want(xpub, "\x01b")
		w.send(xpub, "a")
		w.send(xpub, "b")
		w.want(xsub, "b")
	})
	onBothEnds(t, zmq.XSUB, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "XPUB")
		w.must(s.WaitConnected(w.ctx, 1))
		w.send(s, "\x01a")
		w.send(s, "\x01a")
		w.send(s, "first", "\x00a") // is no withdrawal, of which only the last goes out
		p.want(frame2("\x01a") + frame2("\x01a") + "\x01\x05first" + frame2("\x00a"))
	}, zmq.WithOnlyFirstSubscribe(true))
}

// edge case 205
func TestXSubDoesNotFilter(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		xpub, xsub := w.socket(zmq.XPUB, zmq.WithXPubManual(true)), w.socket(zmq.XSUB)
		meet(xpub, xsub)
		w.send(xsub, "\x01a")
		w.want(xpub, "\x01a")
		w.must(xpub.Subscribe("what nobody wanted"))
		w.send(xpub, "what nobody wanted")
		w.want(xsub, "what nobody wanted")
	})
}

// edge case 205
func TestInvertMatching(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		pub, sub := w.socket(zmq.PUB, zmq.WithInvertMatching(true)), w.socket(zmq.SUB, zmq.WithInvertMatching(true), zmq.WithSubscribe("a"))
		meet(pub, sub)
		w.must(pub.WaitSubscribed(w.ctx, 1))
		w.send(pub, "ab")
		w.send(pub, "b")
		w.want(sub, "b")
	})
}

// edge cases 193 and 195
func TestXPubAtHWM(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		big := make([]byte, 1<<20)
		xpub := w.socket(zmq.XPUB, zmq.WithSendHWM(3), zmq.WithXPubNoDrop(true))
		stopped, reader := w.socket(zmq.SUB, zmq.WithRecvHWM(3)), w.socket(zmq.SUB, zmq.WithRecvHWM(3))
		meet(xpub, stopped, reader)
		w.must(stopped.Subscribe("big"))
		w.want(xpub, "\x01big")
		n := w.fill(xpub, []byte("big"), big)
		w.must(reader.Subscribe("small"))
		w.want(xpub, "\x01small")
		w.send(xpub, "small") // whom it does not match it does not wait for
		w.want(reader, "small")
		w.must(xpub.Set(zmq.WithXPubNoDrop(false)))
		for dropped(w, xpub) == 0 {
			w.send(xpub, "big", string(big)) // the kernel takes some more, perhaps
		}
		for range n {
			if m := w.recv(stopped); len(m) != 2 || len(m[1]) != len(big) {
				w.Fatalf("received %d frames", len(m))
			}
		}
		for {
			w.send(xpub, "big", "again")
			if m, err := stopped.TryRecv(); err == nil {
				if string(m.Frame(1)) == "again" {
					return
				}
			}
		}
	})
}

// edge case 197
func TestXSubPassesWithdrawalsOn(t *testing.T) {
	for verbose, withdrawn := range map[bool]int{false: 1, true: 2} {
		onBothEnds(t, zmq.XSUB, func(w *world, s *zmq.Socket, p *peer) {
			p.shake(1, "XPUB")
			w.must(s.WaitConnected(w.ctx, 1))
			for _, m := range []string{"\x01a", "\x01a", "\x00a", "\x00a", "\x01end"} {
				w.send(s, m)
			}
			p.want(frame2("\x01a") + frame2("\x01a") + strings.Repeat(frame2("\x00a"), withdrawn) + frame2("\x01end"))
		}, zmq.WithXSubVerboseUnsubscribe(verbose))
	}
}
