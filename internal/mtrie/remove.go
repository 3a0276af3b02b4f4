// SPDX-License-Identifier: MPL-2.0

package mtrie

import "bytes"

// path is the way to a node that is to be removed.
type path struct {
	at   link // of the node
	node ref

	// The deepest node above that stays when the node and the links of long
	// labels above it go: it has a value, or another child, or is the root.
	anchor    ref
	anchorAt  link
	anchorKey byte // towards the node
}

// find returns the path to the node of key; its node is 0 if there is none.
func (t *tree) find(a *arena, key []byte) path {
	p := path{node: t.root}
	for p.node != 0 {
		rec := a.at(p.node)
		h := headerOf(rec)
		if !bytes.HasPrefix(key, labelOf(rec, h)) {
			break
		}
		key = key[h.labelBytes():]
		if len(key) == 0 {
			return p
		}
		place := place(rec, h, key[0])
		if place < 0 {
			break
		}
		if p.node == t.root || valueOf(rec) != 0 || h.count() > 1 {
			p.anchor, p.anchorAt, p.anchorKey = p.node, p.at, key[0]
		}
		p.at, p.node = link{p.node, place}, refAt(rec, place)
		key = key[1:]
	}
	return path{}
}

// value returns the value of the node at r, 0 if r is 0.
func (a *arena) value(r ref) uint32 {
	if r == 0 {
		return 0
	}
	return valueOf(a.at(r))
}

// setValue sets the value of the node at r.
func (a *arena) setValue(r ref, v uint32) { putValue(a.at(r), v) }

// remove takes the node at the end of p out of the tree.
// Precondition: nothing has changed since find.
func (t *tree) remove(a *arena, p path) {
	a.setValue(p.node, 0)
	switch children := headerOf(a.at(p.node)).count(); {
	case children > 1:
		return
	case children == 1:
		t.merge(a, p.at)
	case p.node != t.root:
		t.cut(a, p)
	}
	if t.root != 0 && headerOf(a.at(t.root)).count() == 0 && a.value(t.root) == 0 {
		a.freeNode(t.root)
		t.root = 0
	}
}

// cut frees the nodes from below p's anchor down to p's node, which has no
// children, and tidies up the anchor.
func (t *tree) cut(a *arena, p path) {
	rec := a.at(p.anchor)
	cur := refAt(rec, place(rec, headerOf(rec), p.anchorKey))
	for {
		var next ref
		if cur != p.node {
			rec := a.at(cur)
			_, next = onlyChild(rec, headerOf(rec))
		}
		a.freeNode(cur)
		if next == 0 {
			break
		}
		cur = next
	}
	removeChild(a.at(p.anchor), p.anchorKey)
	t.shrink(a, p.anchorAt)
	t.merge(a, p.anchorAt)
}

// shrink gives the node at l a smaller class once that is half empty: half, so
// that a subscription that comes and goes does not move it each time. It
// remains as it is if the arena is full.
func (t *tree) shrink(a *arena, l link) {
	cur := t.node(a, l)
	rec := a.at(cur)
	h := headerOf(rec)
	class := h.class()
	for class > 0 && h.count() <= classes[class-1].places/2 {
		class--
	}
	if class == h.class() {
		return
	}
	if r := a.rebuild(cur, labelOf(rec, h), class); r != 0 {
		t.set(a, l, r)
	}
}

// merge joins the node at l with its child if M3 allows neither to be on its
// own. They remain as they are if the label would be too long or the arena is
// full.
func (t *tree) merge(a *arena, l link) {
	cur := t.node(a, l)
	rec := a.at(cur)
	h := headerOf(rec)
	if cur == t.root || valueOf(rec) != 0 || h.count() != 1 {
		return
	}
	key, below := onlyChild(rec, h)
	brec := a.at(below)
	bh := headerOf(brec)
	if h.labelBytes()+1+bh.labelBytes() > labelBytesMax {
		return
	}
	var buf [labelBytesMax]byte
	label := append(buf[:0], labelOf(rec, h)...)
	label = append(label, key)
	label = append(label, labelOf(brec, bh)...)
	r := a.rebuild(below, label, bh.class())
	if r == 0 {
		return
	}
	t.set(a, l, r)
	a.freeNode(cur)
}

// onlyChild returns the child of a node that has one.
func onlyChild(rec []byte, h header) (byte, ref) {
	for i := range slots(h) {
		if key, c := child(rec, h, i); c != 0 {
			return key, c
		}
	}
	return 0, 0
}
