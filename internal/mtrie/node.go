// SPDX-License-Identifier: MPL-2.0

package mtrie

import (
	"encoding/binary"
	"math/bits"

	"github.com/zeroloop/zmq/internal/invariant"
)

// A node's record, all parts aligned to words:
//
//	header  4 bytes   label length, number of children, class
//	value   4 bytes   0 if the prefix that ends here is not in the trie
//	label   0…255     the bytes between the key in the parent and this node
//	keys    0…48      first byte of the way to each child, in no order
//	refs    4 each    the children, in the order of keys
//
// In the largest class there are no keys and refs is indexed by the byte.
const (
	valueAt       = 4
	labelAt       = 8
	labelBytesMax = 255

	recordWordsMax = 2 + (labelBytesMax+1)/4 + 256
)

// classes lists the capacities for children. Steps are small because most nodes
// are: a node of ten digits takes 12 places and not 16.
var classes = [...]struct {
	places   int // children at most
	keyBytes int // size of keys, whole words
}{
	{0, 0}, {1, 4}, {2, 4}, {4, 4}, {8, 8}, {12, 12}, {16, 16}, {24, 24}, {32, 32}, {48, 48}, {256, 0},
}

// directClass is the class without keys.
const directClass = len(classes) - 1

// header describes the rest of a record, from the lowest bit: 8 bits for the
// bytes of the label, 9 for the number of children, 4 for the class, 7 for the
// word where refs begins, which saves looking up the class on the way down.
type header uint32

// makeHeader returns the header of a node without children.
func makeHeader(labelBytes, class int) header {
	refsAt := labelAt + (labelBytes+3)&^3 + classes[class].keyBytes
	return header(labelBytes | class<<17 | refsAt/4<<21)
}

// labelBytes returns the length of the label.
func (h header) labelBytes() int { return int(h & 0xff) }

// count returns the number of children.
func (h header) count() int { return int(h >> 8 & 0x1ff) }

// class returns the index in classes.
func (h header) class() int { return int(h >> 17 & 0xf) }

// keysAt returns where the keys begin in the record.
func (h header) keysAt() int { return labelAt + (h.labelBytes()+3)&^3 }

// refsAt returns where the children's refs begin in the record.
func (h header) refsAt() int { return int(h >> 21 * 4) }

// words returns the size of the record.
func (h header) words() int { return h.refsAt()/4 + classes[h.class()].places }

// withCount returns h with n children.
func (h header) withCount(n int) header { return h&^(0x1ff<<8) | header(n<<8) }

// headerOf reads the header of a record.
func headerOf(rec []byte) header { return header(binary.LittleEndian.Uint32(rec)) }

// putHeader writes the header of a record.
func putHeader(rec []byte, h header) { binary.LittleEndian.PutUint32(rec, uint32(h)) }

// valueOf reads the value of a record.
func valueOf(rec []byte) uint32 { return binary.LittleEndian.Uint32(rec[valueAt:]) }

// putValue writes the value of a record.
func putValue(rec []byte, v uint32) { binary.LittleEndian.PutUint32(rec[valueAt:], v) }

// labelOf returns the label of a record.
func labelOf(rec []byte, h header) []byte { return rec[labelAt : labelAt+h.labelBytes()] }

// refAt reads the ref at a place in a record.
func refAt(rec []byte, place int) ref { return ref(binary.LittleEndian.Uint32(rec[place:])) }

// putRef writes the ref at a place in a record.
func putRef(rec []byte, place int, r ref) { binary.LittleEndian.PutUint32(rec[place:], uint32(r)) }

// place returns where in the record the ref of the child for key is, or -1 if
// there is no such child. It compares eight keys at a time: a zero byte of x is
// a key that is equal, and the lowest bit of hit is at the first zero byte. What
// it reads beyond the last key, refs or unused places, comes after all keys and
// does not count.
func place(rec []byte, h header, key byte) int {
	if h.class() == directClass {
		p := h.keysAt() + 4*int(key)
		if refAt(rec, p) == 0 {
			return -1
		}
		return p
	}
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	n, keys := h.count(), rec[h.keysAt():]
	for i := 0; i < n; i += 8 {
		x := binary.LittleEndian.Uint64(keys[i:]) ^ uint64(key)*ones
		if hit := (x - ones) &^ x & tops; hit != 0 {
			if i += bits.TrailingZeros64(hit) / 8; i >= n {
				return -1
			}
			return h.refsAt() + 4*i
		}
	}
	return -1
}

// child returns the i-th child and its key, or ref 0 where a direct node has
// none; i counts to slots.
func child(rec []byte, h header, i int) (byte, ref) {
	if h.class() == directClass {
		return byte(i), refAt(rec, h.keysAt()+4*i)
	}
	return rec[h.keysAt()+i], refAt(rec, h.refsAt()+4*i)
}

// slots returns the bound of i for child.
func slots(h header) int {
	if h.class() == directClass {
		return classes[directClass].places
	}
	return h.count()
}

// addChild adds a child to a record that has room for it and none for key.
func addChild(rec []byte, key byte, r ref) {
	h := headerOf(rec)
	n := h.count()
	invariant.Check(n < classes[h.class()].places, "mtrie: a child too many for its class")
	if h.class() == directClass {
		putRef(rec, h.keysAt()+4*int(key), r)
	} else {
		rec[h.keysAt()+n] = key
		putRef(rec, h.refsAt()+4*n, r)
	}
	putHeader(rec, h.withCount(n+1))
}

// removeChild removes the child for key, which must be there. The last child
// takes its place.
func removeChild(rec []byte, key byte) {
	h := headerOf(rec)
	p, last := place(rec, h, key), h.count()-1
	invariant.Check(p >= 0, "mtrie: removing a child that is not there")
	putHeader(rec, h.withCount(last))
	if h.class() == directClass {
		putRef(rec, p, 0)
		return
	}
	i := (p - h.refsAt()) / 4
	rec[h.keysAt()+i] = rec[h.keysAt()+last]
	putRef(rec, p, refAt(rec, h.refsAt()+4*last))
}

// newNode allocates a node without value and children. It returns 0 if the
// arena is full.
func (a *arena) newNode(label []byte, class int) ref {
	h := makeHeader(len(label), class)
	r := a.alloc(h.words())
	if r == 0 {
		return 0
	}
	rec := a.at(r)
	putHeader(rec, h)
	putValue(rec, 0)
	copy(rec[labelAt:], label)
	if class == directClass {
		clear(rec[h.refsAt() : h.words()*4])
	}
	return r
}

// freeNode frees the record of a node, not its children.
func (a *arena) freeNode(r ref) { a.release(r, headerOf(a.at(r)).words()) }

// rebuild replaces the node at old by one with the given label and class and
// the same value and children, and returns it. It returns 0 and changes nothing
// if the arena is full. label may be a view of the old record.
func (a *arena) rebuild(old ref, label []byte, class int) ref {
	r := a.newNode(label, class)
	if r == 0 {
		return 0
	}
	from, to := a.at(old), a.at(r)
	putValue(to, valueOf(from))
	h := headerOf(from)
	for i := range slots(h) {
		if key, c := child(from, h, i); c != 0 {
			addChild(to, key, c)
		}
	}
	a.freeNode(old)
	return r
}
