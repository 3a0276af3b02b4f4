// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// edge cases 166 and 167: what comes before what, on either side.
func TestOrderOfEvents(t *testing.T) {
	const began = zmq.EventConnected
	for name, c := range map[string]struct {
		speech string
		want   []zmq.EventType
	}{
		"a peer":     {greeting(3, 1) + ready("PULL"), []zmq.EventType{zmq.EventHandshakeSucceeded, zmq.EventDisconnected}},
		"silence":    {"", []zmq.EventType{zmq.EventHandshakeFailedNoDetail, zmq.EventDisconnected}},
		"half of it": {greeting(3, 1), []zmq.EventType{zmq.EventHandshakeFailedNoDetail, zmq.EventDisconnected}},
		"nonsense":   {signature + "\x03\x01NONE" + strings.Repeat("\x00", 48), []zmq.EventType{zmq.EventHandshakeFailedProtocol, zmq.EventDisconnected}},
	} {
		t.Run(name, func(t *testing.T) {
			onEachEnd(t, func(w *world, meet byHand) {
				s := w.socket(zmq.PUSH)
				succeeded := s.Events(w.ctx, zmq.EventHandshakeSucceeded)
				events := s.Events(w.ctx, zmq.EventAll)
				p := meet(s)
				p.say(c.speech)
				if name == "a peer" {
					until(succeeded, zmq.EventHandshakeSucceeded)
				}
				_ = p.Close()
				first, last := zmq.EventAccepted, zmq.EventDisconnected
				want := append([]zmq.EventType{first}, c.want...)
				if p.l != nil {
					first, want[0] = began, began
					if name != "nonsense" {
						last, want = zmq.EventConnectRetried, append(want, zmq.EventConnectRetried)
					}
				}
				if got := between(events, first, last); !slices.Equal(got, want) {
					w.Errorf("events %v, want %v", got, want)
				}
			})
		})
	}
	onBothEnds(t, zmq.PUSH, func(w *world, s *zmq.Socket, p *peer) {
		if p.l == nil {
			return
		}
		other := w.socket(zmq.PUSH)
		events := other.Events(w.ctx, zmq.EventAll)
		w.must(other.Connect(p.ep))
		got := until(events, began)
		if want := []zmq.EventType{zmq.EventConnectDelayed, began}; w.wire == "tcp" && !slices.Equal(got, want) {
			w.Errorf("events %v, want %v", got, want)
		}
	})
}

// edge cases 169 and 171: whoever ends a connection is not told so; the last event is
// that there are no more.
func TestNoDisconnectedOfOnesOwn(t *testing.T) {
	for _, early := range []string{"disconnect", "close"} {
		onMeetings(t, wires, func(w *world, meet join) {
			s, err := w.zc.NewSocket(zmq.PUSH)
			w.must(err)
			events := s.Events(w.ctx, zmq.EventAll)
			meet(s, w.socket(zmq.PULL))
			w.must(s.WaitConnected(w.ctx, 1))
			if ep := s.LastEndpoint(); early == "disconnect" && s.Disconnect(ep) != nil {
				w.must(s.Unbind(ep))
			}
			w.must(s.Close())
			if got := until(events, zmq.EventMonitorStopped); slices.Contains(got, zmq.EventDisconnected) {
				w.Errorf("the events are %v", got)
			}
		})
	}
}

// edge case 142: differs, there is no CLOSED before it.
func TestFailedBindIsTold(t *testing.T) {
	onEachWire(t, func(w *world) {
		ep := "ipc://" + w.TempDir() + "/no/such/directory"
		if w.wire == "tcp" {
			_, ep = w.bound(zmq.PULL, w.any())
		}
		w.over(ep, true, true)
		s := w.socket(zmq.PULL)
		events := s.Events(w.ctx, zmq.EventAll)
		bound := s.Bind(ep)
		if bound == nil {
			w.Fatal("it is bound")
		}
		for e := range events {
			if e.Type != zmq.EventBindFailed || e.Local != ep || e.Err == nil || !errors.Is(bound, zmq.Errno(e.Value)) {
				w.Errorf("the event is %v of %q with %d, %v; Bind says %v", e.Type, e.Local, e.Value, e.Err, bound)
			}
			break
		}
	})
}

// edge case 165: whoever does not look misses the oldest, and holds nobody up.
func TestNobodyWaitsForTheWatcher(t *testing.T) {
	onMeetings(t, wires, func(w *world, meet join) {
		in, out := w.socket(zmq.PULL), w.socket(zmq.PUSH)
		events := in.Events(w.ctx, zmq.EventAll)
		w.must(in.Monitor("inproc://nobody connects", zmq.EventAll, 2, zmq.PAIR))
		meet(in, out)
		w.send(out, "x")
		w.want(in, "x")
		until(events, zmq.EventHandshakeSucceeded)
	})
}

// edge case 173
func TestPipesAreCounted(t *testing.T) {
	onEachMeeting(t, func(w *world, meet join) {
		in, out := w.socket(zmq.PULL), w.socket(zmq.PUSH)
		w.wantError("without a watcher", in.PipesStats(w.ctx), zmq.ErrInvalid)
		events := in.Events(w.ctx, zmq.EventPipesStats)
		w.wantError("without a queue", in.PipesStats(w.ctx), zmq.ErrAgain)
		meet(in, out)
		for _, text := range []string{"a", "b", "c"} {
			w.send(out, text)
		}
		w.want(in, "a")
		for st, err := in.Stats(w.ctx); st.QueuedIn != 2; st, err = in.Stats(w.ctx) { // until all are here
			w.must(err)
		}
		w.must(in.PipesStats(w.ctx))
		for e := range events {
			if e.Inward != 2 || e.Value != 0 {
				w.Errorf("%d messages wait to be received and %d to be sent", e.Inward, e.Value)
			}
			break
		}
	})
}

// edge case 143: whoever binds to a path takes it over.
func TestIPCPathIsTakenOver(t *testing.T) {
	w := newWorld(t)
	ep := w.free("ipc")
	first, _ := w.bound(zmq.PULL, ep)
	w.send(w.connected(zmq.PUSH, ep), "to the first")
	w.must(first.WaitConnected(w.ctx, 1))
	second, _ := w.bound(zmq.PULL, ep)
	w.send(w.connected(zmq.PUSH, ep), "to the second")
	w.want(first, "to the first")
	w.want(second, "to the second")
	w.must(first.Shutdown(w.ctx)) // leaves what is no longer its file alone
	w.send(w.connected(zmq.PUSH, ep), "to the second again")
	w.want(second, "to the second again")
	file := strings.TrimPrefix(w.free("ipc"), "ipc://")
	w.must(os.WriteFile(file, []byte("precious"), 0o600))
	w.wantError("bind where a file is", w.socket(zmq.PULL).Bind("ipc://"+file), zmq.ErrAddrInUse) // differs
}

// edge case 144
func TestIPCNamesWithoutFile(t *testing.T) {
	if !abstract {
		t.Skip("this system has no such names")
	}
	for _, bindFirst := range []bool{true, false} {
		w := newWorld(t)
		ep := fmt.Sprintf("ipc://@zeroloop-spec-%d-%t", os.Getpid(), bindFirst)
		in, out := w.socket(zmq.PULL), w.socket(zmq.PUSH)
		w.together(bindFirst, false, ep, in, out)
		w.over(ep, true, bindFirst)
		w.over(ep, false, bindFirst)
		w.send(out, "x")
		w.want(in, "x")
		p := w.dial(ep) // no byte of zero is behind the name
		p.shake(1, "PUSH")
		p.say(frame2("y"))
		w.want(in, "y")
	}
}

// edge case 155
func TestAcceptFiltersRefuse(t *testing.T) {
	onEachWire(t, func(w *world) {
		yes, no := zmq.WithTCPAcceptFilters("192.0.2.1", "127.0.0.0/8"), zmq.WithTCPAcceptFilters("127.0.0.2", "::1", "::ffff:0:0/96")
		if w.wire == "ipc" {
			yes, no = zmq.WithIPCFilter(zmq.IPCFilter{UIDs: []int{os.Getuid()}}), zmq.WithIPCFilter(zmq.IPCFilter{UIDs: []int{os.Getuid() + 1}})
		}
		s, ep := w.bound(zmq.PULL, w.any(), yes)
		p := w.dial(ep)
		p.shake(1, "PUSH")
		p.say(frame2("x"))
		w.want(s, "x")
		s, ep = w.bound(zmq.PULL, w.any(), no)
		events := s.Events(w.ctx, zmq.EventAccepted|zmq.EventAcceptFailed)
		w.dial(ep).wantEnd()
		if got := until(events, zmq.EventAcceptFailed); len(got) != 1 {
			w.Errorf("the events are %v", got)
		}
	})
}

// edge case 154: two connections from one port.
func TestSourceAddress(t *testing.T) {
	for _, late := range []bool{false, true} {
		w := newWorld(t)
		w.late = late
		_, source := w.port()
		for range 2 {
			l, ep := w.listen()
			s := w.connected(zmq.PUSH, "tcp://127.0.0.1:"+source+";"+strings.TrimPrefix(ep, "tcp://"), zmq.WithReconnectInterval(time.Millisecond))
			p := w.accept(l)
			if got := p.RemoteAddr().String(); got != "127.0.0.1:"+source {
				t.Errorf("it comes from %s, not from port %s", got, source)
			}
			p.shake(1, "PULL")
			w.send(s, "x")
			p.want(frame2("x"))
		}
	}
}

// edge case 152
func TestReconnectStops(t *testing.T) {
	gone := func(w *world, s *zmq.Socket, ep string) {
		w.Helper()
		for w.peers(s) > 0 {
		}
		w.wantError("disconnect from what was given up", s.Disconnect(ep), zmq.ErrNoEnt)
	}
	onEachWire(t, func(w *world) {
		l, ep := w.listen()
		s := w.socket(zmq.PUSH, zmq.WithReconnectStop(zmq.StopHandshakeFailed), zmq.WithReconnectInterval(time.Millisecond))
		events := s.Events(w.ctx, zmq.EventConnectRetried)
		w.must(s.Connect(ep))
		_ = w.accept(l).Close()
		gone(w, s, ep)
		w.must(s.Connect(ep))
		p := w.accept(l)
		p.shake(1, "PULL")
		_ = p.Close() // after the handshake it is no reason
		until(events, zmq.EventConnectRetried)
	})
	for _, wire := range wires {
		w := newWorldOn(t, wire)
		ep := w.free(wire)
		if path, ok := strings.CutPrefix(ep, "ipc://"); ok {
			l, err := net.Listen("unix", path)
			w.must(err)
			l.(*net.UnixListener).SetUnlinkOnClose(false) // who finds the file is refused
			w.must(l.Close())
		}
		s := w.socket(zmq.PUSH, zmq.WithReconnectStop(zmq.StopConnRefused), zmq.WithReconnectInterval(time.Millisecond))
		w.must(s.Connect(ep))
		gone(w, s, ep)
		// AFTER_DISCONNECT: it does not linger.
		s, err := w.zc.NewSocket(zmq.PUSH, zmq.WithReconnectStop(zmq.StopAfterDisconnect), zmq.WithLinger(zmq.Forever))
		w.must(err)
		w.must(s.Connect(ep))
		w.send(s, "to nobody")
		w.must(errors.Join(s.Disconnect(ep), s.Close()))
	}
}
