// SPDX-License-Identifier: MPL-2.0

package mtrie

import (
	"encoding/binary"

	"github.com/zeroloop/zmq/internal/invariant"
)

const (
	// chunkShift sets the size of a chunk of the arena: 64 Ki words of 4 bytes.
	// Larger chunks would save entries in the chunk table, which is in the L1
	// cache anyway; smaller ones would lose more at their ends.
	chunkShift = 16
	chunkWords = 1 << chunkShift
	chunkMask  = chunkWords - 1

	// firstChunkWords is what a trie with one subscription takes. The first
	// chunk doubles until it has full size, so that a socket with a few
	// subscriptions stays small.
	firstChunkWords = 16

	// arenaChunksMax bounds an arena to what a ref can address: 16 GiB.
	arenaChunksMax = 1 << (32 - chunkShift)
)

// ref is the position of a record in its arena, in words of 4 bytes; 0 is none.
type ref uint32

// arena hands out the memory of records, in words. Freed records are kept by
// size for the next one of the same size. The zero value is ready to use.
type arena struct {
	chunks    [][]byte
	used      int // words taken from the last chunk
	liveWords int // words in records that are not free
	chunksMax int // for tests; 0 means arenaChunksMax

	// free heads a list of free records for each size in words; a free record
	// begins with the ref of the next. Most tries never need it.
	free *[recordWordsMax + 1]ref
}

// at returns the bytes of the record at r and beyond, valid until the next
// alloc.
func (a *arena) at(r ref) []byte {
	return a.chunks[r>>chunkShift][(r&chunkMask)*4:]
}

// alloc returns a record of the given number of words with undefined contents,
// or 0 if the arena is full.
func (a *arena) alloc(words int) ref {
	if a.free != nil && a.free[words] != 0 {
		r := a.free[words]
		a.free[words] = ref(binary.LittleEndian.Uint32(a.at(r)))
		a.liveWords += words
		return r
	}
	if !a.reserve(words) {
		return 0
	}
	r := ref((len(a.chunks)-1)<<chunkShift + a.used)
	a.used += words
	a.liveWords += words
	return r
}

// reserve makes the last chunk have room for words more.
func (a *arena) reserve(words int) bool {
	if len(a.chunks) == 0 {
		a.chunks = append(a.chunks, make([]byte, firstChunkWords*4))
		a.used = 1 // so that no record is at 0
	}
	last := len(a.chunks) - 1
	have := len(a.chunks[last]) / 4
	if a.used+words <= have {
		return true
	}
	if a.used+words <= chunkWords { // only the first chunk is ever smaller
		for have < a.used+words {
			have *= 2
		}
		grown := make([]byte, have*4)
		copy(grown, a.chunks[last])
		a.chunks[last] = grown
		return true
	}
	if len(a.chunks) >= a.maxChunks() {
		return false
	}
	if rest := chunkWords - a.used; rest > 0 && rest <= recordWordsMax {
		a.keep(ref(last<<chunkShift+a.used), rest)
	}
	a.chunks = append(a.chunks, make([]byte, chunkWords*4))
	a.used = 0
	return true
}

// release frees the record at r.
func (a *arena) release(r ref, words int) {
	invariant.Poison(a.at(r)[:words*4])
	a.liveWords -= words
	if a.liveWords == 0 {
		a.chunks, a.free, a.used = nil, nil, 0
		return
	}
	a.keep(r, words)
}

// keep puts the words at r on the free list of their size.
func (a *arena) keep(r ref, words int) {
	if a.free == nil {
		a.free = new([recordWordsMax + 1]ref)
	}
	binary.LittleEndian.PutUint32(a.at(r), uint32(a.free[words]))
	a.free[words] = r
}

// fits reports whether the given number of words can be allocated for sure, in
// records of any size.
func (a *arena) fits(words int) bool {
	const usable = chunkWords - recordWordsMax // of a chunk, at least
	room := int64(a.maxChunks()-len(a.chunks)) * usable
	if len(a.chunks) > 0 {
		room += int64(max(usable-a.used, 0))
	}
	return int64(words) <= room
}

// maxChunks returns the bound on the number of chunks.
func (a *arena) maxChunks() int {
	if a.chunksMax != 0 {
		return a.chunksMax
	}
	return arenaChunksMax
}

// bytes returns the size of the memory that the arena has from Go's heap.
func (a *arena) bytes() int {
	n := 0
	for _, c := range a.chunks {
		n += len(c)
	}
	if a.free != nil {
		n += 4 * len(a.free)
	}
	return n + 24*cap(a.chunks)
}
