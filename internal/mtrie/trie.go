// SPDX-License-Identifier: MPL-2.0

package mtrie

import "math"

// Trie is a set of prefixes in which each counts its references, as SUB and
// XSUB need it (trie_t). The zero value is empty. See the package on threads.
type Trie struct {
	arena    arena
	prefixes tree // value: number of references
	all      bool // the empty prefix is there, which everything begins with
	topics   int
}

// Fits reports whether Add will store prefix: it is no longer than
// PrefixBytesMax and the trie has room.
func (t *Trie) Fits(prefix []byte) bool { return t.arena.fitsKey(prefix, 1) }

// Add counts a reference to prefix, which it copies, and reports whether it is
// the first. The count ends at 2³²-1. It stores nothing and returns false if the prefix does not fit.
func (t *Trie) Add(prefix []byte) (isNew bool) {
	if !t.arena.fitsKey(prefix, 1) {
		return false
	}
	r := t.prefixes.insert(&t.arena, prefix)
	refs := t.arena.value(r)
	if refs == 0 {
		t.topics++
	}
	if refs < math.MaxUint32 {
		t.arena.setValue(r, refs+1)
	}
	t.all = t.all || len(prefix) == 0
	return refs == 0
}

// Remove takes back one Add of prefix. found tells whether there was one,
// wasLast whether the prefix is gone now.
func (t *Trie) Remove(prefix []byte) (wasLast, found bool) {
	p := t.prefixes.find(&t.arena, prefix)
	refs := t.arena.value(p.node)
	if refs == 0 {
		return false, false
	}
	if refs > 1 {
		t.arena.setValue(p.node, refs-1)
		return false, true
	}
	t.prefixes.remove(&t.arena, p)
	t.topics--
	t.all = t.all && len(prefix) > 0
	return true, true
}

// Match reports whether data begins with a prefix in the trie. It does not
// allocate.
func (t *Trie) Match(data []byte) bool { return t.all || t.match(data) }

func (t *Trie) match(data []byte) bool {
	for cur := t.prefixes.root; cur != 0; {
		rec := t.arena.at(cur)
		h := headerOf(rec)
		if n := h.labelBytes(); n > 0 {
			if len(data) < n || string(data[:n]) != string(labelOf(rec, h)) {
				return false
			}
			data = data[n:]
		}
		if valueOf(rec) != 0 {
			return true
		}
		if len(data) == 0 {
			return false
		}
		p := place(rec, h, data[0])
		if p < 0 {
			return false
		}
		cur, data = refAt(rec, p), data[1:]
	}
	return false
}

// Visit calls visit for each prefix once, in no particular order. The slice is
// valid during the call only, and visit must not change the trie.
func (t *Trie) Visit(visit func(prefix []byte)) {
	t.prefixes.walk(&t.arena, func(prefix []byte, _ uint32) { visit(prefix) })
}

// Len returns the number of different prefixes.
func (t *Trie) Len() int { return t.topics }
