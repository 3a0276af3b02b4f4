// SPDX-License-Identifier: MPL-2.0

package mtrie

import (
	"fmt"
	"slices"
	"testing"
)

func TestArenaIsBounded(t *testing.T) {
	a := arena{chunksMax: 2}
	const words = 100
	n := 0
	for a.alloc(words) != 0 {
		n++
	}
	if want := (chunkWords-1)/words + chunkWords/words; n != want {
		t.Errorf("%d records of %d words, want %d", n, words, want)
	}
	if a.fits(1) {
		t.Error("the full arena has room")
	}
	// The rest of the first chunk was kept for a small record.
	rest := (chunkWords - 1) % words
	if r := a.alloc(rest); r == 0 || r>>chunkShift != 0 {
		t.Errorf("a record of %d words is at %#x, want the end of the first chunk", rest, r)
	}
}

func TestArenaUsesFreedRecordsAgain(t *testing.T) {
	var a arena
	a.alloc(3) // stays, or the arena would start anew
	var first, second []ref
	for range 10 {
		first = append(first, a.alloc(7))
	}
	for _, r := range first {
		a.release(r, 7)
	}
	for range 10 {
		second = append(second, a.alloc(7))
	}
	slices.Sort(second)
	if !slices.Equal(first, second) {
		t.Errorf("freed %v, got %v", first, second)
	}
}

func TestWideNodeGrowsAndShrinks(t *testing.T) {
	var trie Trie
	model := map[string]int{}
	topic := func(key int) string { return "w" + string([]byte{byte(key)}) + "x" }
	trie.Add([]byte("other"))
	model["other"] = 1
	trie.Add([]byte("w")) // a second place in the root, which it keeps
	trie.Remove([]byte("w"))
	start := trie.arena.liveWords
	// Different keys each time: a record that is used again must not show the
	// children that it had before.
	for step := 1; step <= 4; step++ {
		for key := 0; key < 256; key += step {
			trie.Add([]byte(topic(key)))
			model[topic(key)] = 1
		}
		compareTrie(t, &trie, model)
		for key := 0; key < 256; key += step {
			if last, _ := trie.Remove([]byte(topic(key))); !last {
				t.Fatalf("step %d: %q is lost", step, topic(key))
			}
			delete(model, topic(key))
			if trie.Match([]byte(topic(key))) {
				t.Fatalf("step %d: %q still matches", step, topic(key))
			}
		}
		compareTrie(t, &trie, model)
		if trie.arena.liveWords != start {
			t.Fatalf("step %d: %d words in use, %d before", step, trie.arena.liveWords, start)
		}
	}
}

func TestRemovedChildrenGiveBackTheirPlaces(t *testing.T) {
	var trie Trie
	for key := range 200 {
		trie.Add([]byte{byte(key)})
	}
	wide := trie.arena.liveWords
	for key := 2; key < 200; key++ {
		trie.Remove([]byte{byte(key)})
	}
	if trie.arena.liveWords > wide/20 {
		t.Errorf("%d words for 200 children, %d for 2", wide, trie.arena.liveWords)
	}
	audit(t, &trie.arena, trie.prefixes)
}

func TestRemoveFromFullArena(t *testing.T) {
	trie := Trie{arena: arena{chunksMax: 1}}
	const topics = 600
	model := map[string]int{}
	for i := range topics {
		p := fmt.Sprintf("%d/%d", i%97, i)
		trie.Add([]byte(p))
		model[p] = 1
	}
	// Take all that is left, in the smallest records.
	var taken [][2]int
	for words := recordWordsMax; words > 0; words-- {
		for r := trie.arena.alloc(words); r != 0; r = trie.arena.alloc(words) {
			taken = append(taken, [2]int{int(r), words})
		}
	}
	if len(taken) == 0 || trie.Fits([]byte("x")) || trie.Add([]byte("x")) {
		t.Fatal("the arena is not full")
	}
	for i := range topics {
		p := fmt.Sprintf("%d/%d", i%97, i)
		if i%3 == 0 {
			continue
		}
		if last, found := trie.Remove([]byte(p)); !last || !found {
			t.Fatalf("%q is lost", p)
		}
		delete(model, p)
	}
	got := 0
	trie.Visit(func(p []byte) { got += model[string(p)] })
	if got != len(model) || trie.Len() != got {
		t.Errorf("%d topics are left, want %d", got, len(model))
	}
	for _, rec := range taken {
		trie.arena.release(ref(rec[0]), rec[1])
	}
	for p := range model {
		trie.Remove([]byte(p))
	}
	if trie.arena.bytes() != 0 {
		t.Errorf("the empty trie keeps %d words", trie.arena.liveWords)
	}
}
