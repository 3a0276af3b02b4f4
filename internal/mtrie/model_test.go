// SPDX-License-Identifier: MPL-2.0

package mtrie

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/zeroloop/zmq/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// audit checks what must hold between two calls: keys that differ, counts that
// are right, M3, and that every record that is not free is reached from one of
// the trees. It returns the number of values in the first tree.
func audit(t *testing.T, a *arena, trees ...tree) (values int) {
	t.Helper()
	words := 0
	for i, tr := range trees {
		c := auditTree(t, a, tr)
		words += c.words
		if i == 0 {
			values = c.values
		}
		// Where all prefixes are short no link is needed. Elsewhere each value
		// or branch may have cut a long label in two.
		if c.longest <= labelBytesMax && c.links > 0 || c.links > c.values+c.branches+c.labelBytes/(labelBytesMax/2) {
			t.Fatalf("links too many: %+v", c)
		}
	}
	if words != a.liveWords {
		t.Fatalf("%d words are reached, %d are in use", words, a.liveWords)
	}
	return values
}

// census counts the nodes of a tree.
type census struct {
	words, values, labelBytes int
	branches                  int // nodes with several children
	links                     int // nodes with one child and no value, but the root
	longest                   int // bytes of the longest prefix
}

// auditTree counts the nodes of a tree and checks each by itself.
func auditTree(t *testing.T, a *arena, tr tree) (c census) {
	t.Helper()
	type visit struct {
		node  ref
		depth int
	}
	var todo []visit
	if tr.root != 0 {
		todo = append(todo, visit{tr.root, 0})
	}
	for len(todo) > 0 {
		cur := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		rec := a.at(cur.node)
		h := headerOf(rec)
		depth := cur.depth + h.labelBytes()
		c.words += h.words()
		c.labelBytes += h.labelBytes()
		c.longest = max(c.longest, depth)
		if valueOf(rec) != 0 {
			c.values++
		} else if h.count() == 0 {
			t.Fatal("a leaf without value")
		} else if h.count() == 1 && cur.node != tr.root {
			c.links++
		}
		if h.count() > 1 {
			c.branches++
		}
		seen := map[byte]bool{}
		for i := range slots(h) {
			if key, r := child(rec, h, i); r != 0 {
				seen[key] = true
				todo = append(todo, visit{r, depth + 1})
			}
		}
		if len(seen) != h.count() {
			t.Fatalf("a node counts %d children and has %d", h.count(), len(seen))
		}
	}
	return c
}

// prefixSource makes prefixes that share beginnings: few letters, now and then
// one that is binary or, for odd seeds, long.
func prefixSource(r *rand.Rand, seed uint64) func() []byte {
	long := bytes.Repeat([]byte("0123456789abcdef"), 100)
	if seed%2 == 0 {
		long = long[:40]
	}
	return func() []byte {
		switch r.IntN(10) {
		case 0: // cuts of one long topic, with a change at the end
			p := slices.Clone(long[:r.IntN(len(long))])
			return append(p, byte(r.IntN(3)))
		case 1: // wide nodes
			return []byte{'w', byte(r.IntN(256)), byte(r.IntN(2))}
		}
		p := make([]byte, r.IntN(7))
		for i := range p {
			p[i] = "abc"[r.IntN(3)]
		}
		return p
	}
}

// tail returns data that begins with p.
func tail(r *rand.Rand, p []byte) []byte {
	return append(slices.Clone(p), "abcw\x00"[:r.IntN(6)]...)
}

func TestTrieAgainstMap(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		next := prefixSource(r, seed)
		var trie Trie
		model := map[string]int{}
		for step := range 1500 {
			p := next()
			// Grow, shrink, grow: each phase ends with other sizes.
			if r.IntN(10) < 3+4*(step/500%2^1) {
				if got, want := trie.Add(p), model[string(p)] == 0; got != want {
					t.Fatalf("seed %d: Add(%q) = %v", seed, p, got)
				}
				model[string(p)]++
			} else {
				n := model[string(p)]
				if last, found := trie.Remove(p); found != (n > 0) || last != (n == 1) {
					t.Fatalf("seed %d: Remove(%q) = %v, %v with %d references", seed, p, last, found, n)
				}
				if n > 1 {
					model[string(p)]--
				} else {
					delete(model, string(p))
				}
			}
			if step%50 == 0 {
				compareTrie(t, &trie, model)
			}
			data := tail(r, next())
			if got, want := trie.Match(data), modelMatches(model, data); got != want {
				t.Fatalf("seed %d: Match(%q) = %v", seed, data, got)
			}
		}
		for p, n := range model {
			for range n {
				trie.Remove([]byte(p))
			}
		}
		compareTrie(t, &trie, nil)
		if n := trie.arena.bytes(); n != 0 {
			t.Fatalf("the empty trie keeps %d bytes", n)
		}
	}
}

// modelMatches says what Match should.
func modelMatches(model map[string]int, data []byte) bool {
	for p := range model {
		if strings.HasPrefix(string(data), p) {
			return true
		}
	}
	return false
}

// compareTrie checks that trie has what the model has.
func compareTrie(t *testing.T, trie *Trie, model map[string]int) {
	t.Helper()
	var got []string
	trie.Visit(func(p []byte) { got = append(got, string(p)) })
	slices.Sort(got)
	if want := slices.Sorted(maps.Keys(model)); !slices.Equal(got, want) {
		t.Fatalf("Visit gives %q, want %q", got, want)
	}
	if n := audit(t, &trie.arena, trie.prefixes); trie.Len() != n || n != len(model) {
		t.Fatalf("Len %d, %d values, want %d", trie.Len(), n, len(model))
	}
}

// mmodel is what an MTrie should do, in the simplest way.
type mmodel map[string]map[int]bool

func (m mmodel) add(p string, v int) (first bool) {
	if first = m[p] == nil; first {
		m[p] = map[int]bool{}
	}
	m[p][v] = true
	return first
}

func (m mmodel) remove(p string, v int) Removal {
	if !m[p][v] {
		return NotFound
	}
	delete(m[p], v)
	if len(m[p]) > 0 {
		return ValuesRemain
	}
	delete(m, p)
	return LastRemoved
}

func (m mmodel) removeAll(v int) map[string]bool {
	gone := map[string]bool{}
	for p, vs := range m {
		if vs[v] {
			gone[p] = m.remove(p, v) == LastRemoved
		}
	}
	return gone
}

// match returns how often each value is to be visited.
func (m mmodel) match(data string) map[int]int {
	times := map[int]int{}
	for p, vs := range m {
		if strings.HasPrefix(data, p) {
			for v := range vs {
				times[v]++
			}
		}
	}
	return times
}

func TestMTrieAgainstMap(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		next := prefixSource(r, seed)
		var trie MTrie[int]
		model := mmodel{}
		for step := range 1500 {
			p, v := next(), r.IntN(8)
			switch {
			case r.IntN(200) == 0:
				checkRemoveAll(t, &trie, model, v)
			case r.IntN(10) < 3+4*(step/500%2^1):
				if got, want := trie.Add(p, v), model.add(string(p), v); got != want {
					t.Fatalf("seed %d: Add(%q, %d) = %v", seed, p, v, got)
				}
			default:
				if got, want := trie.Remove(p, v), model.remove(string(p), v); got != want {
					t.Fatalf("seed %d: Remove(%q, %d) = %v, want %v", seed, p, v, got, want)
				}
			}
			if step%50 == 0 {
				auditMTrie(t, &trie, model)
			}
			data := tail(r, next())
			got := map[int]int{}
			trie.Match(data, func(v int) { got[v]++ })
			if want := model.match(string(data)); !maps.Equal(got, want) {
				t.Fatalf("seed %d: Match(%q) visits %v, want %v", seed, data, got, want)
			}
		}
		for v := range 8 {
			checkRemoveAll(t, &trie, model, v)
			auditMTrie(t, &trie, model)
		}
		if n := trie.arena.bytes(); n != 0 || trie.ids != nil || trie.holders != nil {
			t.Fatalf("the empty trie keeps %d bytes, %d holders", n, len(trie.holders))
		}
	}
}

// checkRemoveAll compares RemoveAll of v.
func checkRemoveAll(t *testing.T, trie *MTrie[int], model mmodel, v int) {
	t.Helper()
	got := map[string]bool{}
	trie.RemoveAll(v, func(p []byte, last bool) {
		if _, twice := got[string(p)]; twice {
			t.Fatalf("RemoveAll(%d) visits %q twice", v, p)
		}
		got[string(p)] = last
	})
	if want := model.removeAll(v); !maps.Equal(got, want) {
		t.Fatalf("RemoveAll(%d) visits %v, want %v", v, got, want)
	}
}

// auditMTrie checks the trie's inside and its Len.
func auditMTrie(t *testing.T, trie *MTrie[int], model mmodel) {
	t.Helper()
	trees := []tree{trie.topics}
	for _, h := range trie.holders {
		trees = append(trees, h.held)
	}
	if n := audit(t, &trie.arena, trees...); trie.Len() != n || n != len(model) {
		t.Fatalf("Len %d, %d values, want %d", trie.Len(), n, len(model))
	}
	many, holders := 0, map[int]bool{}
	for _, vs := range model {
		if len(vs) > 1 {
			many++
		}
		maps.Copy(holders, vs)
	}
	if len(trie.ids) != len(holders) {
		t.Fatalf("%d values have an id, %d hold something", len(trie.ids), len(holders))
	}
	if places := max(len(trie.sets.byPlace)-1, 0) - len(trie.sets.free); places != many {
		t.Fatalf("%d sets are in use, want %d", places, many)
	}
}

// FuzzTries runs the bytes of the input as operations on both tries.
func FuzzTries(f *testing.F) {
	f.Add([]byte("\x00\x03abc\x01\x04abcd\x02\x03abc\x03\x02ab"))
	f.Add([]byte("\x00\x00\x01\x00\x02\x00\x03\x00"))
	f.Add(append([]byte{0, 255}, bytes.Repeat([]byte("x"), 600)...))
	f.Fuzz(func(t *testing.T, in []byte) {
		var trie Trie
		var mtrie MTrie[int]
		refs, model := map[string]int{}, mmodel{}
		for len(in) >= 2 {
			op, v, n := in[0]&3, int(in[0]>>2&3), int(in[1])
			in = in[2:]
			// The high bits repeat the prefix, for labels longer than a node's.
			p := bytes.Repeat(in[:min(n, len(in))], 1+int(op)*n/64)
			in = in[min(n, len(in)):]
			switch op {
			case 0, 1:
				if trie.Add(p) != (refs[string(p)] == 0) || mtrie.Add(p, v) != model.add(string(p), v) {
					t.Fatalf("Add(%q, %d)", p, v)
				}
				refs[string(p)]++
			case 2:
				_, found := trie.Remove(p)
				if found != (refs[string(p)] > 0) || mtrie.Remove(p, v) != model.remove(string(p), v) {
					t.Fatalf("Remove(%q, %d)", p, v)
				}
				if refs[string(p)]--; refs[string(p)] <= 0 {
					delete(refs, string(p))
				}
			case 3:
				checkRemoveAll(t, &mtrie, model, v)
			}
			got := map[int]int{}
			mtrie.Match(p, func(v int) { got[v]++ })
			if trie.Match(p) != modelMatches(refs, p) || !maps.Equal(got, model.match(string(p))) {
				t.Fatalf("Match(%q)", p)
			}
		}
		compareTrie(t, &trie, refs)
		auditMTrie(t, &mtrie, model)
	})
}

func ExampleMTrie() {
	var t MTrie[string]
	fmt.Println(t.Add([]byte("weather."), "alice"), t.Add([]byte("weather."), "bob"))
	t.Match([]byte("weather.berlin"), func(v string) { fmt.Println(v) })
	fmt.Println(t.Remove([]byte("weather."), "alice") == ValuesRemain)
	// Output:
	// true false
	// alice
	// bob
	// true
}
