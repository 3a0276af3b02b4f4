// SPDX-License-Identifier: MPL-2.0

package mtrie

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// sizes are the numbers of subscriptions that the benchmarks use.
var sizes = []struct {
	name string
	n    int
}{{"10k", 10_000}, {"100k", 100_000}, {"1M", 1_000_000}}

// topicKinds make topics of 32 bytes, each number another one.
var topicKinds = []struct {
	name string
	make func(i int) []byte
}{
	{"hierarchy", func(i int) []byte {
		return fmt.Appendf(nil, "plant/%02d/line/%02d/sensor/%08d", i%7, i%31, i)
	}},
	{"random", func(i int) []byte {
		r := rand.New(rand.NewPCG(7, uint64(i)))
		return fmt.Appendf(nil, "%016x%016x", r.Uint64(), r.Uint64())
	}},
}

// loads say how many different topics the messages of a benchmark have: few, as
// when some are hot, or more than the caches hold.
var loads = []struct {
	name     string
	distinct int
}{{"hot", 1 << 10}, {"uniform", 1 << 16}}

// forSizes runs f for each kind and number of topics; half of the queries match
// a topic. Queries come in random order, their number is a power of 2.
func forSizes(b *testing.B, f func(b *testing.B, topics, queries [][]byte)) {
	for _, kind := range topicKinds {
		for _, size := range sizes {
			for _, load := range loads {
				b.Run(kind.name+"/"+size.name+"/"+load.name, func(b *testing.B) {
					topics := make([][]byte, size.n)
					for i := range topics {
						topics[i] = kind.make(i)
					}
					r := rand.New(rand.NewPCG(1, 2))
					queries := make([][]byte, load.distinct)
					for i := range queries {
						queries[i] = kind.make(r.IntN(2 * size.n))
					}
					f(b, topics, queries)
				})
			}
		}
	}
}

func BenchmarkTrieMatch(b *testing.B) {
	forSizes(b, func(b *testing.B, topics, queries [][]byte) {
		var t Trie
		for _, topic := range topics {
			t.Add(topic)
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			t.Match(queries[i&(len(queries)-1)])
		}
		b.ReportMetric(float64(t.arena.bytes())/float64(len(topics)), "B/topic")
	})
}

func BenchmarkMTrieMatch(b *testing.B) {
	forSizes(b, func(b *testing.B, topics, queries [][]byte) {
		var t MTrie[*int]
		values := make([]*int, 100)
		for i := range values {
			values[i] = new(int)
		}
		for i, topic := range topics {
			t.Add(topic, values[i%len(values)])
		}
		matches := 0
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			t.Match(queries[i&(len(queries)-1)], func(*int) { matches++ })
		}
		b.ReportMetric(float64(t.arena.bytes())/float64(len(topics)), "B/topic")
		b.ReportMetric(float64(matches)/float64(b.N), "matches/op")
	})
}

func BenchmarkMTrieAddRemove(b *testing.B) {
	forSizes(b, func(b *testing.B, topics, queries [][]byte) {
		var t MTrie[int]
		for _, topic := range topics {
			t.Add(topic, 1)
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			topic := queries[i&(len(queries)-1)]
			t.Add(topic, 2)
			t.Remove(topic, 2)
		}
	})
}

func BenchmarkMTrieRemoveAll(b *testing.B) {
	forSizes(b, func(b *testing.B, topics, _ [][]byte) {
		var t MTrie[int]
		for i, topic := range topics {
			t.Add(topic, i%1000)
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			v := i % 1000
			t.RemoveAll(v, func([]byte, bool) {})
			b.StopTimer()
			for k := v; k < len(topics); k += 1000 {
				t.Add(topics[k], v)
			}
			b.StartTimer()
		}
	})
}
