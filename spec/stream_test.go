// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"errors"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// edge case 211
func TestStreamTalksRaw(t *testing.T) {
	for _, notify := range []bool{true, false} {
		onEachEnd(t, func(w *world, meet byHand) { talkRaw(w, meet, notify) })
	}
}

func talkRaw(w *world, meet byHand, notify bool) {
	s := w.socket(zmq.STREAM, zmq.WithStreamNotify(notify))
	if e, err := s.Ready(); e != zmq.PollOut || err != nil {
		w.Errorf("without a peer it is ready for %v, %v", e, err)
	}
	w.wantError("send to nobody", s.TrySend([]byte("nobody"), []byte("x")), zmq.ErrHostUnreach)
	var last string
	for _, closes := range []string{"here", "there"} {
		p := meet(s)
		p.say("GET / HTTP/1.0\r\n\r\n")
		m := w.recv(s)
		id := m[0]
		if len(id) != 5 || id[0] != 0 || id == last {
			w.Errorf("the name is %q, after %q", id, last)
		}
		last = id
		if notify {
			if m[1] != "" {
				w.Fatalf("first came %q", m)
			}
			m = w.recv(s)
		}
		if m[0] != id || m[1] != "GET / HTTP/1.0\r\n\r\n" {
			w.Errorf("received %q", m)
		}
		w.send(s, id, "HTTP/1.0 200 OK\r\n")
		p.want("HTTP/1.0 200 OK\r\n")
		if closes == "here" {
			w.send(s, id, "")
			p.wantEnd()
		} else {
			_ = p.Close()
			if notify {
				w.want(s, id, "")
			}
			if p.l != nil {
				return // it connects again: that is edge case 212
			}
		}
		for !errors.Is(s.TrySend([]byte(id), []byte("x")), zmq.ErrHostUnreach) {
			w.must(w.ctx.Err())
		}
	}
	w.wantNothing(s)
}

// edge case 212
func TestStreamKeepsTheNameOfAConnect(t *testing.T) {
	const routingID = 5 // ZMQ_ROUTING_ID: who the last connect has made
	for _, chosen := range []string{"", "chosen"} {
		onEachWire(t, func(w *world) {
			l, ep := w.listen()
			early := true
			s := w.socket(zmq.STREAM, zmq.WithReconnectInterval(time.Millisecond))
			if chosen != "" {
				w.must(s.Set(zmq.WithConnectRoutingID([]byte(chosen))))
			}
			w.must(s.Connect(ep))
			id := chosen
			if chosen == "" {
				value, err := s.SockOpt(routingID)
				w.must(err)
				id = string(value)
			}
			w.send(s, id, "early") // before the connection is there
			for range 3 {
				p := w.accept(l)
				w.want(s, id, "")
				w.send(s, id, "hello")
				if early {
					p.want("early")
					early = false
				}
				p.want("hello")
				p.say("hello yourself")
				w.want(s, id, "hello yourself")
				_ = p.Close()
				w.want(s, id, "")
			}
		})
	}
}

// TestRouterTalksRaw: ROUTER_RAW is STREAM without its notices (edge case 211).
func TestRouterTalksRaw(t *testing.T) {
	onBothEnds(t, zmq.ROUTER, func(w *world, s *zmq.Socket, p *peer) {
		p.say("hello")
		m := w.recv(s)
		if len(m) != 2 || len(m[0]) != 5 || m[1] != "hello" {
			w.Fatalf("received %q", m)
		}
		w.send(s, m[0], "hello yourself")
		p.want("hello yourself")
	}, zmq.WithRouterRaw(true))
}
