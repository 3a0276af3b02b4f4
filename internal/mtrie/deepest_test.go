// SPDX-License-Identifier: MPL-2.0

package mtrie

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Data of the same number match the same values, and 0 none.
func TestDeepestStandsForTheMatches(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func() []byte {
		b := make([]byte, rng.IntN(6))
		for i := range b {
			b[i] = "ab"[rng.IntN(2)]
		}
		return b
	}
	for range 200 {
		var m MTrie[int]
		for v := range 12 {
			m.Add(word(), v)
		}
		matches := map[uint32]string{0: "[]"}
		for range 50 {
			data := word()
			got := []int{}
			m.Match(data, func(v int) { got = append(got, v) })
			n := m.Deepest(data)
			want, ok := matches[n]
			if !ok {
				matches[n] = fmt.Sprint(got)
			} else if fmt.Sprint(got) != want {
				t.Fatalf("%q has number %d and matches %v, another matches %v", data, n, got, want)
			}
		}
	}
}
