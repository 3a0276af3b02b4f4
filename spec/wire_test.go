// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// edge case 1
func TestGreetingGoesInStages(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(_ *world, _ *zmq.Socket, p *peer) {
		p.want(signature)
		p.say(signature[:9])
		p.quiet()
		p.say(signature[9:])
		p.want("\x03")
		p.quiet()
		p.say("\x03")
		p.want(greeting(3, 1)[11:])
	})
}

// edge case 2
func TestSignatureHasLengthOfIdentity(t *testing.T) {
	for _, id := range []string{"", "abc", strings.Repeat("x", 255)} {
		onEachEnd(t, func(w *world, meet byHand) {
			s, n := w.socket(zmq.DEALER), len(id)+1
			if id != "" {
				w.must(s.Set(named(id)))
			}
			meet(s).want("\xff\x00\x00\x00\x00\x00\x00" + string([]byte{byte(n >> 8), byte(n)}) + "\x7f")
		})
	}
}

// edge cases 4 and 29
func TestRevisions(t *testing.T) {
	for _, v := range []struct {
		major, minor byte
		subscription string
		cancel       string
	}{
		{3, 0, "\x00\x02\x01a", "\x00\x02\x00a"},
		{3, 1, command("SUBSCRIBE", "a"), command("CANCEL", "a")},
		{3, 9, command("SUBSCRIBE", "a"), command("CANCEL", "a")},
		{2, 0, command("SUBSCRIBE", "a"), command("CANCEL", "a")},
		{4, 0, command("SUBSCRIBE", "a"), command("CANCEL", "a")},
		{200, 0, command("SUBSCRIBE", "a"), command("CANCEL", "a")},
	} {
		onBothEnds(t, zmq.SUB, func(w *world, s *zmq.Socket, p *peer) {
			p.say(greeting(v.major, v.minor) + ready("PUB"))
			p.hear(64)
			p.want(ready("SUB"))
			p.want(v.subscription)
			w.must(s.Unsubscribe("a"))
			p.want(v.cancel)
		}, zmq.WithSubscribe("a"))
	}
}

// edge case 7
func TestOtherMechanismIsNotTriedAgain(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		s := w.socket(zmq.PUSH)
		events := s.Events(w.ctx, zmq.EventAll)
		p := meet(s)
		p.say(signature + "\x03\x01PLAIN" + strings.Repeat("\x00", 47))
		const mismatch = 0x11000002
		var got []zmq.EventType
		for e := range events {
			got = append(got, e.Type)
			if e.Type == zmq.EventHandshakeFailedProtocol && e.Value != mismatch {
				w.Errorf("the value is %#x", e.Value)
			}
			if e.Type == zmq.EventDisconnected {
				break
			}
		}
		if want := []zmq.EventType{zmq.EventHandshakeFailedProtocol, zmq.EventDisconnected}; !slices.Equal(got[len(got)-2:], want) {
			w.Errorf("events %v, want %v in the end", got, want)
		}
		w.notAgain(p)
	})
}

// edge case 7
func TestMechanismIsComparedWhole(t *testing.T) {
	for _, name := range []string{"", "NUL", "NULLS", "null", "NULL\x00x", "NULL" + strings.Repeat("\x00", 15) + "x"} {
		onBothEnds(t, zmq.PULL, func(_ *world, s *zmq.Socket, p *peer) {
			p.say(signature + "\x03\x01" + name + strings.Repeat("\x00", 52-len(name)) + ready("PUSH"))
			p.wantEnd()
		})
	}
}

// edge case 13
func TestReadyProperties(t *testing.T) {
	for _, typ := range []zmq.SocketType{
		zmq.DEALER, zmq.ROUTER, zmq.REQ, zmq.REP, zmq.PUSH, zmq.PULL, zmq.PAIR, zmq.PUB, zmq.SUB, zmq.XPUB, zmq.XSUB, zmq.SERVER, zmq.CLIENT,
	} {
		want := property("Socket-Type", typ.String())
		if typ == zmq.DEALER || typ == zmq.ROUTER || typ == zmq.REQ {
			want += property("Identity", "")
		}
		onBothEnds(t, typ, func(_ *world, _ *zmq.Socket, p *peer) {
			p.say(greeting(3, 1))
			p.hear(64)
			p.want(command("READY", want+property("X-a", "11")+property("X-b", "2")))
		}, zmq.WithMetadata("X-b", "2"), zmq.WithMetadata("X-a", "11"))
	}
}

// edge case 14
func TestMetadataEndsAtZero(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		w.wantError("four bytes", s.Set(zmq.WithMetadata("X-", "1")), zmq.ErrInvalid)
		p.say(greeting(3, 1))
		p.hear(64)
		p.want(command("READY", property("Socket-Type", "PULL")+property("X-a", "b")))
	}, zmq.WithMetadata("X-a", "b\x00c"), zmq.WithMetadata("X-a", "second"))
}

// edge case 15: names of properties are compared without case, which differs, and
// nobody has to say its type.
func TestPropertyNamesHaveNoCase(t *testing.T) {
	for says, comes := range map[string]bool{
		property("socket-type", "DEALER") + property("IDENTITY", "me"): true,
		property("Identity", "me"):                                     true,
		property("SOCKET-TYPE", "SUB"):                                 false,
		property("Socket-Type", "dealer"):                              false, // its value has
		property("X-other", "1") + property("Socket-Type", "DEALER") + property("x-Identity", "no") + property("identity", "me"): true,
	} {
		onBothEnds(t, zmq.ROUTER, func(w *world, s *zmq.Socket, p *peer) {
			p.say(greeting(3, 1) + command("READY", says) + frame2("x"))
			if !comes {
				p.wantEnd()
				return
			}
			w.want(s, "me", "x")
		})
	}
}

// edge case 16
func TestMetadataIsReadToItsEnd(t *testing.T) {
	good := property("Socket-Type", "PUSH")
	for _, behind := range []string{"x", "\x00", "\x01", "\x01a", "\x01a\x00\x00\x00", "\x01a\x00\x00\x00\x02b", "\x01a\xff\xff\xff\xff"} {
		onEachEnd(t, func(w *world, meet byHand) {
			s := w.socket(zmq.PULL)
			events := s.Events(w.ctx, zmq.EventHandshakeSucceeded|zmq.EventDisconnected)
			p := meet(s)
			p.say(greeting(3, 1) + command("READY", good+behind))
			p.wantEnd()
			if got := until(events, zmq.EventDisconnected); len(got) != 1 {
				w.Errorf("with %q behind the metadata the events are %v", behind, got)
			}
		})
	}
}

// edge case 18
func TestIdentitiesThatNobodyHereMayChoose(t *testing.T) {
	for _, id := range []string{strings.Repeat("i", 300), "\x00abc", "\x00"} {
		onBothEnds(t, zmq.ROUTER, func(w *world, s *zmq.Socket, p *peer) {
			body := "\x05READY" + property("Socket-Type", "DEALER") + "\x08Identity" + size8(len(id))[4:] + id
			p.say(greeting(3, 1) + "\x06" + size8(len(body)) + body + frame2("hello"))
			w.want(s, id, "hello")
			p.hear(64)
			p.skip()
			w.send(s, id, "you too")
			p.want(frame2("you too"))
		})
	}
}

// edge case 19
func TestOnlyHandshakesTimeOut(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		stream := w.socket(zmq.STREAM)
		if d := stream.Options().HandshakeInterval; d != 30*time.Second {
			w.Errorf("by default a handshake may last %v", d)
		}
		w.must(stream.Set(zmq.WithHandshakeInterval(time.Millisecond)))
		silent := meet(stream)
		id := w.recv(stream)[0]
		p := meet(w.socket(zmq.PULL, zmq.WithHandshakeInterval(moment))) // its time begins later, and is longer
		p.say(greeting(3, 1))
		p.wantEnd()
		silent.say("still here")
		w.want(stream, id, "still here")
	})
}

// edge case 20
func TestAcceptedPeerExistsAfterHandshake(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		s := w.socket(zmq.PUSH)
		p := meet(s)
		connects := p.l != nil
		if connects { // is enough
			w.must(s.TrySend([]byte("early")))
		}
		p.say(greeting(3, 1))
		p.hear(64)
		p.want(ready("PUSH"))
		if !connects {
			w.wantError("send in the handshake", s.TrySend([]byte("x")), zmq.ErrAgain)
		}
		p.say(ready("PULL"))
		if connects {
			p.want(frame2("early"))
		}
		w.send(s, "x")
		p.want(frame2("x"))
	})
}

// edge case 21
func TestMaxMsgSizeCountsInHandshake(t *testing.T) {
	onEachEnd(t, func(w *world, meet byHand) {
		s := w.socket(zmq.PUSH, zmq.WithMaxMsgSize(10))
		events := s.Events(w.ctx, zmq.EventAll)
		p := meet(s)
		p.say(greeting(3, 1) + ready("PULL"))
		for _, typ := range until(events, zmq.EventDisconnected) {
			if typ == zmq.EventHandshakeFailedProtocol || typ == zmq.EventHandshakeFailedNoDetail || typ == zmq.EventHandshakeSucceeded {
				w.Errorf("the event %v came", typ)
			}
		}
		w.notAgain(p)
	})
}

// edge case 22
func TestDataWithTheGreeting(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		p.say(greeting(3, 1) + ready("PUSH") + "\x00\x03one" + "\x01\x03two\x00\x05three")
		w.want(s, "one")
		w.want(s, "two", "three")
	})
}

// edge case 27
func TestLongLengthOfShortFrame(t *testing.T) {
	onBothEnds(t, zmq.PAIR, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "PAIR")
		p.say("\x02\x00\x00\x00\x00\x00\x00\x00\x01x")
		w.want(s, "x")
		for _, n := range []int{0, 255, 256} {
			w.send(s, strings.Repeat("y", n))
			head := "\x00" + string([]byte{byte(n)})
			if n > 255 {
				head = "\x02\x00\x00\x00\x00\x00\x00\x01\x00"
			}
			p.want(head + strings.Repeat("y", n))
		}
	})
}

// edge case 30
func TestPublisherTakesBothForms(t *testing.T) {
	for _, minor := range []byte{0, 1} {
		onBothEnds(t, zmq.XPUB, func(w *world, s *zmq.Socket, p *peer) {
			p.shake(minor, "SUB")
			p.say(command("SUBSCRIBE", "a") + "\x00\x02\x01b" + "\x00\x02\x00b" + command("CANCEL", "a"))
			for _, want := range []string{"\x01a", "\x01b", "\x00b", "\x00a"} {
				w.want(s, want)
			}
		})
	}
}

// edge case 33
func TestMaxMsgSizeIsOfAFrame(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "PUSH")
		frame := "\x64" + strings.Repeat("x", 100)
		p.say("\x01" + frame + "\x00" + frame)
		w.want(s, frame[1:], frame[1:])
		p.say("\x00\x65" + frame)
		p.wantEnd()
		w.notAgain(p)
	}, zmq.WithMaxMsgSize(100))
}

// edge case 35: what is announced is not yet there.
func TestHugeFrameThatNeverComes(t *testing.T) {
	const announced = 1 << 40
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "PUSH")
		p.say(frame2("before"))
		w.want(s, "before")
		before := inUse()
		p.say("\x02" + size8(announced) + "begins")
		w.wantNothing(s)
		p.quiet()
		_ = p.Close()
		w.must(s.Close())
		if grown := inUse() - before; grown > 64<<20 {
			w.Errorf("%d bytes more are in use", grown)
		}
	})
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "PUSH")
		p.say("\x02" + size8(-1))
		p.wantEnd()
		w.notAgain(p)
	})
}

// edge case 38
func TestPingBetweenParts(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "PUSH")
		p.say("\x01\x03one" + command("PING", "\x00\x00ctx") + "\x00\x03two")
		p.want(command("PONG", "ctx"))
		w.want(s, "one", "two")
	})
}

// edge case 39
func TestUnknownCommandIsIgnored(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "PUSH")
		p.say(command("WHATEVER", "x") + "\x04\x02\x09x" + "\x00\x04then")
		w.want(s, "then")
	})
}

// edge case 49
func TestPongEchoesSixteenBytes(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(_ *world, _ *zmq.Socket, p *peer) {
		p.shake(1, "PUSH")
		p.say(command("PING", "\x00\x00"+"0123456789abcdefX"))
		p.want(command("PONG", "0123456789abcdef"))
	})
}

// edge cases 87 and 89: what has not come whole is not there, and may never be.
func TestOnlyWholeMessagesAreThere(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "PUSH")
		for range 2 {
			p.say("\x01\x03one" + "\x01\x03two" + command("PING", "\x00\x00here"))
			p.want(command("PONG", "here")) // so that much has been read
			w.wantNothing(s)
			if e, err := s.Ready(); e != 0 || err != nil {
				w.Errorf("it is ready for %v, %v", e, err)
			}
			p.say(frame2("three"))
			w.want(s, "one", "two", "three")
		}
		p.say("\x01\x04half")
		_ = p.Close()
		p = p.again()
		p.shake(1, "PUSH")
		p.say(frame2("whole"))
		w.want(s, "whole")
	})
	onEachMeeting(t, func(w *world, meet join) {
		const parts = 50
		in, out := w.socket(zmq.PULL), w.socket(zmq.PUSH)
		meet(in, out)
		done := make(chan error, 1)
		go func() {
			var errs []error
			for range 100 {
				errs = append(errs, out.Send(w.ctx, make([][]byte, parts)...))
			}
			done <- errors.Join(errs...)
		}()
		for range 100 {
			if m := w.recv(in); len(m) != parts {
				w.Fatalf("received %d parts of %d", len(m), parts)
			}
		}
		w.must(<-done)
	})
}

// edge cases 89 and 90
func TestHalfReceivedMessageIsForgotten(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		for range 2 {
			p.shake(1, "PUSH")
			p.say("\x00\x05whole" + "\x01\x04half")
			w.want(s, "whole")
			_ = p.Close()
			p = p.again()
		}
		p.shake(1, "PUSH")
		p.say("\x00\x03new")
		w.want(s, "new")
	})
}

// edge case 91: whoever has connected reads it too.
func TestReceivedStaysReadable(t *testing.T) {
	onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
		events := s.Events(w.ctx, zmq.EventDisconnected)
		p.shake(1, "PUSH")
		p.say("\x00\x01a" + "\x00\x01b")
		_ = p.Close()
		until(events, zmq.EventDisconnected)
		w.want(s, "a")
		w.want(s, "b")
	})
}

// edge case 182
func TestProbeIsEmpty(t *testing.T) {
	onBothEnds(t, zmq.DEALER, func(_ *world, _ *zmq.Socket, p *peer) {
		p.shake(1, "ROUTER")
		p.want("\x00\x00")
	}, zmq.WithProbeRouter(true))
}

// edge case 186
func TestReplyWithoutEnvelope(t *testing.T) {
	onBothEnds(t, zmq.REQ, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "REP")
		w.send(s, "question")
		p.want("\x01\x00\x00\x08question")
		p.say("\x00\x06answer")
		p.wantEnd()
		w.notAgain(p)
	})
}

// edge case 186: four bytes may come first, whether or not they were asked for.
func TestReplyWithANumber(t *testing.T) {
	onBothEnds(t, zmq.REQ, func(w *world, s *zmq.Socket, p *peer) {
		p.shake(1, "REP")
		w.send(s, "question")
		p.want("\x01\x00\x00\x08question")
		p.say("\x01\x04abcd" + "\x01\x00" + frame2("is of another time") + "\x01\x00" + frame2("answer"))
		w.want(s, "answer") // the other one is for who asks with numbers
		p.say("\x01\x05abcde" + "\x01\x00" + frame2("ends it"))
		p.wantEnd()
		w.notAgain(p)
	})
}
