// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/internal/z85"
)

// The sizes of a CURVE key.
const (
	CurveKeySize    = 32 // bytes
	CurveKeyTextLen = 40 // characters of Z85
)

// NewCurveKeypair makes the two keys of a CURVE socket, each as 40 characters of
// Z85 (zmq_curve_keypair). Safe from any goroutine.
func NewCurveKeypair() (public, secret string) {
	p, s := engine.NewCurveKeys()
	return keyText(p), keyText(s)
}

// CurvePublic returns the public key that belongs to a secret one, given as 32
// bytes or 40 characters of Z85 (zmq_curve_public). ErrInvalid for anything else.
func CurvePublic(secret string) (public string, err error) {
	k, err := parseKey(secret)
	if err != nil {
		return "", wrap("curve key", "", err)
	}
	return keyText(engine.CurvePublicOf(k)), nil
}

// keyText writes a key as Z85.
func keyText(k [CurveKeySize]byte) string {
	text, _ := z85.Encode(k[:]) // fails for other sizes only
	return text
}

// parseKey reads a key of 32 bytes or of 40 characters.
func parseKey(text string) (k [CurveKeySize]byte, err error) {
	k, e := option.ParseCurveKey([]byte(text))
	return k, e.Err()
}

// Z85Encode writes bytes, a multiple of four of them, as text (zmq_z85_encode,
// RFC 32). ErrInvalid for another number.
func Z85Encode(b []byte) (string, error) {
	text, err := z85.Encode(b)
	if err != nil {
		return "", wrap("z85 encode", "", ErrInvalid)
	}
	return text, nil
}

// Z85Decode reads what Z85Encode writes (zmq_z85_decode). ErrInvalid for text that
// is empty, not a multiple of five characters long, has a character that is no
// digit, or a group that stands for more than 32 bits.
func Z85Decode(text string) ([]byte, error) {
	b, err := z85.Decode(text)
	if err != nil {
		return nil, wrap("z85 decode", "", ErrInvalid)
	}
	return b, nil
}
