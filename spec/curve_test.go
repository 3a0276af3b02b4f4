// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"bytes"
	"io"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/engine/zmtp"
)

// curvePeer is a peer by hand that speaks CURVE: it seals and opens by package
// mechanism, and frames by itself.
type curvePeer struct {
	*peer
	mech mechanism.Mechanism
	// change makes another command of one of its own in the handshake.
	change func(b []byte) []byte
}

// curve makes the two ends: a socket, which is the server or the client, and what
// its peer speaks, as a socket of a type.
func (w *world) curve(typ zmq.SocketType, server bool, peerType zmq.SocketType, opts ...zmq.Option) (*zmq.Socket, mechanism.Mechanism) {
	w.Helper()
	key := func(text string) [32]byte {
		b, err := zmq.Z85Decode(text)
		w.must(err)
		return [32]byte(b)
	}
	serverPublic, serverSecret := zmq.NewCurveKeypair()
	public, secret := zmq.NewCurveKeypair()
	local := mechanism.Local{Type: int(peerType), SendsID: true}
	s := w.socket(typ, opts...)
	if server {
		w.must(s.Set(zmq.WithCurveServer(true), zmq.WithCurveSecretKey(serverSecret)))
		return s, mechanism.NewCurveClient(local, mechanism.CurveKeys{Public: key(public), Secret: key(secret), Server: key(serverPublic)})
	}
	w.must(s.Set(zmq.WithCurvePublicKey(public), zmq.WithCurveSecretKey(secret), zmq.WithCurveServerKey(serverPublic)))
	return s, mechanism.NewCurveServer(local, key(serverSecret), false)
}

// frame hears a frame of any length.
func (p *peer) frame() (flags byte, body []byte, err error) {
	head := make([]byte, 2, 9)
	if _, err = io.ReadFull(p, head); err != nil {
		return 0, nil, err
	}
	if head[0]&zmtp.FlagLarge != 0 {
		if _, err = io.ReadFull(p, head[2:9]); err != nil {
			return 0, nil, err
		}
		head = head[:9]
	}
	flags, size, _ := zmtp.ParseHeader(head)
	body = make([]byte, size)
	_, err = io.ReadFull(p, body)
	return flags &^ zmtp.FlagLarge, body, err
}

// shake goes through the handshake as far as the other end lets it.
func (p *curvePeer) shake(minor byte) error {
	p.say(signature + string([]byte{3, minor}) + "CURVE" + string(make([]byte, 47)))
	p.hear(64)
	for p.mech.Status() != mechanism.Ready {
		if b, ok := p.mech.Next(nil); ok {
			if p.change != nil {
				b = p.change(b)
			}
			p.say(string(append(zmtp.AppendHeader(nil, zmtp.FlagCommand, len(b)), b...)))
			continue
		}
		_, body, err := p.frame()
		if err != nil {
			return err
		}
		if err := p.mech.Process(body); err != nil {
			return err
		}
	}
	if b, ok := p.mech.Next(nil); ok {
		p.say(string(append(zmtp.AppendHeader(nil, zmtp.FlagCommand, len(b)), b...)))
	}
	return nil
}

// sealed is a frame, header and all.
func (p *curvePeer) sealed(flags byte, body string) []byte {
	b := p.mech.(mechanism.Codec).Encode(nil, flags, []byte(body))
	return append(zmtp.AppendHeader(nil, 0, len(b)), b...)
}

// opened hears a frame, around which nothing tells what is in it (edge case 75).
func (p *curvePeer) opened() (flags byte, body string) {
	p.Helper()
	outer, b, err := p.frame()
	if err != nil || outer != 0 || !bytes.HasPrefix(b, []byte("\x07MESSAGE")) {
		p.Fatalf("on the wire is %.20q with flags %x, %v", b, outer, err)
	}
	flags, b, err = p.mech.(mechanism.Codec).Decode(nil, b)
	if err != nil {
		p.Fatal(err)
	}
	return flags, string(b)
}

// onBothRoles is onEachEnd for a socket that is the server of CURVE, and for one that
// is the client; the peer is through the handshake.
func onBothRoles(t *testing.T, typ, peerType zmq.SocketType, minor byte, f func(w *world, s *zmq.Socket, p *curvePeer), opts ...zmq.Option) {
	for name, server := range map[string]bool{"server": true, "client": false} {
		t.Run(name, func(t *testing.T) {
			onEachEnd(t, func(w *world, meet byHand) {
				s, mech := w.curve(typ, server, peerType, opts...)
				p := &curvePeer{peer: meet(s), mech: mech}
				w.must(p.shake(minor))
				f(w, s, p)
			})
		})
	}
}

// edge case 31: a subscription is made a command before it is sealed, and for a peer of
// 3.0 it is none.
func TestSubscriptionsAreSealed(t *testing.T) {
	for minor, want := range []string{"\x01top", "\x09SUBSCRIBEtop"} {
		onBothRoles(t, zmq.SUB, zmq.XPUB, byte(minor), func(w *world, s *zmq.Socket, p *curvePeer) {
			if flags, body := p.opened(); body != want || (flags == zmtp.FlagCommand) != (minor == 1) {
				w.Errorf("heard %q with flags %x", body, flags)
			}
		}, zmq.WithSubscribe("top"))
		onBothRoles(t, zmq.XPUB, zmq.SUB, byte(minor), func(w *world, s *zmq.Socket, p *curvePeer) {
			p.say(string(p.sealed(0, "\x01a")))
			w.want(s, "\x01a")
			p.say(string(p.sealed(zmtp.FlagCommand, "\x09SUBSCRIBEb")))
			w.want(s, "\x01b")
			w.send(s, "other")
			w.send(s, "bb", "body")
			if flags, body := p.opened(); flags != zmtp.FlagMore || body != "bb" {
				w.Errorf("heard %q with flags %x", body, flags)
			}
			if flags, body := p.opened(); flags != 0 || body != "body" {
				w.Errorf("heard %q with flags %x", body, flags)
			}
		})
	}
}

// edge case 52
func TestHeartbeatsAreSealed(t *testing.T) {
	onBothRoles(t, zmq.PULL, zmq.PUSH, 1, func(w *world, s *zmq.Socket, p *curvePeer) {
		if flags, body := p.opened(); flags != zmtp.FlagCommand || body != "\x04PING\x00\x00" {
			w.Errorf("heard %q with flags %x", body, flags)
		}
		p.say(string(p.sealed(zmtp.FlagCommand, "\x04PING\x00\x00context")))
		for {
			flags, body := p.opened()
			if body == "\x04PONGcontext" && flags == zmtp.FlagCommand {
				break
			}
			if body != "\x04PING\x00\x00" {
				w.Fatalf("heard %q with flags %x", body, flags)
			}
		}
		p.say(command("PING", "\x00\x00")) // which is not sealed
		p.wantEnd()
		w.notAgain(p.peer)
	}, zmq.WithHeartbeatInterval(time.Millisecond), zmq.WithHeartbeatTimeout(patience))
}

// edge case 72
func TestCurveHandshakeIsExact(t *testing.T) {
	cut := func(b []byte) []byte { return b[:len(b)-1] }
	longer := func(b []byte) []byte { return append(b, 0) }
	flip := func(b []byte) []byte { b[len(b)-1] ^= 1; return b }
	version := func(b []byte) []byte { b[6] = 2; return b } // behind the name of HELLO
	rename := func(b []byte) []byte { b[1] = 'X'; return b }
	to := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:n] } }
	for _, c := range []struct {
		server bool // the socket is
		name   string
		change func([]byte) []byte
		code   int64
	}{
		{true, "HELLO", cut, zmtp.ErrorMalformedCommandHello}, {true, "HELLO", longer, zmtp.ErrorMalformedCommandHello},
		{true, "HELLO", version, zmtp.ErrorMalformedCommandHello}, {true, "HELLO", flip, zmtp.ErrorCryptographic},
		{true, "HELLO", rename, zmtp.ErrorUnexpectedCommand},
		{true, "INITIATE", to(256), zmtp.ErrorMalformedCommandInitiate}, {true, "INITIATE", to(257), zmtp.ErrorCryptographic},
		{true, "INITIATE", flip, zmtp.ErrorCryptographic}, {true, "INITIATE", rename, zmtp.ErrorUnexpectedCommand},
		{false, "WELCOME", cut, zmtp.ErrorMalformedCommandWelcome}, {false, "WELCOME", longer, zmtp.ErrorMalformedCommandWelcome},
		{false, "WELCOME", flip, zmtp.ErrorCryptographic}, {false, "WELCOME", rename, zmtp.ErrorUnexpectedCommand},
		{false, "READY", to(29), zmtp.ErrorMalformedCommandReady}, {false, "READY", to(30), zmtp.ErrorCryptographic},
		{false, "READY", flip, zmtp.ErrorCryptographic}, {false, "READY", rename, zmtp.ErrorUnexpectedCommand},
	} {
		onEachEnd(t, func(w *world, meet byHand) {
			s, mech := w.curve(zmq.PULL, c.server, zmq.PUSH)
			events := s.Events(w.ctx, zmq.EventHandshakeFailedProtocol|zmq.EventHandshakeSucceeded)
			p := &curvePeer{peer: meet(s), mech: mech}
			p.change = func(b []byte) []byte {
				if string(b[1:1+b[0]]) == c.name {
					return c.change(b)
				}
				return b
			}
			_ = p.shake(1)
			for e := range events {
				if e.Type != zmq.EventHandshakeFailedProtocol || e.Value != c.code {
					w.Errorf("by another %s: %v %#x, want %#x", c.name, e.Type, e.Value, c.code)
				}
				break
			}
			p.wantEnd()
			w.notAgain(p.peer)
		})
	}
}

// edge case 73: a client that takes the server for another one is not let in.
func TestCurveServerIsTheRightOne(t *testing.T) {
	onMeetings(t, wires, func(w *world, meet join) {
		server, _ := keys()
		_, client := keys()
		in, out := w.socket(zmq.PULL, server...), w.socket(zmq.PUSH, client...)
		events := in.Events(w.ctx, zmq.EventHandshakeFailedProtocol|zmq.EventHandshakeSucceeded)
		meet(in, out)
		for e := range events {
			if e.Type != zmq.EventHandshakeFailedProtocol || e.Value != zmtp.ErrorCryptographic {
				w.Errorf("%v %#x", e.Type, e.Value)
			}
			break
		}
	})
}

// edge cases 74 and 75
func TestSealedFramesComeOnceAndInOrder(t *testing.T) {
	const header = 2
	flip := func(f []byte, at int) []byte { f = bytes.Clone(f); f[at] ^= 0x10; return f }
	for _, c := range []struct {
		change func(a, b, c []byte) [][]byte // what is sent of three good frames
		comes  []string
		code   int64 // 0: the connection stands
	}{
		{func(a, b, c []byte) [][]byte { return [][]byte{a, b, c} }, []string{"a", "b", "c"}, 0},
		{func(a, _, c []byte) [][]byte { return [][]byte{a, c} }, []string{"a", "c"}, 0}, // there may be gaps
		{func(a, _, _ []byte) [][]byte { return [][]byte{a, a} }, []string{"a"}, zmtp.ErrorInvalidSequence},
		{func(a, b, _ []byte) [][]byte { return [][]byte{b, a} }, []string{"b"}, zmtp.ErrorInvalidSequence},
		{func(a, _, _ []byte) [][]byte { return [][]byte{append([]byte{1}, a[1:]...)} }, nil, zmtp.ErrorUnspecified}, // differs
		{func(a, _, _ []byte) [][]byte { return [][]byte{flip(a, header+8)} }, nil, zmtp.ErrorCryptographic},
		{func(a, b, _ []byte) [][]byte { return [][]byte{a, flip(b, len(b)-1)} }, []string{"a"}, zmtp.ErrorCryptographic},
		{func(_, _, _ []byte) [][]byte { return [][]byte{[]byte(frame2("plain"))} }, nil, zmtp.ErrorUnexpectedCommand},
	} {
		onBothRoles(t, zmq.PULL, zmq.PUSH, 1, func(w *world, s *zmq.Socket, p *curvePeer) {
			events := s.Events(w.ctx, zmq.EventHandshakeFailedProtocol)
			for _, f := range c.change(p.sealed(0, "a"), p.sealed(0, "b"), p.sealed(0, "c")) {
				p.say(string(f))
			}
			for _, m := range c.comes {
				w.want(s, m)
			}
			if c.code == 0 {
				p.say(string(p.sealed(zmtp.FlagMore, "d")) + string(p.sealed(0, "e")))
				w.want(s, "d", "e")
				return
			}
			p.wantEnd()
			w.wantNothing(s)
			for e := range events {
				if e.Value != c.code {
					w.Errorf("the value is %#x, want %#x", e.Value, c.code)
				}
				break
			}
		})
	}
}

// edge case 77
func TestCurveWantsItsKeys(t *testing.T) {
	public, secret := zmq.NewCurveKeypair()
	for _, opts := range [][]zmq.Option{
		{zmq.WithCurveServer(true)}, {zmq.WithCurveServerKey(public)}, {zmq.WithCurveServerKey(public), zmq.WithCurvePublicKey(public)},
		{zmq.WithCurveServerKey(public), zmq.WithCurveSecretKey(secret)}, {zmq.WithCurvePublicKey(public), zmq.WithCurveSecretKey(secret)},
	} {
		for _, wire := range wires {
			onConnect(t, wire, zmq.ROUTER, func(w *world, ep string, _ func()) {
				s := w.socket(zmq.DEALER, opts...)
				w.wantError("connect", s.Connect(ep), zmq.ErrInvalid)
				w.over(ep, true, true)
				w.wantError("bind", s.Bind(transports[wire]), zmq.ErrInvalid)
			})
		}
	}
}
