// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// size8 is a length of eight bytes.
func size8(n int) string { return string(binary.BigEndian.AppendUint64(nil, uint64(n))) }

// frame1 is a message of one part in the framing of ZMTP 1.0, whose length counts
// the flags.
func frame1(body string) string {
	if n := len(body) + 1; n >= 255 {
		return "\xff" + size8(n) + "\x00" + body
	}
	return string([]byte{byte(len(body) + 1), 0}) + body
}

// frame2 is the same in that of ZMTP 2.0 and later.
func frame2(body string) string {
	if len(body) > 255 {
		return "\x02" + size8(len(body)) + body
	}
	return string([]byte{0, byte(len(body))}) + body
}

// trickle sends byte by byte.
func (p *peer) trickle(s string) {
	p.Helper()
	for i := range len(s) {
		p.say(s[i : i+1])
	}
}

// oldPeers speak versions of ZMTP that know only identities and messages.
var oldPeers = []struct {
	name  string
	greet func(p *peer, our, their zmq.SocketType, id string)
	frame func(string) string
}{
	{"unversioned", greetUnversioned, frame1},
	{"revision 0", func(p *peer, our, their zmq.SocketType, id string) { greetRevision(p, 0, our, their, id) }, frame1},
	{"revision 1", func(p *peer, our, their zmq.SocketType, id string) { greetRevision(p, 1, our, their, id) }, frame2},
}

// greetUnversioned sends an identity only. Of ours, the signature is the header.
func greetUnversioned(p *peer, _, _ zmq.SocketType, id string) {
	p.Helper()
	p.trickle(frame1(id))
	p.hear(8)
	n := p.hear(2)
	p.want(strings.Repeat("i", int(n[0])-1))
}

// greetRevision: behind the revision there is one byte, the type, and nothing else
// (edge case 5).
func greetRevision(p *peer, revision byte, our, their zmq.SocketType, id string) {
	p.Helper()
	frame := frame1
	if revision == 1 {
		frame = frame2
	}
	p.trickle("\xff" + size8(len(id)+1) + "\x7f")
	p.hear(10)
	p.want("\x03")
	p.trickle(string([]byte{revision, byte(their)}))
	p.want(string([]byte{byte(our)}))
	p.say(frame(id))
}

// edge cases 3, 4, 5, 9, 11 and 26
func TestOldPeersBeginWithIdentity(t *testing.T) {
	for _, v := range oldPeers {
		for _, size := range []int{0, 4, 253, 254, 300} { // of their identity
			onBothEnds(t, zmq.ROUTER, func(w *world, router *zmq.Socket, p *peer) {
				long, id := strings.Repeat("x", 254), strings.Repeat("t", size)
				v.greet(p, zmq.ROUTER, zmq.DEALER, id)
				if v.name != "unversioned" {
					p.want(v.frame("iii"))
				}
				p.say(v.frame("hello") + v.frame(long))
				m, err := router.Recv(w.ctx)
				w.must(err)
				if size > 0 && string(m.Frame(0)) != id || string(m.Frame(1)) != "hello" {
					w.Errorf("%s, %d bytes of identity: received %q", v.name, size, m.Frames())
				}
				if typ, ok := m.Property("Socket-Type"); ok {
					w.Errorf("a peer without metadata is a %q", typ)
				}
				name := string(m.Frame(0))
				w.want(router, name, long)
				w.send(router, name, long)
				p.want(v.frame(long))
				w.send(router, name, "")
				p.want(v.frame(""))
			}, named("iii"))
		}
	}
}

// edge case 26: a frame of version 1 without the byte of its flags.
func TestFrameWithoutFlags(t *testing.T) {
	for _, v := range oldPeers[:2] {
		for _, empty := range []string{"\x00", "\xff" + size8(0)} {
			onBothEnds(t, zmq.PULL, func(w *world, s *zmq.Socket, p *peer) {
				v.greet(p, zmq.PULL, zmq.PUSH, "")
				p.say(v.frame("x"))
				w.want(s, "x")
				p.say(empty + v.frame("y"))
				p.wantEnd()
				w.notAgain(p)
			}, named("iii"))
		}
	}
}

// edge case 11
func TestOldPeersAreNotAskedTheirType(t *testing.T) {
	for _, v := range oldPeers {
		onBothEnds(t, zmq.PULL, func(w *world, pull *zmq.Socket, p *peer) {
			v.greet(p, zmq.PULL, zmq.SUB, "who wants to know")
			p.say(v.frame("hello"))
			w.want(pull, "hello")
		})
	}
}

// edge case 8
func TestOldPeersAreRefusedWhereTheyMustProve(t *testing.T) {
	for _, opt := range []zmq.Option{zmq.WithPlainServer(true), zmq.WithPlainUsername("joe"), zmq.WithZAPDomain("d")} {
		for _, v := range oldPeers {
			onEachEnd(t, func(w *world, meet byHand) {
				pull := w.socket(zmq.PULL, opt)
				events := pull.Events(w.ctx, zmq.EventAll)
				p := meet(pull)
				v.greet(p, zmq.PULL, zmq.PUSH, "")
				p.wantEnd()
				if slices.Contains(until(events, zmq.EventDisconnected), zmq.EventHandshakeSucceeded) {
					w.Errorf("%s came in", v.name)
				}
				w.notAgain(p)
			})
		}
	}
}
