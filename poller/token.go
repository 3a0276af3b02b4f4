// SPDX-License-Identifier: MPL-2.0

package poller

import (
	"iter"
	"math"
)

// Token names a registered descriptor: the generation of a slot in the high 32
// bits, the slot in the low. The zero Token names nothing.
type Token uint64

// MakeToken puts a token together.
func MakeToken(generation, slot uint32) Token {
	return Token(generation)<<32 | Token(slot)
}

// Slot returns the token's place in its table.
func (t Token) Slot() uint32 { return uint32(t) }

// Generation returns how often the slot had been given up, plus one.
func (t Token) Generation() uint32 { return uint32(t >> 32) }

// wakeToken belongs to the descriptor that ends a blocking Park. No table hands
// it out: slots end before it.
const wakeToken = Token(math.MaxUint64)

// Table maps tokens to values by index. The zero Table is empty. It belongs to
// one goroutine, and grows to the largest number of values held at a time.
type Table[T any] struct {
	slots []slot[T]
	free  []uint32 // slots that hold nothing, the last one given up on top
	used  int
}

type slot[T any] struct {
	generation uint32 // of the value that is here, or that comes next
	held       bool
	value      T
}

// Insert keeps v and returns its token.
func (t *Table[T]) Insert(v T) Token {
	if len(t.free) == 0 {
		t.free = append(t.free, uint32(len(t.slots)))
		t.slots = append(t.slots, slot[T]{generation: 1})
	}
	i := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	s := &t.slots[i]
	s.value, s.held = v, true
	t.used++
	return MakeToken(s.generation, i)
}

// Lookup returns the value that tok names, unless it has been removed.
func (t *Table[T]) Lookup(tok Token) (v T, ok bool) {
	i := tok.Slot()
	if uint64(i) >= uint64(len(t.slots)) {
		return v, false
	}
	s := &t.slots[i]
	if !s.held || s.generation != tok.Generation() {
		return v, false
	}
	return s.value, true
}

// Remove forgets the value that tok names. It returns false where there is none.
func (t *Table[T]) Remove(tok Token) bool {
	if _, ok := t.Lookup(tok); !ok {
		return false
	}
	s := &t.slots[tok.Slot()]
	next := s.generation + 1
	if next == 0 {
		next = 1 // generation 0 is the zero Token's
	}
	*s = slot[T]{generation: next}
	t.free = append(t.free, tok.Slot())
	t.used--
	return true
}

// Len returns how many values are held.
func (t *Table[T]) Len() int { return t.used }

// All yields the values that are held. The loop's body may insert and remove any.
func (t *Table[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := 0; i < len(t.slots); i++ {
			if s := &t.slots[i]; s.held && !yield(s.value) {
				return
			}
		}
	}
}
