// SPDX-License-Identifier: MPL-2.0

// Package salsa8 encrypts with Salsa20, eight blocks at a time, where the processor
// has AVX2; elsewhere it does nothing, and leaves the work to
// golang.org/x/crypto/salsa20/salsa, with which its tests compare it.
package salsa8

import "encoding/binary"

//go:generate go run gen.go

const (
	// ChunkBytes is what is encrypted at a time: eight blocks.
	ChunkBytes = 8 * blockBytes
	blockBytes = 64
	lanes      = 8

	nonceWord   = 6
	counterWord = 8
)

// State is the sixteen words of eight neighbouring blocks, word by word. It holds a
// key; its owner wipes it by setting it to its zero value.
type State [16][lanes]uint32

// SetKey begins a state of a key.
func (s *State) SetKey(key *[32]byte) {
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(key[4*i:]) }
	words := [16]uint32{
		0x61707865, word(0), word(1), word(2),
		word(3), 0x3320646e, 0, 0,
		0, 0, 0x79622d32, word(4),
		word(5), word(6), word(7), 0x6b206574,
	}
	for i, w := range words {
		s.fill(i, w)
	}
}

func (s *State) fill(word int, w uint32) {
	for i := range s[word] {
		s[word][i] = w
	}
}

// XOR encrypts, or decrypts, as many whole chunks as src has, with the blocks from
// number block on, and returns how many bytes that were. Numbers stay below 2^32.
// dst and src are the same memory or do not overlap.
func (s *State) XOR(dst, src []byte, nonce *[8]byte, block uint32) int {
	n := len(src) / ChunkBytes
	if !usable || n == 0 {
		return 0
	}
	s.fill(nonceWord, binary.LittleEndian.Uint32(nonce[:]))
	s.fill(nonceWord+1, binary.LittleEndian.Uint32(nonce[4:]))
	for i := range s[counterWord] {
		s[counterWord][i] = block + uint32(i)
	}
	_ = dst[n*ChunkBytes-1]
	xor(&dst[0], &src[0], n, s)
	return n * ChunkBytes
}
