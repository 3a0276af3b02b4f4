// SPDX-License-Identifier: MPL-2.0

package mtrie

import (
	"slices"

	"github.com/zeroloop/zmq/internal/invariant"
)

// Removal is the outcome of MTrie.Remove.
type Removal int

// The outcomes. libzmq's XPUB tells its user of LastRemoved and of NotFound.
const (
	NotFound     Removal = iota // v did not hold the prefix
	ValuesRemain                // others still hold it
	LastRemoved                 // nobody holds it any more
)

// MTrie maps prefixes to sets of values, such as the pipes that subscribed to
// them (generic_mtrie_t). The zero value is empty. See the package on threads.
//
// Each value has a small number, its id; the nodes of the tree refer to sets of
// ids. Besides, each value has its own tree of the prefixes it holds, in the
// same arena, so that removing a value costs what it holds and not what there
// is: libzmq walks the whole trie whenever a subscriber leaves.
type MTrie[T comparable] struct {
	arena  arena
	topics tree // value: a set, see setRef
	sets   sets
	count  int // prefixes

	ids     map[T]uint32
	holders []holder[T] // by id
	freeIDs []uint32
}

// holder is a value that holds prefixes.
type holder[T comparable] struct {
	v     T
	held  tree // value: 1
	count int  // prefixes in held
}

// Fits reports whether Add will store prefix: it is no longer than
// PrefixBytesMax and the trie has room.
func (t *MTrie[T]) Fits(prefix []byte) bool {
	return t.arena.fitsKey(prefix, 2) // topics and the holder's own
}

// Add makes v hold prefix, which is copied, and reports whether nobody held it
// before. Adding the same once more changes nothing (mtrie_t::add keeps a set).
// It stores nothing and returns false if the prefix does not fit.
func (t *MTrie[T]) Add(prefix []byte, v T) (first bool) {
	if !t.Fits(prefix) {
		return false
	}
	id := t.id(v)
	h := &t.holders[id]
	own := h.held.insert(&t.arena, prefix)
	if t.arena.value(own) != 0 {
		return false
	}
	t.arena.setValue(own, 1)
	h.count++
	r := t.topics.insert(&t.arena, prefix)
	old := setRef(t.arena.value(r))
	t.arena.setValue(r, uint32(t.sets.add(old, id)))
	if old == 0 {
		t.count++
	}
	return old == 0
}

// id returns the id of v, a new one if v holds nothing yet.
func (t *MTrie[T]) id(v T) uint32 {
	if id, ok := t.ids[v]; ok {
		return id
	}
	if t.ids == nil {
		t.ids = make(map[T]uint32)
	}
	id := uint32(len(t.holders))
	if n := len(t.freeIDs); n > 0 {
		id, t.freeIDs = t.freeIDs[n-1], t.freeIDs[:n-1]
	} else {
		t.holders = append(t.holders, holder[T]{})
	}
	t.holders[id].v = v
	t.ids[v] = id
	return id
}

// dropID forgets a value that holds nothing any more.
func (t *MTrie[T]) dropID(id uint32) {
	delete(t.ids, t.holders[id].v)
	t.holders[id] = holder[T]{}
	t.freeIDs = append(t.freeIDs, id)
	if len(t.ids) == 0 {
		t.ids, t.holders, t.freeIDs = nil, nil, nil
	}
}

// Remove makes v hold prefix no longer (mtrie_t::rm).
func (t *MTrie[T]) Remove(prefix []byte, v T) Removal {
	id, ok := t.ids[v]
	if !ok {
		return NotFound
	}
	h := &t.holders[id]
	own := h.held.find(&t.arena, prefix)
	if t.arena.value(own.node) == 0 {
		return NotFound
	}
	h.held.remove(&t.arena, own)
	h.count--
	if h.count == 0 {
		t.dropID(id)
	}
	if t.removeTopic(prefix, id) {
		return LastRemoved
	}
	return ValuesRemain
}

// removeTopic takes id out of the set of prefix and reports whether it was the
// last.
func (t *MTrie[T]) removeTopic(prefix []byte, id uint32) (last bool) {
	p := t.topics.find(&t.arena, prefix)
	invariant.Check(p.node != 0, "mtrie: a held prefix is no topic")
	rest := t.sets.remove(setRef(t.arena.value(p.node)), id)
	if rest != 0 {
		t.arena.setValue(p.node, uint32(rest))
		return false
	}
	t.topics.remove(&t.arena, p)
	t.count--
	return true
}

// RemoveAll makes v hold nothing any more and calls visit for each prefix that
// it held, in no particular order; last says that nobody holds it any more. The
// cost is that of the prefixes that v held. The slice is valid during the call
// only, and visit must not use the trie.
func (t *MTrie[T]) RemoveAll(v T, visit func(prefix []byte, last bool)) {
	id, ok := t.ids[v]
	if !ok {
		return
	}
	t.holders[id].held.drain(&t.arena, func(prefix []byte, _ uint32) {
		visit(prefix, t.removeTopic(prefix, id))
	})
	t.dropID(id)
}

// Deepest returns a number that stands for the prefixes of data that are held: data
// of the same number have the same ones, as long as the trie does not change. 0 is
// none.
func (t *MTrie[T]) Deepest(data []byte) (deepest uint32) {
	for cur := t.topics.root; cur != 0; {
		rec := t.arena.at(cur)
		h := headerOf(rec)
		if n := h.labelBytes(); n > 0 {
			if len(data) < n || string(data[:n]) != string(labelOf(rec, h)) {
				return deepest
			}
			data = data[n:]
		}
		if valueOf(rec) != 0 {
			deepest = uint32(cur)
		}
		if len(data) == 0 {
			return deepest
		}
		p := place(rec, h, data[0])
		if p < 0 {
			return deepest
		}
		cur, data = refAt(rec, p), data[1:]
	}
	return deepest
}

// Match calls visit for each value that holds a prefix of data, once for each
// such prefix. It does not allocate; visit must not change the trie.
func (t *MTrie[T]) Match(data []byte, visit func(v T)) {
	for cur := t.topics.root; cur != 0; {
		rec := t.arena.at(cur)
		h := headerOf(rec)
		if n := h.labelBytes(); n > 0 {
			if len(data) < n || string(data[:n]) != string(labelOf(rec, h)) {
				return
			}
			data = data[n:]
		}
		if v := setRef(valueOf(rec)); v != 0 {
			t.visitSet(v, visit)
		}
		if len(data) == 0 {
			return
		}
		p := place(rec, h, data[0])
		if p < 0 {
			return
		}
		cur, data = refAt(rec, p), data[1:]
	}
}

// visitSet calls visit for each value in a set.
func (t *MTrie[T]) visitSet(s setRef, visit func(v T)) {
	if id, ok := s.single(); ok {
		visit(t.holders[id].v)
		return
	}
	for _, id := range t.sets.many(s) {
		visit(t.holders[id].v)
	}
}

// Holders returns the number of values that hold a prefix.
func (t *MTrie[T]) Holders() int { return len(t.ids) }

// Len returns the number of different prefixes that somebody holds.
func (t *MTrie[T]) Len() int { return t.count }

// setRef refers to a set of ids: 0 is the empty set, an odd number is a set of
// the one id n>>1, an even number is the place n>>1 in sets.
type setRef uint32

// single returns the id of a set of one.
func (s setRef) single() (id uint32, ok bool) { return uint32(s >> 1), s&1 == 1 }

// sets keeps the sets that have more than one id. Place 0 is not used.
type sets struct {
	byPlace [][]uint32 // each sorted
	free    []uint32   // places
}

// many returns the ids of a set of more than one, sorted.
func (s *sets) many(r setRef) []uint32 { return s.byPlace[r>>1] }

// add returns the set r with id, which is not in it, added.
func (s *sets) add(r setRef, id uint32) setRef {
	if r == 0 {
		return setRef(id<<1 | 1)
	}
	if one, ok := r.single(); ok {
		return s.put([]uint32{min(one, id), max(one, id)})
	}
	ids := s.byPlace[r>>1]
	i, found := slices.BinarySearch(ids, id)
	invariant.Check(!found, "mtrie: an id twice in a set")
	s.byPlace[r>>1] = slices.Insert(ids, i, id)
	return r
}

// put gives ids a place.
func (s *sets) put(ids []uint32) setRef {
	if n := len(s.free); n > 0 {
		place := s.free[n-1]
		s.free = s.free[:n-1]
		s.byPlace[place] = ids
		return setRef(place << 1)
	}
	if len(s.byPlace) == 0 {
		s.byPlace = append(s.byPlace, nil)
	}
	s.byPlace = append(s.byPlace, ids)
	return setRef((len(s.byPlace) - 1) << 1)
}

// remove returns the set r without id, which is in it.
func (s *sets) remove(r setRef, id uint32) setRef {
	if _, ok := r.single(); ok {
		return 0
	}
	ids := s.byPlace[r>>1]
	i, found := slices.BinarySearch(ids, id)
	invariant.Check(found, "mtrie: an id missing in its set")
	ids = slices.Delete(ids, i, i+1)
	if len(ids) > 1 {
		s.byPlace[r>>1] = ids
		return r
	}
	s.byPlace[r>>1] = nil
	s.free = append(s.free, uint32(r>>1))
	return setRef(ids[0]<<1 | 1)
}
