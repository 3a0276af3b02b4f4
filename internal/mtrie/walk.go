// SPDX-License-Identifier: MPL-2.0

package mtrie

// frame is a node on the way from the root to where a walk is.
type frame struct {
	node   ref
	next   int // child to visit next
	prefix int // bytes of the prefix up to and including the node
}

// walk calls visit for each prefix in the tree with its value. The slice is
// valid during the call only. visit must not change this tree; others in the
// same arena it may.
func (t *tree) walk(a *arena, visit func(prefix []byte, value uint32)) {
	t.traverse(a, visit, func(ref) {})
}

// drain is walk that frees each node after it and everything below it was
// visited. The tree is empty afterwards.
func (t *tree) drain(a *arena, visit func(prefix []byte, value uint32)) {
	t.traverse(a, visit, a.freeNode)
	t.root = 0
}

// traverse visits each prefix on the way down and leaves each node on the way
// up.
func (t *tree) traverse(a *arena, visit func(prefix []byte, value uint32), leave func(ref)) {
	if t.root == 0 {
		return
	}
	var prefix []byte
	var stack []frame
	enter := func(r ref) {
		rec := a.at(r)
		prefix = append(prefix, labelOf(rec, headerOf(rec))...)
		stack = append(stack, frame{node: r, prefix: len(prefix)})
		if v := valueOf(rec); v != 0 {
			visit(prefix, v)
		}
	}
	enter(t.root)
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		rec := a.at(top.node) // anew each time: visit may have moved the arena
		h := headerOf(rec)
		if top.next == slots(h) {
			leave(top.node)
			stack = stack[:len(stack)-1]
			continue
		}
		key, c := child(rec, h, top.next)
		top.next++
		if c != 0 {
			prefix = append(prefix[:top.prefix], key)
			enter(c)
		}
	}
}
