// SPDX-License-Identifier: MPL-2.0

package mtrie

import (
	"bytes"
	"fmt"
	"testing"
)

func TestSameSubscriberTwiceIsOne(t *testing.T) { // edge case 196
	var trie MTrie[int]
	p := []byte("topic")
	for i, want := range []bool{true, false} {
		if got := trie.Add(p, 1); got != want {
			t.Errorf("Add no. %d = %v", i+1, got)
		}
	}
	for i, want := range []Removal{LastRemoved, NotFound} {
		if got := trie.Remove(p, 1); got != want {
			t.Errorf("Remove no. %d = %v, want %v", i+1, got, want)
		}
	}
}

func TestRemoveTellsUnknownFromShared(t *testing.T) { // edge case 198
	var trie MTrie[int]
	trie.Add([]byte("ab"), 1)
	trie.Add([]byte("ab"), 2)
	trie.Add([]byte("abc"), 2)
	for _, c := range []struct {
		prefix string
		v      int
		want   Removal
	}{
		{"abc", 1, NotFound}, {"a", 1, NotFound}, {"", 1, NotFound}, {"abcd", 2, NotFound},
		{"ab", 3, NotFound}, {"ab", 1, ValuesRemain}, {"ab", 1, NotFound},
		{"ab", 2, LastRemoved}, {"abc", 2, LastRemoved}, {"abc", 2, NotFound},
	} {
		if got := trie.Remove([]byte(c.prefix), c.v); got != c.want {
			t.Errorf("Remove(%q, %d) = %v, want %v", c.prefix, c.v, got, c.want)
		}
	}
}

func TestPrefixLengthBound(t *testing.T) {
	var trie Trie
	var mtrie MTrie[int]
	longest := bytes.Repeat([]byte{'x'}, PrefixBytesMax)
	tooLong := append(bytes.Clone(longest), 'x')
	if !trie.Fits(longest) || !trie.Add(longest) || !mtrie.Fits(longest) || !mtrie.Add(longest, 1) {
		t.Error("the longest prefix is refused")
	}
	if trie.Fits(tooLong) || trie.Add(tooLong) || mtrie.Fits(tooLong) || mtrie.Add(tooLong, 2) {
		t.Error("a longer prefix is taken")
	}
	if trie.Len() != 1 || mtrie.Len() != 1 {
		t.Errorf("Len %d and %d, want 1", trie.Len(), mtrie.Len())
	}
	if !trie.Match(tooLong) || trie.Match(longest[1:]) {
		t.Error("the longest prefix does not match what it should")
	}
	// Every length there is, so that the tree is as deep as it gets.
	for n := 0; n < PrefixBytesMax; n += 97 {
		trie.Add(longest[:n])
	}
	visited := 0
	trie.Visit(func([]byte) { visited++ })
	if visited != trie.Len() {
		t.Errorf("%d visited, want %d", visited, trie.Len())
	}
	mtrie.RemoveAll(1, func(p []byte, last bool) {
		if !bytes.Equal(p, longest) || !last {
			t.Errorf("visited %d bytes, last %v", len(p), last)
		}
	})
	audit(t, &trie.arena, trie.prefixes)
}

func TestFullArenaRefusesAndStaysWhole(t *testing.T) {
	var trie Trie
	var mtrie MTrie[int]
	trie.arena.chunksMax, mtrie.arena.chunksMax = 2, 2
	topic := func(i int) []byte { return fmt.Appendf(nil, "%d-%0200d", i%300, i) }
	n, m := 0, 0
	for trie.Fits(topic(n)) {
		trie.Add(topic(n))
		n++
	}
	for mtrie.Fits(topic(m)) {
		mtrie.Add(topic(m), m%3)
		m++
	}
	if n < 100 || m < 100 || trie.Add(topic(n)) || mtrie.Add(topic(m), 1) {
		t.Fatalf("%d and %d topics; the next is taken", n, m)
	}
	if trie.Len() != n || mtrie.Len() != m {
		t.Errorf("Len %d and %d, want %d and %d", trie.Len(), mtrie.Len(), n, m)
	}
	audit(t, &trie.arena, trie.prefixes)
	for i := range n {
		if last, found := trie.Remove(topic(i)); !last || !found {
			t.Fatalf("topic %d is lost", i)
		}
	}
	for v := range 3 {
		mtrie.RemoveAll(v, func([]byte, bool) { m-- })
	}
	if m != 0 || trie.Len() != 0 || !trie.Fits(topic(0)) {
		t.Errorf("%d topics were not given back", m)
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	var trie Trie
	var mtrie MTrie[*int]
	one, two := new(int), new(int)
	for i := range 1000 {
		p := fmt.Appendf(nil, "topic/%04d", i)
		trie.Add(p)
		mtrie.Add(p, one)
		mtrie.Add(p[:8], two)
		mtrie.Add(nil, two)
	}
	data, visits := []byte("topic/0777/more"), 0
	if n := testing.AllocsPerRun(100, func() {
		trie.Match(data)
		mtrie.Match(data, func(*int) { visits++ })
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if visits != 101*3 {
		t.Errorf("%d visits, want %d", visits, 101*3)
	}
}

// byteTrie is a trie with a node for each byte, as libzmq's trie_t: 24 bytes a
// node, and a table of pointers from the lowest to the highest key.
type byteTrie struct {
	children map[byte]*byteTrie
	min, max byte
}

// add adds a prefix.
func (b *byteTrie) add(p []byte) {
	for _, key := range p {
		next := b.children[key]
		if next == nil {
			next = &byteTrie{}
			if b.children == nil {
				b.children, b.min, b.max = map[byte]*byteTrie{}, key, key
			}
			b.children[key] = next
			b.min, b.max = min(b.min, key), max(b.max, key)
		}
		b = next
	}
}

// cost returns the bytes that the trie would take in C.
func (b *byteTrie) cost() int {
	n := 24
	if len(b.children) > 1 {
		n += 8 * (int(b.max) - int(b.min) + 1)
	}
	for _, c := range b.children {
		n += c.cost()
	}
	return n
}

func TestMemoryIsBelowByteTrie(t *testing.T) {
	const topics = 8_000
	for _, kind := range topicKinds {
		var plain byteTrie
		var trie Trie
		var mtrie MTrie[int]
		for i := range topics {
			p := kind.make(i)
			plain.add(p)
			trie.Add(p)
			mtrie.Add(p, i%10)
		}
		// Records only: with so few topics the rest of the last chunk would
		// hide them. MTrie keeps each prefix twice; the sets of the byte trie
		// are not counted.
		one, two, limit := trie.arena.liveWords*4, mtrie.arena.liveWords*4, plain.cost()
		t.Logf("%s: bytes a topic: Trie %d, MTrie %d, byte trie %d", kind.name, one/topics, two/topics, limit/topics)
		if one > limit/2 {
			t.Errorf("%s: Trie takes %d bytes, more than half of %d", kind.name, one, limit)
		}
		if two > limit*3/4 {
			t.Errorf("%s: MTrie takes %d bytes, more than 3/4 of %d", kind.name, two, limit)
		}
	}
}

func TestChurnDoesNotGrow(t *testing.T) {
	var trie MTrie[int]
	topic := func(i int) []byte { return fmt.Appendf(nil, "a/%d/b/%d", i%977, i) }
	const live = 2000
	fill := func(from int) {
		for i := from; i < from+live; i++ {
			trie.Add(topic(i), i%7)
			if i >= live {
				trie.Remove(topic(i-live), (i-live)%7)
			}
		}
	}
	fill(0)
	fill(live)
	before := trie.arena.bytes()
	for round := 2; round < 12; round++ {
		fill(round * live)
	}
	if after := trie.arena.bytes(); after > 2*before {
		t.Errorf("%d bytes grew to %d with the same number of topics", before, after)
	}
}

func TestMergeStopsAtTheLongestLabel(t *testing.T) {
	for length := labelBytesMax - 5; length < labelBytesMax+10; length++ {
		var trie Trie
		long := bytes.Repeat([]byte{'x'}, length)
		fork := append(bytes.Clone(long[:100]), 'y')
		trie.Add(long)
		trie.Add(fork)
		trie.Remove(fork)
		compareTrie(t, &trie, map[string]int{string(long): 1})
		if !trie.Match(long) || trie.Match(long[1:]) || trie.Match(fork) {
			t.Errorf("length %d: Match is wrong after the removal", length)
		}
		if last, _ := trie.Remove(long); !last {
			t.Errorf("length %d: lost", length)
		}
	}
}
