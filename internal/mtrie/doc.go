// SPDX-License-Identifier: MPL-2.0

// Package mtrie holds subscriptions: which prefixes of a message somebody wants.
//
// MTrie maps each prefix to the set of those who subscribed to it; XPUB keeps
// one to find the pipes for a message (mtrie_t in libzmq). Trie counts
// references to prefixes; SUB and XSUB filter with it and send its content to
// new peers (trie_t, radix_tree_t).
//
// Both are radix trees with compressed paths. The nodes are variable-size
// records in an arena of plain bytes and refer to each other by position:
//
//	M1: no node holds a Go pointer, so the garbage collector does not look at a
//	    million subscriptions.
//	M2: a node, its label, its children's keys and references lie side by side,
//	    so that a step down costs one or two cache misses.
//	M3: a node other than the root has a value, or two children, or is part
//	    of a label that is longer than one node holds.
//	M4: nothing recurses; a prefix may have up to PrefixBytesMax bytes.
//	M5: a position of a node is valid until the next change of the trie; a view
//	    of its bytes until the next allocation.
//
// Nothing here is safe for use by more than one goroutine at a time, not even
// matching during a change: the owner is the socket's thread. The zero values
// are empty tries, ready to use.
//
// Reading order: mtrie.go, trie.go (the API); tree.go, remove.go, walk.go (the
// radix tree), node.go (the record), arena.go (the memory).
package mtrie
