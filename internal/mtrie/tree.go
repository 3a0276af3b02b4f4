// SPDX-License-Identifier: MPL-2.0

package mtrie

import "github.com/zeroloop/zmq/internal/invariant"

// PrefixBytesMax is the length in bytes of the longest prefix that a trie
// stores. libzmq has no limit; a subscription longer than this is taken for an
// attack on the memory of its publisher.
const PrefixBytesMax = 64 << 10

// tree is a radix tree of prefixes, each with a value other than 0. It lives in
// an arena, which several trees may share and which is passed to each call. The
// root has no label and no key.
type tree struct{ root ref }

// link is where the ref of a node is kept: a place in its parent's record, or
// the tree's root if parent is 0. It is valid until the parent moves.
type link struct {
	parent ref
	place  int
}

// set makes the node at l be r.
func (t *tree) set(a *arena, l link, r ref) {
	if l.parent == 0 {
		t.root = r
		return
	}
	putRef(a.at(l.parent), l.place, r)
}

// fitsKey reports whether key can be inserted into as many trees in a, whatever
// they look like.
func (a *arena) fitsKey(key []byte, trees int) bool {
	const besides = 4 // nodes made or rebuilt other than those of the new label
	nodes := besides + len(key)/(labelBytesMax+1) + 1
	return len(key) <= PrefixBytesMax && a.fits(trees*nodes*recordWordsMax)
}

// insert returns the node of key, made if needed; a new one has the value 0 and
// the caller sets it at once.
// Precondition: a.fitsKey has said so.
func (t *tree) insert(a *arena, key []byte) ref {
	if t.root == 0 {
		t.root = a.newNode(nil, 0)
	}
	at, cur := link{}, t.root
	for {
		rec := a.at(cur)
		h := headerOf(rec)
		label := labelOf(rec, h)
		same := commonBytes(label, key)
		if same < len(label) {
			return t.split(a, at, same, key[same:])
		}
		key = key[same:]
		if len(key) == 0 {
			return cur
		}
		p := place(rec, h, key[0])
		if p < 0 {
			return t.branch(a, at, key)
		}
		at, cur = link{cur, p}, refAt(rec, p)
		key = key[1:]
	}
}

// node returns the node at l.
func (t *tree) node(a *arena, l link) ref {
	if l.parent == 0 {
		return t.root
	}
	return refAt(a.at(l.parent), l.place)
}

// split divides the node at l in two after the first same bytes of its label,
// and returns the node of the key that goes on with rest from there.
func (t *tree) split(a *arena, l link, same int, rest []byte) ref {
	old := t.node(a, l)
	rec := a.at(old)
	h := headerOf(rec)
	label := labelOf(rec, h) // remains readable until old is freed
	class := 1
	if len(rest) > 0 {
		class = 2 // another child will follow
	}
	key := label[same]
	upper := a.newNode(label[:same], class)
	lower := a.rebuild(old, label[same+1:], h.class())
	invariant.Check(upper != 0 && lower != 0, "mtrie: insert without room")
	addChild(a.at(upper), key, lower)
	t.set(a, l, upper)
	if len(rest) == 0 {
		return upper
	}
	return t.branch(a, l, rest)
}

// branch adds a child for key to the node at l, which has none for its first
// byte, and returns the node of key.
func (t *tree) branch(a *arena, l link, key []byte) ref {
	top, bottom := a.newChain(key[1:])
	cur := t.node(a, l)
	rec := a.at(cur)
	h := headerOf(rec)
	if h.count() == classes[h.class()].places {
		cur = a.rebuild(cur, labelOf(rec, h), h.class()+1)
		invariant.Check(cur != 0, "mtrie: insert without room")
		t.set(a, l, cur)
	}
	addChild(a.at(cur), key[0], top)
	return bottom
}

// newChain makes as many nodes, one below the other, as label needs.
func (a *arena) newChain(label []byte) (top, bottom ref) {
	var above ref
	var key byte
	for {
		part, class := label, 0
		if len(label) > labelBytesMax {
			part, class = label[:labelBytesMax], 1
		}
		bottom = a.newNode(part, class)
		invariant.Check(bottom != 0, "mtrie: insert without room")
		if above == 0 {
			top = bottom
		} else {
			addChild(a.at(above), key, bottom)
		}
		if class == 0 {
			return top, bottom
		}
		above, key = bottom, label[labelBytesMax]
		label = label[labelBytesMax+1:]
	}
}

// commonBytes returns the number of bytes at the beginning of a and b that are
// the same.
func commonBytes(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
