// SPDX-License-Identifier: MPL-2.0

package zmtp

import (
	"bytes"
	"encoding/binary"
)

const (
	signatureSize  = 10
	greetingSizeV2 = 12
	greetingSizeV3 = 64
	mechanismAt    = 12

	// MechanismSizeMax is the longest name of a mechanism, in bytes.
	MechanismSizeMax = 20
)

// Greeting is one side of an exchange of greetings (libzmq
// zmtp_engine_t::receive_greeting). It reveals no more of ours than the peer's
// version needs: an old peer takes our signature for the header of our identity
// message, and would take more for its body.
//
//	we send                          once the peer has sent
//	signature, 10 bytes              nothing
//	3                                a signature
//	minor, mechanism, filler         a revision of 3 or more (2 too)
//	socket type                      revision 0 or 1
//	the rest of an identity message  something that is no signature
//
// The zero value is not usable; call Init. A Greeting holds all its memory.
type Greeting struct {
	out        [greetingSizeV3]byte
	outLen     int // bytes of out that are made
	outSent    int // bytes of out that Out has returned
	in         [greetingSizeV3]byte
	inLen      int
	want       int // bytes that the peer's greeting has, as far as we know
	done       bool
	legacy     bool // no greeting comes: what came is the start of a frame
	mechanism  string
	socketType byte
}

// Init begins a greeting. routingIDSize is the length of our identity in bytes,
// mechanism at most MechanismSizeMax bytes long, socketType libzmq's number.
func (g *Greeting) Init(routingIDSize int, mechanism string, socketType byte) {
	*g = Greeting{want: greetingSizeV2, mechanism: mechanism, socketType: socketType}
	g.out[0] = v1Escape
	binary.BigEndian.PutUint64(g.out[1:], uint64(routingIDSize)+1)
	g.out[9] = 0x7f
	g.outLen = signatureSize
}

// Start returns the signature, the bytes to send first.
func (g *Greeting) Start() []byte { return g.Out() }

// Feed takes in what the peer has sent and returns how many bytes belong to the
// greeting. After Done it takes nothing.
func (g *Greeting) Feed(b []byte) (n int, err error) {
	for n < len(b) && !g.done {
		g.in[g.inLen] = b[n]
		g.inLen++
		n++
		g.look()
	}
	return n, nil
}

// look goes on by what the last byte has shown.
func (g *Greeting) look() {
	switch {
	case g.in[0] != v1Escape, g.inLen == signatureSize && g.in[9]&1 == 0:
		g.legacy, g.done = true, true
	case g.inLen == signatureSize:
		g.add(3)
	case g.inLen == signatureSize+1:
		g.answerRevision()
	case g.inLen == g.want:
		g.done = true
	}
}

// answerRevision sends what the peer's revision asks for.
func (g *Greeting) answerRevision() {
	if g.in[signatureSize] <= 1 {
		g.add(g.socketType)
		return
	}
	g.want = greetingSizeV3
	g.add(1)
	copy(g.out[mechanismAt:mechanismAt+MechanismSizeMax], g.mechanism)
	g.outLen = greetingSizeV3
}

func (g *Greeting) add(b byte) {
	g.out[g.outLen] = b
	g.outLen++
}

// Out returns the bytes to send that it has not returned before. They are valid
// until the next Feed.
func (g *Greeting) Out() []byte {
	b := g.out[g.outSent:g.outLen]
	g.outSent = g.outLen
	return b
}

// Done reports whether the version is known and the peer's greeting complete.
func (g *Greeting) Done() bool { return g.done }

// Version returns what to speak. Precondition: Done.
func (g *Greeting) Version() Version {
	switch {
	case g.legacy:
		return V1Unversioned
	case g.in[signatureSize] == 0:
		return V1
	case g.in[signatureSize] == 1:
		return V2
	case g.in[signatureSize] == 3 && g.in[signatureSize+1] == 0:
		return V3_0
	}
	return V3_1
}

// Mechanism returns the peer's mechanism, without the zeros at its end; for
// ZMTP 3 only.
func (g *Greeting) Mechanism() string {
	return string(bytes.TrimRight(g.in[mechanismAt:mechanismAt+MechanismSizeMax], "\x00"))
}

// Unread returns what Feed has taken of a peer that sent no greeting: the start
// of its first frame.
func (g *Greeting) Unread() []byte {
	if !g.legacy {
		return nil
	}
	return g.in[:g.inLen]
}

// AppendIdentity appends the identity message with which ZMTP 1 and 2 begin, as
// far as it has not been sent: to a peer without greeting, the signature was its
// header.
func (g *Greeting) AppendIdentity(dst, id []byte) []byte {
	switch g.Version() {
	case V1Unversioned:
	case V1:
		dst = AppendHeaderV1(dst, 0, len(id))
	default:
		dst = AppendHeader(dst, 0, len(id))
	}
	return append(dst, id...)
}
