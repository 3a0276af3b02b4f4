// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// edge case 93
func TestDroppedMessagesGiveTheirRoomBack(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.socket(zmq.XSUB, zmq.WithSendHWM(2), zmq.WithReconnectInterval(time.Millisecond))
		w.must(s.Connect(ep))
		p := w.accept(l)
		p.hear(10)    // nothing of what follows goes out before the handshake
		for range 5 { // more than there is room for
			w.send(s, "dropped")
		}
		_ = p.Close()
		p = w.accept(l)
		w.send(s, "goes out") // when the others are gone
		p.shake(1, "XPUB")
		p.want(frame2("goes out"))
	})
}

// edge case 96
func TestConflateIsForSomeTypes(t *testing.T) {
	for _, c := range []struct {
		a, b     zmq.SocketType
		conflate bool
	}{{zmq.DEALER, zmq.DEALER, true}, {zmq.PUSH, zmq.PULL, true}, {zmq.PAIR, zmq.PAIR, false}, {zmq.CLIENT, zmq.SERVER, false}} {
		t.Run(c.a.String(), func(t *testing.T) {
			onEachMeeting(t, func(w *world, meet join) {
				a, b := w.socket(c.a, zmq.WithConflate(true)), w.socket(c.b, zmq.WithConflate(true))
				meet(a, b)
				flows := func(from, to *zmq.Socket) {
					w.Helper()
					var all, got []string
					for i := range 100 { // no queue of one holds them
						w.send(from, fmt.Sprint(i))
						all = append(all, fmt.Sprint(i))
					}
					for len(got) == 0 || got[len(got)-1] != all[len(all)-1] {
						got = append(got, w.recv(to)...)
					}
					w.wantNothing(to)
					if c.conflate == slices.Equal(got, all) {
						w.Errorf("%d messages arrive", len(got))
					}
				}
				flows(a, b)
				if c.a == c.b {
					flows(b, a)
				}
			})
		})
	}
}

// edge cases 100 and 107
func TestClosingWithoutLingerCutsDisconnectShort(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.socket(zmq.PUSH, zmq.WithLinger(zmq.Forever))
		w.must(s.Connect(ep))
		p := w.accept(l)
		p.hear(10)
		w.send(s, "x")
		w.must(s.Disconnect(ep)) // lingers
		w.wantError("the second disconnect", s.Disconnect(ep), zmq.ErrNoEnt)
		p.say(greeting(3, 1))
		p.hear(54) // the session is still there
		w.must(s.Set(zmq.WithLinger(0)))
		w.must(s.Close())
		p.wantEnd()
	})
}

// edge cases 105 and 107
func TestLingerIsThatOfTheClose(t *testing.T) {
	for name, c := range map[string]struct {
		before, then time.Duration
		arrives      bool
	}{
		"longer": {0, zmq.Forever, true}, "shorter": {zmq.Forever, 0, false}, "for a while": {zmq.Forever, moment, false},
		"long enough": {0, patience, true},
	} {
		t.Run(name, func(t *testing.T) {
			onEachWire(t, func(w *world) {
				l, ep := w.listen()
				s, err := w.zc.NewSocket(zmq.PUSH, zmq.WithLinger(c.before))
				w.must(err)
				w.must(s.Connect(ep))
				p := w.accept(l)
				p.hear(10)
				w.send(s, "x")
				w.must(s.Set(zmq.WithLinger(c.then)))
				w.must(s.Close())
				if !c.arrives {
					p.wantEnd()
					return
				}
				p.say(greeting(3, 1) + ready("PULL"))
				p.hear(54)
				p.want(ready("PUSH"))
				p.want(frame2("x"))
				p.wantEnd()
			})
		})
	}
}

// edge case 132
func TestPollTakesTheSameSocketTwice(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		a, b := w.socket(zmq.PAIR), w.socket(zmq.PAIR)
		meet(a, b)
		w.send(a, "x")
		one := []zmq.PollItem{{Socket: b, Events: zmq.PollIn}}
		_, err := zmq.Poll(w.ctx, one) // until the message is there
		w.must(err)
		items := []zmq.PollItem{{Socket: b, Events: zmq.PollIn}, {Socket: b, Events: zmq.PollOut}, {Socket: b, Events: zmq.PollIn | zmq.PollOut}}
		n, err := zmq.Poll(w.ctx, items)
		w.must(err)
		if n != 3 {
			w.Errorf("%d of 3 items are ready", n)
		}
		for i, it := range items {
			if it.Ready != it.Events {
				w.Errorf("item %d: ready for %v, want %v", i, it.Ready, it.Events)
			}
		}
	})
}

// edge case 150
func TestIntervalDoublesOverFailuresInARow(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.socket(zmq.PUSH, zmq.WithReconnectInterval(2*time.Millisecond), zmq.WithReconnectIntervalMax(64*time.Millisecond))
		w.must(s.Connect(ep))
		p := w.accept(l)
		p.shake(1, "PULL")
		events := s.Events(w.ctx, zmq.EventAll) // not of attempts before
		w.must(l.Close())
		_ = p.Close()
		var intervals []int64
		for e := range events {
			if e.Type == zmq.EventConnectRetried {
				if intervals = append(intervals, e.Value); len(intervals) == 4 {
					break
				}
			}
		}
		for i, low := range []int64{2, 4, 8, 16} {
			if got := intervals[i]; got < low || got > 2*low {
				w.Errorf("retry %d comes after %d ms", i, got)
			}
		}
		again := w.boundAgain(zmq.PULL, ep)
		w.must(s.WaitConnected(w.ctx, 1))
		w.must(again.Close())
		for e := range s.Events(w.ctx, zmq.EventConnectRetried) {
			if e.Value > 4 {
				w.Errorf("the first retry after a connection comes after %d ms", e.Value)
			}
			break
		}
	})
}

// edge case 177
func TestIdentityDoesNotChangeWithTheConnection(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.socket(zmq.ROUTER, zmq.WithReconnectInterval(time.Millisecond))
		w.must(s.Connect(ep))
		for _, id := range []string{"first", "second"} {
			p := w.accept(l)
			p.say(greeting(3, 1) + command("READY", property("Socket-Type", "DEALER")+property("Identity", id)) + frame2("from "+id))
			w.want(s, "first", "from "+id)
			_ = p.Close()
		}
	})
}

// edge case 223: libzmq's getsockopt fails.
func TestBusyPollCanBeRead(t *testing.T) {
	const busyPoll = 113
	w := newWorld(t)
	s := w.socket(zmq.PULL)
	err := s.SetSockOpt(busyPoll, binary.NativeEndian.AppendUint32(nil, 50))
	if errors.Is(err, zmq.ErrInvalid) {
		return // not on this system
	}
	w.must(err)
	got, err := s.SockOpt(busyPoll)
	w.must(err)
	if binary.NativeEndian.Uint32(got) != 50 {
		t.Errorf("it is %v", got)
	}
}
