// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

func (w *world) publish(radio *zmq.Socket, group, text string) {
	w.Helper()
	m := zmq.NewMsg([]byte(text))
	w.must(m.SetGroup(group))
	w.must(radio.SendMsg(w.ctx, &m))
}

func (w *world) wantOf(dish *zmq.Socket, group, text string) {
	w.Helper()
	m, err := dish.Recv(w.ctx)
	w.must(err)
	if m.Len() != 1 || string(m.Bytes()) != text || m.Group() != group {
		w.Fatalf("received %.20q of %.20q, want %.20q of %.20q", m.Frames(), m.Group(), text, group)
	}
}

// joined publishes to a group until it is heard, up to the last that was.
func (w *world) joined(radio, dish *zmq.Socket, group string) {
	w.Helper()
	for ignore(dish.TryRecv()) != nil {
		w.must(w.ctx.Err())
		w.publish(radio, group, "there?")
	}
	w.publish(radio, group, "there!")
	for w.recv(dish)[0] != "there!" {
	}
}

// edge case 209
func TestDishHearsItsGroups(t *testing.T) {
	longest := strings.Repeat("g", 255)
	onEachMeeting(t, func(w *world, meet join) {
		radio, dish := w.socket(zmq.RADIO), w.socket(zmq.DISH)
		for _, group := range []string{"early", "leaves", longest} {
			w.must(dish.Join(group))
		}
		w.wantError("join twice", dish.Join("early"), zmq.ErrInvalid)
		meet(radio, dish)
		w.joined(radio, dish, "early")
		w.must(dish.Join("late"))
		w.joined(radio, dish, "late")
		w.must(dish.Leave("leaves"))
		big := strings.Repeat("x", 100_000)
		for _, group := range []string{"leaves", "none", "earl", "", "earlyy"} {
			w.publish(radio, group, "not for us")
		}
		w.publish(radio, longest, big)
		w.publish(radio, "late", "")
		w.wantOf(dish, longest, big)
		w.wantOf(dish, "late", "")
		w.wantNothing(dish)
	})
}

// edge case 209: on the wire it is a name and a body, and a command to join.
func TestGroupsAreCommands(t *testing.T) {
	onBothEnds(t, zmq.DISH, func(w *world, s *zmq.Socket, p *peer) {
		w.must(s.Join("one"))
		p.shake(1, "RADIO")
		p.want(command("JOIN", "one"))
		w.must(s.Join("two"))
		p.want(command("JOIN", "two"))
		w.must(s.Leave("one"))
		p.want(command("LEAVE", "one"))
		p.say("\x01\x03one" + frame2("no") + "\x01\x03two" + frame2("yes"))
		w.wantOf(s, "two", "yes")
	})
	onBothEnds(t, zmq.RADIO, func(w *world, s *zmq.Socket, p *peer) {
		sent := func() uint64 {
			st, err := s.Stats(w.ctx)
			w.must(err)
			return st.Sent
		}
		known := func(group string) { // once something of it goes out
			for before := sent(); sent() == before; {
				w.publish(s, group, "ripe")
			}
		}
		next := func(group, text string) {
			w.Helper()
			want := "\x01\x01" + group + frame2(text)
			for got := ""; got != want; {
				if got = p.hear(len(want)); got[3:] != frame2("ripe") && got != want {
					w.Fatalf("on the wire is %q, want %q", got, want)
				}
			}
		}
		p.shake(1, "DISH")
		// Whoever joins twice hears it once, and leaves at once: differs.
		p.say(command("JOIN", "a") + command("JOIN", "a") + command("JOIN", "b"))
		known("b")
		for _, group := range []string{"a", "x", "b"} {
			w.publish(s, group, "all!")
		}
		next("a", "all!")
		next("b", "all!")
		p.say(command("LEAVE", "a") + command("JOIN", "c"))
		known("c")
		w.publish(s, "a", "left")
		w.publish(s, "b", "last")
		next("b", "last")
	})
}

// edge case 210
func TestDishWantsAGroupAndABody(t *testing.T) {
	for _, bad := range []string{
		"\x00\x01g", "\x01\x01g\x01\x01b", "\x03" + size8(256) + strings.Repeat("g", 256), "\x02" + size8(1<<20) + strings.Repeat("x", 1<<20),
	} {
		onBothEnds(t, zmq.DISH, func(w *world, s *zmq.Socket, p *peer) {
			w.must(s.Join("g"))
			p.shake(1, "RADIO")
			p.say("\x01\x01g" + frame2("good"))
			w.wantOf(s, "g", "good")
			p.say(bad)
			p.wantEnd()
			w.notAgain(p)
			w.wantNothing(s)
		})
	}
}

// edge case 208: who is connected to has its name before there is a connection.
func TestPeerIsNamedAtOnce(t *testing.T) {
	for transport := range transports {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprint(transport, "/bind first ", first), func(t *testing.T) {
				w := newWorld(t)
				ep, a, b := w.free(transport), w.socket(zmq.PEER), w.socket(zmq.PEER)
				w.over(ep, false, first)
				if first {
					w.must(b.Bind(ep))
				}
				id, err := a.ConnectPeer(ep)
				w.must(err)
				w.sendTo(a, id, "early")
				if !first {
					w.must(b.Bind(ep))
				}
				m, err := b.Recv(w.ctx)
				w.must(err)
				if string(m.Bytes()) != "early" {
					w.Errorf("received %q", m.Frames())
				}
				w.sendTo(b, m.RoutingID(), "reply")
				if m, err = a.Recv(w.ctx); err != nil || m.RoutingID() != id || string(m.Bytes()) != "reply" {
					w.Errorf("received %q from %d, %v; want from %d", m.Frames(), m.RoutingID(), err, id)
				}
			})
		}
	}
}

func (w *world) sendTo(s *zmq.Socket, id uint32, text string) {
	w.Helper()
	m := zmq.NewMsg([]byte(text))
	w.must(errors.Join(m.SetRoutingID(id), s.SendMsg(w.ctx, &m)))
}

// edge case 207: the names are numbers, and none of them is 0.
func TestServerNamesItsClients(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		server := w.socket(zmq.SERVER, zmq.WithSendHWM(1))
		seen := map[uint32]bool{0: true}
		for range 3 {
			client := w.socket(zmq.CLIENT, zmq.WithRecvHWM(1))
			meet(server, client)
			w.send(client, "here")
			m, err := server.Recv(w.ctx)
			w.must(err)
			id := m.RoutingID()
			if seen[id] {
				w.Errorf("another one is %d", id)
			}
			seen[id] = true
			w.sendTo(server, id, "answer")
			w.want(client, "answer")
			for err = nil; err == nil; { // until there is no room
				m = zmq.NewMsg(make([]byte, 1<<20))
				w.must(m.SetRoutingID(id))
				err = server.TrySendMsg(&m)
			}
			w.wantError("to a full one", err, zmq.ErrAgain)
		}
		m := zmq.NewMsg(nil)
		for id := uint32(1); ; id++ {
			if !seen[id] {
				w.must(m.SetRoutingID(id))
				break
			}
		}
		w.wantError("to nobody", server.TrySendMsg(&m), zmq.ErrHostUnreach)
	})
}
