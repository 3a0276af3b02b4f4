// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// ping is a PING that promises another one, or anything, within so many
// deciseconds.
func ping(deciseconds uint16) string {
	return command("PING", string([]byte{byte(deciseconds >> 8), byte(deciseconds)}))
}

// timedOut waits for the end of a connection, which is to be by time.
func (w *world) timedOut(events iter.Seq[zmq.Event]) {
	w.Helper()
	for e := range events {
		var timeout interface{ Timeout() bool }
		if !errors.As(e.Err, &timeout) || !timeout.Timeout() {
			w.Errorf("it ends by %v", e.Err)
		}
		return
	}
}

// edge case 45
func TestHeartbeatTimeoutIsTheInterval(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		s := w.socket(zmq.PULL, zmq.WithHeartbeatInterval(moment))
		events := s.Events(w.ctx, zmq.EventDisconnected)
		p := meet(s)
		p.shake(1, "PUSH")
		// What is set later is for connections that come later.
		w.must(s.Set(zmq.WithHeartbeatTimeout(patience), zmq.WithHeartbeatInterval(patience)))
		p.want(ping(0))
		p.wantEnd()
		w.timedOut(events)
	})
}

// edge case 46
func TestTimeToLiveIsInDeciseconds(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		s := w.socket(zmq.PULL, zmq.WithHeartbeatInterval(time.Millisecond), zmq.WithHeartbeatTimeout(patience))
		for set, want := range map[time.Duration]time.Duration{99: 0, 100: 100, 150: 100, 199: 100, 6553599: 6553500} {
			w.must(s.Set(zmq.WithHeartbeatTTL(set * time.Millisecond)))
			if got := s.Options().HeartbeatTTL; got != want*time.Millisecond {
				w.Errorf("%d ms became %v", set, got)
			}
		}
		for _, set := range []time.Duration{6553600, -1, -50, -100} { // libzmq takes -50 for 0
			w.wantError(fmt.Sprint(int(set), " ms"), s.Set(zmq.WithHeartbeatTTL(set*time.Millisecond)), zmq.ErrInvalid)
			value := binary.NativeEndian.AppendUint32(nil, uint32(int32(set)))
			w.wantError(fmt.Sprint("by number ", int(set)), s.SetSockOpt(76, value), zmq.ErrInvalid)
		}
		for set, want := range map[time.Duration]uint16{99: 0, 250: 2, 65500: 655, 65600: 655} { // edge case 47
			w.must(s.Set(zmq.WithHeartbeatTTL(set * time.Millisecond)))
			p := meet(s)
			p.shake(1, "PUSH")
			p.want(ping(want))
		}
	})
}

// edge case 48
func TestAnythingStopsTheTimeToLive(t *testing.T) {
	cases := []struct {
		first  uint16
		behind string // the first PING
		ends   bool
	}{
		{1, "", true}, {600, ping(1), true}, // nothing, and a PING that promises less
		{1, "\x00\x01x", false}, {1, "\x01\x01x", false}, {1, command("PONG", ""), false},
		{1, command("WHAT", ""), false}, {1, ping(0), false},
	}
	for typ, kind := range map[zmq.SocketType]string{zmq.PULL: "PUSH", zmq.XPUB: "XSUB"} { // read in bulk, and frame by frame
		onEachEnd(t, func(w *world, meet byHand) {
			var sockets []*zmq.Socket
			var peers []*peer
			for range len(cases) + 1 {
				s := w.socket(typ)
				p := meet(s)
				p.shake(1, kind)
				sockets, peers = append(sockets, s), append(peers, p)
			}
			for i, c := range cases {
				peers[i].say(ping(c.first) + c.behind)
				peers[i].want(command("PONG", ""))
			}
			last := peers[len(cases)]
			last.say(ping(1)) // is given up later than the others would be
			last.wantEnd()
			for i, c := range cases {
				if c.ends {
					peers[i].wantEnd()
					continue
				}
				peers[i].say(frame2("still"))
				for m := []string{""}; m[len(m)-1] != "still"; {
					m = w.recv(sockets[i])
				}
			}
		})
	}
}

// edge case 53
func TestAfterSilenceItConnectsAgain(t *testing.T) {
	for name, opts := range map[string][]zmq.Option{
		"TTL": nil, "timeout": {zmq.WithHeartbeatInterval(moment)},
	} {
		t.Run(name, func(t *testing.T) {
			onEachWire(t, func(w *world) {
				l, ep := w.listen()
				s := w.socket(zmq.PULL, append(opts, zmq.WithReconnectInterval(time.Millisecond))...)
				w.must(s.Connect(ep))
				p := w.accept(l)
				events := s.Events(w.ctx, zmq.EventDisconnected|zmq.EventConnectRetried|zmq.EventHandshakeSucceeded)
				p.shake(1, "PUSH")
				p.say(ping(1))
				p.wantEnd()
				p = w.accept(l)
				p.shake(1, "PUSH")
				p.say(frame2("again"))
				w.want(s, "again")
				got := until(events, zmq.EventConnectRetried)
				if want := []zmq.EventType{zmq.EventHandshakeSucceeded, zmq.EventDisconnected, zmq.EventConnectRetried}; !slices.Equal(got, want) {
					w.Errorf("events %v, want %v", got, want)
				}
			})
		})
	}
}
