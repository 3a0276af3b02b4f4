// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/internal/z85"
)

// rawPeer is a TCP connection that speaks ZMTP byte by byte, as well as its test
// wants it to.
type rawPeer struct {
	*testing.T
	net.Conn
	mech   mechanism.Mechanism
	minor  byte
	budget int // bytes that it still sends; it stops in the middle of a frame
}

// unlimited is a budget that lasts.
const unlimited = 1 << 30

// curveKeys are the keys of a client as a mechanism takes them.
func curveKeys(t *testing.T, public, secret, server string) mechanism.CurveKeys {
	t.Helper()
	var k [3][32]byte
	for i, text := range []string{public, secret, server} {
		b, err := z85.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		k[i] = [32]byte(b)
	}
	return mechanism.CurveKeys{Public: k[0], Secret: k[1], Server: k[2]}
}

// newRawPeer connects to an endpoint; nothing is sent.
func newRawPeer(t *testing.T, ep string, m mechanism.Mechanism) *rawPeer {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(ep, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	return rawPeerOn(t, c, m)
}

func rawPeerOn(t *testing.T, c net.Conn, m mechanism.Mechanism) *rawPeer {
	t.Helper()
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &rawPeer{T: t, Conn: c, mech: m, minor: 1, budget: unlimited}
}

// write sends what the budget allows and says whether that was all. The end of
// the connection is for who reads next to find.
func (p *rawPeer) write(b []byte) bool {
	n := min(len(b), p.budget)
	p.budget -= n
	_, _ = p.Conn.Write(b[:n])
	return n == len(b)
}

// frame sends a frame.
func (p *rawPeer) frame(flags byte, body []byte) bool {
	return p.write(append(zmtp.AppendHeader(nil, flags, len(body)), body...))
}

// next receives a frame.
func (p *rawPeer) next() (zmtp.Frame, error) {
	var head [zmtp.HeaderSizeMax]byte
	for n := 2; ; n = len(head) {
		if _, err := io.ReadFull(p, head[:n][min(2, n-2):]); err != nil {
			return zmtp.Frame{}, err
		}
		flags, size, used := zmtp.ParseHeader(head[:n])
		if used == 0 {
			continue
		}
		body := make([]byte, size)
		_, err := io.ReadFull(p, body)
		return zmtp.Frame{Flags: flags &^ zmtp.FlagLarge, Body: body}, err
	}
}

// shake goes through the handshake as far as the budget and the other side let
// it. An error is the other side's.
func (p *rawPeer) shake(name string) (done bool, err error) {
	hello := []byte(greeting(name))
	hello[11] = p.minor
	if !p.write(hello) {
		return false, nil
	}
	if _, err := io.ReadFull(p, hello); err != nil {
		return false, err
	}
	for {
		if b, ok := p.mech.Next(nil); ok && !p.frame(zmtp.FlagCommand, b) {
			return false, nil
		}
		if p.mech.Status() == mechanism.Ready {
			return true, nil
		}
		f, err := p.next()
		if err != nil {
			return false, err
		}
		if err := p.mech.Process(f.Body); err != nil {
			return false, err
		}
	}
}

// mustShake is shake where nothing may go wrong.
func (p *rawPeer) mustShake(name string) {
	p.Helper()
	if done, err := p.shake(name); !done || err != nil {
		p.Fatalf("handshake: %v, %v", done, err)
	}
}

// sealed returns a frame of CURVE, header and all.
func (p *rawPeer) sealed(flags byte, body string) []byte {
	b := p.mech.(mechanism.Codec).Encode(nil, flags, []byte(body))
	return append(zmtp.AppendHeader(nil, 0, len(b)), b...)
}

// opened receives a frame of CURVE.
func (p *rawPeer) opened() (flags byte, body string) {
	p.Helper()
	f, err := p.next()
	if err != nil {
		p.Fatal(err)
	}
	flags, b, err := p.mech.(mechanism.Codec).Decode(nil, f.Body)
	if err != nil {
		p.Fatal(err)
	}
	return flags, string(b)
}

// ended waits until the other side has closed.
func (p *rawPeer) ended() {
	p.Helper()
	var timeout net.Error
	if _, err := io.Copy(io.Discard, p.Conn); errors.As(err, &timeout) && timeout.Timeout() {
		p.Error("the connection stays open")
	}
}

// local is what a raw client says of itself.
func local(typ int) mechanism.Local { return mechanism.Local{Type: typ, SendsID: true} }

// client makes the mechanism of a raw client of this pair.
func (s *secured) rawClient(t *testing.T, typ int) mechanism.Mechanism {
	t.Helper()
	switch s.mechanism {
	case "PLAIN":
		return mechanism.NewPlainClient(local(typ), "joe", "secret")
	case "CURVE":
		return mechanism.NewCurveClient(local(typ), curveKeys(t, s.keys[0], s.keys[1], s.keys[2]))
	}
	return mechanism.NewNull(local(typ))
}

// splitFrames cuts a stream behind its greeting into frames, headers and all.
func splitFrames(t *testing.T, stream []byte) (frames [][]byte) {
	t.Helper()
	for rest := stream; len(rest) > 0; {
		_, n, err := zmtp.Decode(zmtp.V3_1, rest, -1)
		if err != nil || n == 0 {
			t.Fatalf("no frame in %x: %v", rest, err)
		}
		frames, rest = append(frames, slices.Clone(rest[:n])), rest[n:]
	}
	return frames
}

// The socket types of raw peers.
const (
	rawDealer = option.Dealer
	rawSub    = option.Sub
	rawXPub   = option.XPub
	rawRouter = option.Router
)
