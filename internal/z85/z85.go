// SPDX-License-Identifier: MPL-2.0

// Package z85 writes bytes as printable text and back: five characters for four
// bytes (RFC 32).
package z85

import (
	"encoding/binary"
	"errors"
	"math"
)

// ErrInvalid is returned for bytes that have no text, and for text that stands for
// no bytes.
var ErrInvalid = errors.New("z85: invalid")

const (
	base       = 85
	chunkBytes = 4
	chunkChars = 5

	// alphabet are the digits in the order of their values.
	alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
	noDigit  = 0xff
)

// values are the digits' values by character.
var values = func() (v [256]byte) {
	for i := range v {
		v[i] = noDigit
	}
	for i := range len(alphabet) {
		v[alphabet[i]] = byte(i)
	}
	return v
}()

// EncodedLen returns the length of the text for n bytes.
func EncodedLen(n int) int { return n / chunkBytes * chunkChars }

// DecodedLen returns how many bytes a text of n characters stands for.
func DecodedLen(n int) int { return n / chunkChars * chunkBytes }

// Append appends the text of src to dst. ErrInvalid where the length of src is no
// multiple of four.
func Append(dst, src []byte) ([]byte, error) {
	if len(src)%chunkBytes != 0 {
		return dst, ErrInvalid
	}
	for ; len(src) > 0; src = src[chunkBytes:] {
		n := binary.BigEndian.Uint32(src)
		var chars [chunkChars]byte
		for i := chunkChars - 1; i >= 0; i-- {
			chars[i] = alphabet[n%base]
			n /= base
		}
		dst = append(dst, chars[:]...)
	}
	return dst, nil
}

// Encode returns the text of src; errors as Append.
func Encode(src []byte) (string, error) {
	b, err := Append(make([]byte, 0, EncodedLen(len(src))), src)
	return string(b), err
}

// Decode returns the bytes that a text stands for. ErrInvalid for an empty text, a
// length that is no multiple of five, a character that is no digit, and five
// digits that stand for more than 32 bits (edge case 226).
func Decode(text string) ([]byte, error) {
	if len(text) == 0 || len(text)%chunkChars != 0 {
		return nil, ErrInvalid
	}
	dst := make([]byte, 0, DecodedLen(len(text)))
	for ; len(text) > 0; text = text[chunkChars:] {
		var n uint64
		for i := range chunkChars {
			v := values[text[i]]
			if v == noDigit {
				return nil, ErrInvalid
			}
			n = n*base + uint64(v)
		}
		if n > math.MaxUint32 {
			return nil, ErrInvalid
		}
		dst = binary.BigEndian.AppendUint32(dst, uint32(n))
	}
	return dst, nil
}
