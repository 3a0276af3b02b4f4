// SPDX-License-Identifier: MPL-2.0

package salsa8

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"golang.org/x/crypto/salsa20/salsa"
)

// compare encrypts with both.
func compare(t *testing.T, key [32]byte, nonce [8]byte, block uint32, src []byte) {
	t.Helper()
	var s State
	s.SetKey(&key)
	want := make([]byte, len(src))
	counter := [16]byte(append(nonce[:], make([]byte, 8)...))
	binary.LittleEndian.PutUint32(counter[8:], block)
	salsa.XORKeyStream(want, src, &counter, &key)
	dst := make([]byte, len(src)+1)
	dst[len(src)] = 0x5a
	before := bytes.Clone(src)
	n := s.XOR(dst, src, &nonce, block)
	if whole := len(src) / ChunkBytes * ChunkBytes; n != whole && (usable || n != 0) {
		t.Fatalf("%d bytes of %d", n, len(src))
	}
	if !bytes.Equal(dst[:n], want[:n]) {
		t.Fatalf("%d bytes from block %d differ", n, block)
	}
	if !bytes.Equal(dst[n:], append(make([]byte, len(src)-n), 0x5a)) || !bytes.Equal(src, before) {
		t.Fatal("something else was written to")
	}
	if s.XOR(src, src, &nonce, block); !bytes.Equal(src[:n], want[:n]) {
		t.Fatal("in place it is something else")
	}
}

// TestSameAsCrypto: for keys, nonces, block numbers and sizes by chance, at any
// alignment.
func TestSameAsCrypto(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	fill := func(b []byte) []byte {
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for i := range 300 {
		src := fill(make([]byte, random.IntN(5*ChunkBytes)+8))[i%8:]
		compare(t, [32]byte(fill(make([]byte, 32))), [8]byte(fill(make([]byte, 8))), random.Uint32()>>8, src)
	}
	for size := range 3 {
		compare(t, [32]byte{}, [8]byte{}, 0, make([]byte, size*ChunkBytes))
	}
}

// FuzzSameAsCrypto: for whatever comes.
func FuzzSameAsCrypto(f *testing.F) {
	f.Add(make([]byte, 40), uint32(1), make([]byte, ChunkBytes))
	f.Fuzz(func(t *testing.T, keyNonce []byte, block uint32, src []byte) {
		if len(keyNonce) != 40 || block > 1<<31 {
			return
		}
		compare(t, [32]byte(keyNonce), [8]byte(keyNonce[32:]), block, src)
	})
}

// TestNoAllocation: it takes no memory.
func TestNoAllocation(t *testing.T) {
	var s State
	b := make([]byte, 4*ChunkBytes)
	var nonce [8]byte
	if n := testing.AllocsPerRun(100, func() { s.XOR(b, b, &nonce, 1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkXOR(b *testing.B) {
	src := make([]byte, 64<<10)
	var s State
	var key [32]byte
	s.SetKey(&key)
	b.Run("here", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		var nonce [8]byte
		for b.Loop() {
			s.XOR(src, src, &nonce, 1)
		}
	})
	b.Run("crypto", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		var counter [16]byte
		for b.Loop() {
			salsa.XORKeyStream(src, src, &counter, &key)
		}
	})
}
