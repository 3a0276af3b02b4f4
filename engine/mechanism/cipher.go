// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"encoding/binary"

	"github.com/zeroloop/zmq/engine/zmtp"
	"golang.org/x/crypto/poly1305"
	"golang.org/x/crypto/salsa20/salsa"
)

const (
	messageName     = "\x07MESSAGE"
	shortNonceSize  = 8
	tagSize         = poly1305.TagSize
	messageFlagsAt  = len(messageName) + shortNonceSize + tagSize
	messageOverhead = messageFlagsAt + 1
	firstBlockBytes = 31 // of the body come from the block that also makes the MAC's key

	// The flags of a frame inside of a MESSAGE (libzmq curve_mechanism_base_t).
	curveMore    = 1
	curveCommand = 2
)

// cipher is one direction of a CURVE connection: the crypto_box of NaCl, as
// box.SealAfterPrecomputation and OpenAfterPrecomputation have it (the tests
// compare), taken apart for two reasons. The first 16 bytes of all nonces of a
// direction are the same, so that the key that follows from them and the shared
// key is made once; and the flags in front of a body need not lie in front of it
// in memory, which saves a copy. Nothing here allocates.
type cipher struct {
	key   [32]byte // of Salsa20
	short uint64   // the last nonce sent, or received

	// what a message needs, here and not on the stack, where it would escape
	counter [16]byte // of Salsa20: nonce and block number
	first   [64]byte // the first block of the key stream
	mac     [32]byte
	tag     [tagSize]byte
}

// init derives the key from the shared one and the nonces' fixed part of 16
// bytes.
func (c *cipher) init(shared *[32]byte, prefix string) {
	var fixed [16]byte
	copy(fixed[:], prefix)
	salsa.HSalsa20(&c.key, &fixed, shared, &salsa.Sigma)
}

// begin makes the first block of a message's key stream.
func (c *cipher) begin(short uint64) {
	binary.BigEndian.PutUint64(c.counter[:], short)
	clear(c.counter[shortNonceSize:])
	clear(c.first[:])
	salsa.XORKeyStream(c.first[:], c.first[:], &c.counter, &c.key)
	copy(c.mac[:], c.first[:])
}

// stream en- or decrypts what follows the flags; dst and src are the same memory
// or do not overlap.
func (c *cipher) stream(dst, src []byte) {
	n := min(len(src), firstBlockBytes)
	for i, x := range src[:n] {
		dst[i] = x ^ c.first[33+i]
	}
	if n == len(src) {
		return
	}
	// Block 0 is the first one.
	binary.LittleEndian.PutUint32(c.counter[shortNonceSize:], 1)
	salsa.XORKeyStream(dst[n:len(src)], src[n:], &c.counter, &c.key)
}

// seal appends a MESSAGE.
func (c *cipher) seal(dst []byte, flags byte, body []byte) []byte {
	c.short++
	at := len(dst)
	dst = grow(dst, messageOverhead+len(body))
	m := dst[at:]
	copy(m, messageName)
	binary.BigEndian.PutUint64(m[len(messageName):], c.short)
	c.begin(c.short)
	sealed := m[messageFlagsAt:]
	sealed[0] = innerFlags(flags) ^ c.first[32]
	c.stream(sealed[1:], body)
	poly1305.Sum(&c.tag, sealed, &c.mac)
	copy(m[messageFlagsAt-tagSize:], c.tag[:])
	return dst
}

// open reads a MESSAGE and puts its body into dst, or, where that is nil, in its
// own place in m (libzmq curve_mechanism_base_t::decode).
func (c *cipher) open(dst, m []byte) (flags byte, body []byte, err error) {
	short, err := parseCurveMessage(m)
	switch {
	case err != nil:
		return 0, nil, err
	case short <= c.short:
		return 0, nil, &zmtp.ProtocolError{Code: zmtp.ErrorInvalidSequence, Msg: "a MESSAGE out of its order"}
	}
	sealed := m[messageFlagsAt:]
	c.begin(short)
	copy(c.tag[:], m[messageFlagsAt-tagSize:])
	if !poly1305.Verify(&c.tag, sealed, &c.mac) {
		return 0, nil, forged("MESSAGE")
	}
	c.short = short
	inner := sealed[0] ^ c.first[32]
	if dst == nil {
		dst = sealed[1:]
	}
	c.stream(dst, sealed[1:])
	if inner&curveMore != 0 {
		flags |= zmtp.FlagMore
	}
	if inner&curveCommand != 0 {
		flags |= zmtp.FlagCommand
	}
	if !zmtp.FlagsValid(flags) {
		return 0, nil, malformed(zmtp.ErrorMalformedCommandMessage, []byte("MESSAGE"))
	}
	return flags, dst[:len(sealed)-1], nil
}

// parseCurveMessage checks the form of a MESSAGE and returns its nonce.
func parseCurveMessage(m []byte) (short uint64, err error) {
	switch {
	case len(m) < len(messageName) || string(m[:len(messageName)]) != messageName:
		return 0, &zmtp.ProtocolError{Code: zmtp.ErrorUnexpectedCommand, Msg: "a frame that is no MESSAGE"}
	case len(m) < messageOverhead:
		return 0, malformed(zmtp.ErrorMalformedCommandMessage, []byte("MESSAGE"))
	}
	return binary.BigEndian.Uint64(m[len(messageName):]), nil
}

func innerFlags(flags byte) (inner byte) {
	if flags&zmtp.FlagMore != 0 {
		inner |= curveMore
	}
	if flags&zmtp.FlagCommand != 0 {
		inner |= curveCommand
	}
	return inner
}

// grow extends b by n bytes with undefined contents.
func grow(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b[:len(b)+n]
	}
	bigger := make([]byte, len(b)+n, max(2*cap(b), len(b)+n))
	copy(bigger, b)
	return bigger
}

// forged says that a command was not made by who holds the keys, or was changed
// on its way.
func forged(name string) error {
	return &zmtp.ProtocolError{Code: zmtp.ErrorCryptographic, Msg: "a " + name + " that does not decrypt"}
}
