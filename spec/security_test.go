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
	"time"

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

// edge case 61
func TestTemporaryFailureIsNotTold(t *testing.T) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) {
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
						w := newWorldOn(t, wire)
						w.handler(status)
						s, ep := w.bound(zmq.PULL, w.any(), c.opt, zmq.WithHandshakeInterval(moment))
						events := s.Events(w.ctx, zmq.EventAll&^zmq.EventAccepted)
						p := w.dial(ep)
						p.say(c.speech)
						p.hear(64)
						if status != "300" {
							p.want(c.answer + status)
						}
						rest := make([]byte, 1)
						if n, err := p.Read(rest); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
							t.Errorf("then comes %q, %v", rest[:n], err)
						}
						got := until(events, zmq.EventDisconnected)
						if want := []zmq.EventType{zmq.EventHandshakeFailedAuth, zmq.EventDisconnected}; !slices.Equal(got, want) {
							t.Errorf("events %v, want %v", got, want)
						}
					})
				}
			}
		})
	}
}

// edge case 61
func TestTemporaryFailureIsTriedAgain(t *testing.T) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) {
			w := newWorldOn(t, wire)
			w.handler("300")
			_, ep := w.bound(zmq.PULL, w.any(), zmq.WithPlainServer(true), zmq.WithHandshakeInterval(moment))
			s := w.socket(zmq.PUSH, zmq.WithPlainUsername("joe"), zmq.WithPlainPassword("secret"), zmq.WithReconnectInterval(time.Millisecond))
			events := s.Events(w.ctx, zmq.EventAll)
			w.must(s.Connect(ep))
			got := until(events, zmq.EventConnectRetried)
			got = got[slices.Index(got, zmq.EventConnected):]
			if want := []zmq.EventType{zmq.EventConnected, zmq.EventHandshakeFailedNoDetail, zmq.EventDisconnected, zmq.EventConnectRetried}; !slices.Equal(got, want) {
				t.Errorf("events %v, want %v", got, want)
			}
		})
	}
}

// edge cases 62 and 63
func TestReasonsOfRefusal(t *testing.T) {
	for reason, value := range map[string]int64{
		"300": 300, "400": 400, "500": 500, "": 0, "200": 0, "301": 0, "4000": 0, "40": 0, "no": 0,
	} {
		for name, greets := range map[string]string{"PLAIN": plain, "NULL": greeting(3, 1)} {
			t.Run(name+" "+reason, func(t *testing.T) {
				w := newWorld(t)
				l, ep := w.listen()
				s := w.socket(zmq.PUSH, zmq.WithReconnectInterval(1))
				if name == "PLAIN" {
					w.must(s.Set(zmq.WithPlainUsername("joe"), zmq.WithPlainPassword("secret")))
				}
				events := s.Events(w.ctx, zmq.EventAll)
				w.must(s.Connect(ep))
				p := w.accept(l)
				p.say(greets + command("ERROR", string([]byte{byte(len(reason))})+reason))
				p.wantEnd() // it is the client that closes
				var got []zmq.EventType
				for e := range events {
					if got = append(got, e.Type); e.Type == zmq.EventHandshakeFailedAuth && e.Value != value {
						t.Errorf("the value is %d", e.Value)
					}
					if e.Type == zmq.EventDisconnected {
						break
					}
				}
				got = got[slices.Index(got, zmq.EventConnected)+1:]
				want := []zmq.EventType{zmq.EventHandshakeFailedAuth, zmq.EventDisconnected}
				if value == 0 {
					want = want[1:]
				}
				if !slices.Equal(got, want) {
					t.Errorf("events %v, want %v", got, want)
				}
				w.nobody(l)
			})
		}
	}
}

// edge case 58
func TestHandlerIsToldTheAddress(t *testing.T) {
	for name, want := range map[string]string{
		"tcp": "127.0.0.1", "ipc": fmt.Sprintf(":%d:%d:%d", os.Getuid(), os.Getgid(), os.Getpid()),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			asked := make(chan zmq.AuthRequest, 1)
			in, ep := w.bound(zmq.PULL, transports[name], zmq.WithAuthenticator(func(_ context.Context, r zmq.AuthRequest) (zmq.Identity, error) {
				asked <- r
				return zmq.Identity{}, nil
			}))
			w.send(w.connected(zmq.PUSH, ep), "x")
			w.want(in, "x")
			if r := <-asked; r.Address != want {
				t.Errorf("the address is %q, want %q", r.Address, want)
			}
		})
	}
}

// edge case 66
func TestPlainServerNeedsHandler(t *testing.T) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) {
			for name, opts := range map[string][]zmq.Option{
				"alone": nil, "with a domain": {zmq.WithZAPDomain("d")}, "enforced, without one": {zmq.WithZAPEnforceDomain(true)}, // edge case 67
			} {
				t.Run(name, func(t *testing.T) {
					w := newWorldOn(t, wire)
					s, ep := w.bound(zmq.PULL, w.any(), append(opts, zmq.WithPlainServer(true))...)
					events := s.Events(w.ctx, zmq.EventAll)
					p := w.dial(ep)
					p.say(plain + hello)
					p.wantEnd()
					for e := range events {
						if e.Type == zmq.EventHandshakeFailedNoDetail && (e.Value != int64(zmq.ErrFault) || !errors.Is(e.Err, zmq.ErrFault)) {
							t.Errorf("it failed by %d, %v", e.Value, e.Err)
						}
						if e.Type == zmq.EventHandshakeSucceeded {
							t.Error("it came in")
						}
						if e.Type == zmq.EventDisconnected {
							break
						}
					}
				})
			}
		})
	}
}

// edge case 68
func TestCurveNeedsHandlerOnlyWhereItIsAsked(t *testing.T) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) {
			serverPublic, serverSecret := zmq.NewCurveKeypair()
			public, secret := zmq.NewCurveKeypair()
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
						w := newWorldOn(t, wire)
						admitted, value := c.in, int64(zmq.ErrFault)
						if handled {
							w.handler("400")
							admitted, value = !c.asked, 400
						}
						in, ep := w.bound(zmq.PULL, w.any(), append(c.opts, zmq.WithCurveServer(true), zmq.WithCurveSecretKey(serverSecret))...)
						events := in.Events(w.ctx, zmq.EventHandshakeFailedNoDetail|zmq.EventHandshakeFailedAuth)
						out := w.connected(zmq.PUSH, ep, zmq.WithCurvePublicKey(public), zmq.WithCurveSecretKey(secret), zmq.WithCurveServerKey(serverPublic))
						w.send(out, "x")
						if admitted {
							w.want(in, "x")
							return
						}
						for e := range events {
							if e.Value != value {
								t.Errorf("it failed by %d, %v", e.Value, e.Err)
							}
							return
						}
					})
				}
			}
		})
	}
}

// edge case 65
func TestNullWithoutHandler(t *testing.T) {
	for _, wire := range wires {
		t.Run(wire, func(t *testing.T) {
			w := newWorldOn(t, wire)
			in, ep := w.bound(zmq.PULL, w.any(), zmq.WithZAPDomain("d"))
			w.send(w.connected(zmq.PUSH, ep), "let in")
			w.want(in, "let in")

			in, ep = w.bound(zmq.PULL, w.any(), zmq.WithZAPDomain("d"), zmq.WithZAPEnforceDomain(true))
			events := in.Events(w.ctx, zmq.EventHandshakeFailedNoDetail)
			p := w.dial(ep)
			p.say(greeting(3, 1) + ready("PUSH"))
			p.hear(64)
			rest := make([]byte, 1)
			if n, err := p.Read(rest); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("then comes %q, %v", rest[:n], err)
			}
			for e := range events {
				if e.Value != int64(zmq.ErrFault) {
					t.Errorf("it failed by %d, %v", e.Value, e.Err)
				}
				break
			}
		})
	}
}

// edge case 70
func TestSilentHandlerIsWaitedFor(t *testing.T) {
	onEachWire(t, func(w *world) {
		handler, _ := w.bound(zmq.REP, "inproc://zeromq.zap.01")
		s, ep := w.bound(zmq.PULL, w.any(), zmq.WithPlainServer(true), zmq.WithHandshakeInterval(moment))
		events := s.Events(w.ctx, zmq.EventDisconnected)
		p := w.dial(ep)
		p.say(plain + hello)
		_, err := handler.Recv(w.ctx)
		w.must(err)
		for e := range events {
			var timeout interface{ Timeout() bool }
			if !errors.As(e.Err, &timeout) || !timeout.Timeout() {
				w.Errorf("it ends by %v", e.Err)
			}
			break
		}
	})
}
