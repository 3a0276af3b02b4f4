// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// plain is a greeting of the mechanism PLAIN, hello its first command.
var (
	plain = signature + "\x03\x01PLAIN" + strings.Repeat("\x00", 47)
	hello = command("HELLO", "\x03joe\x06secret")
)

// handler binds a ZAP handler that answers all with one status.
func (w *world) handler(status string) {
	w.Helper()
	s, _ := w.bound(zmq.REP, "inproc://zeromq.zap.01")
	done := make(chan struct{})
	w.Cleanup(func() { _ = s.Close(); <-done })
	go func() {
		defer close(done)
		for m, err := range s.Messages(w.ctx) {
			if err != nil {
				return
			}
			_ = s.Send(w.ctx, []byte("1.0"), m.Frame(1), []byte(status), []byte("so it is"), []byte("joe"), nil)
		}
	}()
}

// edge cases 61 and 63
func TestTemporaryFailureIsNotTold(t *testing.T) {
	for name, c := range map[string]struct {
		opt    zmq.Option
		speech string
		answer string // before the status
	}{
		"NULL":  {zmq.WithZAPDomain("d"), greeting(3, 1) + ready("PUSH"), "\x04\x0a\x05ERROR\x03"},
		"PLAIN": {zmq.WithPlainServer(true), plain + hello, "\x04\x09^RROR\x03"}, // as libzmq writes it
	} {
		for _, status := range []string{"300", "400", "500"} {
			t.Run(name+" "+status, func(t *testing.T) {
				onEachEnd(t, func(w *world, meet byHand) {
					w.handler(status)
					s := w.socket(zmq.PULL, c.opt, zmq.WithHandshakeInterval(moment))
					events := s.Events(w.ctx, zmq.EventHandshakeFailedAuth|zmq.EventHandshakeFailedNoDetail|zmq.EventHandshakeSucceeded|zmq.EventDisconnected)
					p := meet(s)
					p.say(c.speech)
					p.hear(64)
					if status != "300" {
						p.want(c.answer + status)
					}
					p.nothingBut(w)
					got := until(events, zmq.EventDisconnected)
					if want := []zmq.EventType{zmq.EventHandshakeFailedAuth, zmq.EventDisconnected}; !slices.Equal(got, want) {
						w.Errorf("events %v, want %v", got, want)
					}
				})
			})
		}
	}
}

// nothingBut checks that a connection ends and that nothing comes before.
func (p *peer) nothingBut(w *world) {
	p.Helper()
	rest := make([]byte, 1)
	if n, err := p.Read(rest); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		w.Errorf("then comes %q, %v", rest[:n], err)
	}
}

// edge cases 61 and 79
func TestTemporaryFailureIsTriedAgain(t *testing.T) {
	onOrders(t, wires, false, func(w *world, meet join) {
		w.handler("300")
		s := w.socket(zmq.PUSH, zmq.WithPlainUsername("joe"), zmq.WithPlainPassword("secret"))
		events := s.Events(w.ctx, zmq.EventAll)
		meet(s, w.socket(zmq.PULL, zmq.WithPlainServer(true), zmq.WithHandshakeInterval(moment)))
		want := []zmq.EventType{zmq.EventConnected, zmq.EventHandshakeFailedNoDetail, zmq.EventDisconnected, zmq.EventConnectRetried}
		if got := between(events, zmq.EventConnected, zmq.EventConnectRetried); !slices.Equal(got, want) {
			w.Errorf("events %v, want %v", got, want)
		}
	})
}

// edge cases 62, 63 and 79: it is the client that closes; one that has connected does
// not do so again.
func TestReasonsOfRefusal(t *testing.T) {
	for reason, value := range map[string]int64{
		"300": 300, "400": 400, "500": 500, "": 0, "200": 0, "301": 0, "4000": 0, "40": 0, "no": 0,
	} {
		for name, greets := range map[string]string{"PLAIN": plain, "NULL": greeting(3, 1)} {
			t.Run(name+" "+reason, func(t *testing.T) {
				onEachEnd(t, func(w *world, meet byHand) {
					s := w.socket(zmq.PUSH)
					if name == "PLAIN" {
						w.must(s.Set(zmq.WithPlainUsername("joe"), zmq.WithPlainPassword("secret")))
					}
					events := s.Events(w.ctx, zmq.EventAll)
					p := meet(s)
					p.say(greets + command("ERROR", string([]byte{byte(len(reason))})+reason))
					p.wantEnd()
					var got []zmq.EventType
					for e := range events {
						if got = append(got, e.Type); e.Type == zmq.EventHandshakeFailedAuth && e.Value != value {
							w.Errorf("the value is %d", e.Value)
						}
						if e.Type == zmq.EventDisconnected {
							break
						}
					}
					began := slices.IndexFunc(got, func(typ zmq.EventType) bool { return typ == zmq.EventConnected || typ == zmq.EventAccepted })
					want := []zmq.EventType{zmq.EventHandshakeFailedAuth, zmq.EventDisconnected}
					if value == 0 {
						want = want[1:]
					}
					if !slices.Equal(got[began+1:], want) {
						w.Errorf("events %v, want %v in the end", got, want)
					}
					w.notAgain(p)
				})
			})
		}
	}
}

// edge cases 57 and 58
func TestHandlerIsToldWhoAsks(t *testing.T) {
	address := map[string]string{"tcp": "127.0.0.1", "ipc": fmt.Sprintf(":%d:%d:%d", os.Getuid(), os.Getgid(), os.Getpid())}
	onMeetings(t, wires, func(w *world, meet join) {
		h, _ := w.bound(zmq.REP, "inproc://zeromq.zap.01")
		in := w.socket(zmq.PULL, zmq.WithPlainServer(true), zmq.WithZAPDomain("d"), named("server"))
		for range 2 {
			out := w.socket(zmq.PUSH, zmq.WithPlainUsername("joe"), zmq.WithPlainPassword("secret"))
			meet(in, out)
			w.want(h, "1.0", "1", "d", address[w.wire], "server", "PLAIN", "joe", "secret")
			w.send(h, "1.0", "1", "200", "", "joe", "")
			w.send(out, "x")
			w.want(in, "x")
		}
	})
}

// edge case 58
func TestHandlerIsToldTheAddress(t *testing.T) {
	address := map[string]string{"tcp": "127.0.0.1", "ipc": fmt.Sprintf(":%d:%d:%d", os.Getuid(), os.Getgid(), os.Getpid())}
	onMeetings(t, wires, func(w *world, meet join) {
		asked := make(chan zmq.AuthRequest, 1)
		in := w.socket(zmq.PULL, zmq.WithAuthenticator(func(_ context.Context, r zmq.AuthRequest) (zmq.Identity, error) {
			asked <- r
			return zmq.Identity{}, nil
		}))
		out := w.socket(zmq.PUSH)
		meet(in, out)
		w.send(out, "x")
		w.want(in, "x")
		if r := <-asked; r.Address != address[w.wire] {
			w.Errorf("the address is %q, want %q", r.Address, address[w.wire])
		}
	})
}

// edge cases 59 and 60
func TestReplyOfHandlerMustFit(t *testing.T) {
	const malformed, badID, badVersion, badStatus, badMetadata = 0x20000001, 0x20000002, 0x20000003, 0x20000004, 0x20000005
	for _, c := range []struct {
		code  int64
		reply []string
	}{
		{malformed, []string{"1.0", "1", "200", "", ""}},
		{malformed, []string{"1.0", "1", "200", "", "", "", "more"}},
		{malformed, []string{"2.0", "2", "999"}},
		{badVersion, []string{"1.1", "1", "200", "", "", ""}},
		{badVersion, []string{"2.0", "2", "999", "", "", ""}},
		{badID, []string{"1.0", "2", "999", "", "", ""}},
		{badStatus, []string{"1.0", "1", "201", "", "", ""}},
		{badStatus, []string{"1.0", "1", "20", "", "", ""}},
		{badStatus, []string{"1.0", "1", "", "", "", ""}},
		{badMetadata, []string{"1.0", "1", "200", "", "", "\x05X-"}},
		{badMetadata, []string{"1.0", "1", "400", "any text", "", "\x05X-"}},
		{badMetadata, []string{"1.0", "1", "200", "", "", property("Socket-Type", "SUB")}},
	} {
		onEachEnd(t, func(w *world, meet byHand) {
			h, _ := w.bound(zmq.REP, "inproc://zeromq.zap.01")
			s := w.socket(zmq.PULL, zmq.WithPlainServer(true))
			events := s.Events(w.ctx, zmq.EventHandshakeFailedProtocol)
			p := meet(s)
			p.say(plain + hello)
			w.recv(h)
			w.send(h, c.reply...)
			p.wantEnd()
			for e := range events {
				if e.Value != c.code {
					w.Errorf("%q: the value is %#x, want %#x", c.reply, e.Value, c.code)
				}
				break
			}
		})
	}
}

// edge case 66
func TestPlainServerNeedsHandler(t *testing.T) {
	for name, opts := range map[string][]zmq.Option{
		"alone": nil, "with a domain": {zmq.WithZAPDomain("d")}, "enforced, without one": {zmq.WithZAPEnforceDomain(true)}, // edge case 67
	} {
		t.Run(name, func(t *testing.T) {
			onEachEnd(t, func(w *world, meet byHand) {
				s := w.socket(zmq.PULL, append(opts, zmq.WithPlainServer(true))...)
				events := s.Events(w.ctx, zmq.EventAll)
				p := meet(s)
				p.say(plain + hello)
				p.wantEnd()
				for e := range events {
					if e.Type == zmq.EventHandshakeFailedNoDetail && (e.Value != int64(zmq.ErrFault) || !errors.Is(e.Err, zmq.ErrFault)) {
						w.Errorf("it failed by %d, %v", e.Value, e.Err)
					}
					if e.Type == zmq.EventHandshakeSucceeded {
						w.Error("it came in")
					}
					if e.Type == zmq.EventDisconnected {
						break
					}
				}
			})
		})
	}
}

// edge case 68
func TestCurveNeedsHandlerOnlyWhereItIsAsked(t *testing.T) {
	server, client := keys()
	domain, enforce := zmq.WithZAPDomain("d"), zmq.WithZAPEnforceDomain(true)
	for _, c := range []struct {
		name  string
		opts  []zmq.Option
		in    bool // where there is no handler
		asked bool // where there is one
	}{
		{"alone", nil, true, true},
		{"with a domain", []zmq.Option{domain}, true, true},
		{"enforced, without a domain", []zmq.Option{enforce}, true, false},
		{"enforced", []zmq.Option{domain, enforce}, false, true},
	} {
		for _, handled := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, ", handler ", handled), func(t *testing.T) {
				onMeetings(t, wires, func(w *world, meet join) {
					admitted, value := c.in, int64(zmq.ErrFault)
					if handled {
						w.handler("400")
						admitted, value = !c.asked, 400
					}
					in, out := w.socket(zmq.PULL, append(c.opts, server...)...), w.socket(zmq.PUSH, client...)
					events := in.Events(w.ctx, zmq.EventHandshakeFailedNoDetail|zmq.EventHandshakeFailedAuth)
					meet(in, out)
					if admitted {
						w.send(out, "x")
						w.want(in, "x")
						return
					}
					for e := range events {
						if e.Value != value {
							w.Errorf("it failed by %d, %v", e.Value, e.Err)
						}
						return
					}
				})
			})
		}
	}
}

// edge case 65
func TestNullWithoutHandler(t *testing.T) {
	domain := zmq.WithZAPDomain("d")
	onMeetings(t, wires, func(w *world, meet join) {
		in, out := w.socket(zmq.PULL, domain), w.socket(zmq.PUSH)
		meet(in, out)
		w.send(out, "let in")
		w.want(in, "let in")
	})
	onEachEnd(t, func(w *world, meet byHand) {
		in := w.socket(zmq.PULL, domain, zmq.WithZAPEnforceDomain(true))
		events := in.Events(w.ctx, zmq.EventHandshakeFailedNoDetail)
		p := meet(in)
		p.say(greeting(3, 1) + ready("PUSH"))
		p.hear(64)
		p.nothingBut(w)
		for e := range events {
			if e.Value != int64(zmq.ErrFault) {
				w.Errorf("it failed by %d, %v", e.Value, e.Err)
			}
			break
		}
	})
}

// edge case 70
func TestSilentHandlerIsWaitedFor(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		h, _ := w.bound(zmq.REP, "inproc://zeromq.zap.01")
		s := w.socket(zmq.PULL, zmq.WithPlainServer(true), zmq.WithHandshakeInterval(moment))
		events := s.Events(w.ctx, zmq.EventDisconnected)
		meet(s).say(plain + hello)
		w.must(ignore(h.Recv(w.ctx)))
		w.timedOut(events)
	})
}

// edge case 70: one that goes with the question open lets nobody in.
func TestHandlerThatGoes(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		h, _ := w.bound(zmq.REP, "inproc://zeromq.zap.01")
		s := w.socket(zmq.PULL, zmq.WithPlainServer(true))
		events := s.Events(w.ctx, zmq.EventHandshakeFailedNoDetail)
		p := meet(s)
		p.say(plain + hello)
		w.must(ignore(h.Recv(w.ctx)))
		w.must(h.Close())
		p.wantEnd()
		until(events, zmq.EventHandshakeFailedNoDetail)
		w.handler("200") // a handler that comes later does
		p = p.again()
		p.say(plain + hello)
		p.hear(64)
		p.want(command("WELCOME", ""))
	})
}
