// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"io"

	"github.com/zeroloop/zmq/engine/zmtp"
	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/nacl/box"
)

// CURVE (RFC 25 and 26). Names as there: C and S are the long-term public keys of
// client and server, c and s the secret ones, with ' those of one connection.
//
//	client                                          server
//	HELLO     C', box(64 zeros, C'→S)        ──▶
//	          ◀──   box(S', cookie, S→C')    WELCOME
//	INITIATE  cookie, box(C, vouch, metadata, C'→S')  ──▶
//	          ◀──   box(metadata, S'→C')     READY
//	MESSAGE   box(flags, body, C'→S')        ◀─▶

const (
	keySize       = 32
	longNonceSize = 16

	curveName        = "CURVE"
	helloName        = "\x05HELLO"
	welcomeName      = "\x07WELCOME"
	initiateName     = "\x08INITIATE"
	readyName        = "\x05READY"
	helloZerosSize   = 64
	helloPaddingSize = 72
	helloSize        = len(helloName) + 2 + helloPaddingSize + keySize + shortNonceSize + helloZerosSize + box.Overhead

	cookieSealedSize  = 2*keySize + box.Overhead
	cookieSize        = longNonceSize + cookieSealedSize
	welcomeSealedSize = keySize + cookieSize + box.Overhead
	welcomeSize       = len(welcomeName) + longNonceSize + welcomeSealedSize

	vouchSealedSize = 2*keySize + box.Overhead
	initiatePlain   = keySize + longNonceSize + vouchSealedSize // without metadata
	initiateSizeMin = len(initiateName) + cookieSize + shortNonceSize + initiatePlain + box.Overhead
	curveReadyMin   = len(readyName) + shortNonceSize + box.Overhead

	// The fixed parts of the nonces.
	nonceHello    = "CurveZMQHELLO---"
	nonceWelcome  = "WELCOME-"
	nonceCookie   = "COOKIE--"
	nonceInitiate = "CurveZMQINITIATE"
	nonceVouch    = "VOUCH---"
	nonceReady    = "CurveZMQREADY---"
	nonceClient   = "CurveZMQMESSAGEC"
	nonceServer   = "CurveZMQMESSAGES"
)

// curve is what both sides have: the ciphers of both directions.
type curve struct {
	local  Local
	peer   Peer
	random io.Reader
	out    cipher
	in     cipher
}

// establish makes the ciphers from the key of the connection.
func (c *curve) establish(shared *[keySize]byte, out, in string) {
	c.out.init(shared, out)
	c.in.init(shared, in)
}

// Overhead implements Codec.
func (c *curve) Overhead() int { return messageOverhead }

// Encode implements Codec.
func (c *curve) Encode(dst []byte, flags byte, body []byte) []byte {
	return c.out.seal(dst, flags, body)
}

// Decode implements Codec.
func (c *curve) Decode(dst, frame []byte) (flags byte, body []byte, err error) {
	return c.in.open(dst, frame)
}

// Peer implements Mechanism.
func (c *curve) Peer() *Peer { return &c.peer }

// nextShort appends the next short nonce of ours and returns it whole.
func (c *curve) nextShort(dst []byte, prefix string) ([]byte, [24]byte) {
	c.out.short++
	n := shortNonce(prefix, c.out.short)
	return append(dst, n[longNonceSize:]...), n
}

// wipe forgets the keys of the connection.
func (c *curve) wipe() {
	c.out, c.in = cipher{}, cipher{}
}

func shortNonce(prefix string, short uint64) (n [24]byte) {
	copy(n[:], prefix)
	binary.BigEndian.PutUint64(n[longNonceSize:], short)
	return n
}

func longNonce(prefix string, rest []byte) (n [24]byte) {
	copy(n[:], prefix)
	copy(n[shortNonceSize:], rest)
	return n
}

// read fills b with random bytes. There is no going on without them; the
// system's source does not fail.
func (c *curve) read(b []byte) {
	if _, err := io.ReadFull(c.random, b); err != nil {
		_, _ = rand.Read(b)
	}
}

// newKeys makes the key pair of one connection.
func (c *curve) newKeys(public, secret *[keySize]byte) {
	c.read(secret[:])
	curve25519.ScalarBaseMult(public, secret)
}

// degenerate is the key that every secret shares with a point of small order: one
// that everybody knows.
var degenerate = func() (shared [keySize]byte) {
	box.Precompute(&shared, new([keySize]byte), &[keySize]byte{1})
	return shared
}()

// precompute makes the key that a public and a secret key share. It returns false
// for a public key with which there is no secret.
func precompute(shared, public, secret *[keySize]byte) bool {
	box.Precompute(shared, public, secret)
	return subtle.ConstantTimeCompare(shared[:], degenerate[:]) == 0
}

// NewCurveKeys makes a key pair.
func NewCurveKeys() (public, secret [keySize]byte) {
	_, _ = rand.Read(secret[:])
	curve25519.ScalarBaseMult(&public, &secret)
	return public, secret
}

// CurvePublicOf returns the public key that belongs to a secret one.
func CurvePublicOf(secret [keySize]byte) (public [keySize]byte) {
	curve25519.ScalarBaseMult(&public, &secret)
	return public
}

// named reports whether a command has this name, its length included.
func named(body []byte, name string) bool {
	return len(body) >= len(name) && string(body[:len(name)]) == name
}

// strange is the error for a command that is not the one that must come.
func strange(body []byte) error {
	name, _, err := zmtp.ParseCommand(body)
	if err != nil {
		return err
	}
	return unexpected(name)
}

// The parsers of the commands check names and sizes and cut; decrypting is for
// those who know the keys. All that they return are slices of body.

type curveHello struct{ client, short, sealed []byte }

// parseCurveHello also checks the version, 1.0.
func parseCurveHello(body []byte) (h curveHello, err error) {
	switch {
	case !named(body, helloName):
		return h, strange(body)
	case len(body) != helloSize || body[len(helloName)] != 1 || body[len(helloName)+1] != 0:
		return h, malformed(zmtp.ErrorMalformedCommandHello, []byte("HELLO"))
	}
	b := body[len(helloName)+2+helloPaddingSize:]
	return curveHello{b[:keySize], b[keySize : keySize+shortNonceSize], b[keySize+shortNonceSize:]}, nil
}

type curveWelcome struct{ nonce, sealed []byte }

func parseCurveWelcome(body []byte) (w curveWelcome, err error) {
	switch {
	case !named(body, welcomeName):
		return w, strange(body)
	case len(body) != welcomeSize:
		return w, malformed(zmtp.ErrorMalformedCommandWelcome, []byte("WELCOME"))
	}
	b := body[len(welcomeName):]
	return curveWelcome{b[:longNonceSize], b[longNonceSize:]}, nil
}

type curveInitiate struct{ cookieNonce, cookie, short, sealed []byte }

func parseCurveInitiate(body []byte) (i curveInitiate, err error) {
	switch {
	case !named(body, initiateName):
		return i, strange(body)
	case len(body) < initiateSizeMin:
		return i, malformed(zmtp.ErrorMalformedCommandInitiate, []byte("INITIATE"))
	}
	b := body[len(initiateName):]
	return curveInitiate{
		b[:longNonceSize], b[longNonceSize:cookieSize],
		b[cookieSize : cookieSize+shortNonceSize], b[cookieSize+shortNonceSize:],
	}, nil
}

type curveReady struct{ short, sealed []byte }

func parseCurveReady(body []byte) (r curveReady, err error) {
	switch {
	case !named(body, readyName):
		return r, strange(body)
	case len(body) < curveReadyMin:
		return r, malformed(zmtp.ErrorMalformedCommandReady, []byte("READY"))
	}
	b := body[len(readyName):]
	return curveReady{b[:shortNonceSize], b[shortNonceSize:]}, nil
}
