// SPDX-License-Identifier: MPL-2.0

package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSummarize(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want Summary
	}{
		{[]float64{3}, Summary{1, 3, 3, 3}},
		{[]float64{5, 1, 3}, Summary{3, 3, 1, 5}},
		{[]float64{4, 1, 2, 9}, Summary{4, 3, 1, 9}},
	} {
		before := slices.Clone(c.in)
		if got := Summarize(c.in); got != c.want {
			t.Errorf("Summarize(%v) = %v, want %v", c.in, got, c.want)
		}
		if !slices.Equal(before, c.in) {
			t.Errorf("Summarize changed its argument to %v", c.in)
		}
	}
	if s := Summarize(nil); !math.IsNaN(s.Median) || s.N != 0 {
		t.Errorf("Summarize(nil) = %v, want NaN", s)
	}
}

func TestSpread(t *testing.T) {
	if got := (Summary{3, 100, 95, 105}).Spread(); got != 0.05 {
		t.Errorf("spread of 95..105 = %v, want 0.05", got)
	}
	if got := (Summary{}).Spread(); !math.IsNaN(got) {
		t.Errorf("spread around 0 = %v, want NaN", got)
	}
}

func TestRatio(t *testing.T) {
	nan := math.NaN()
	got := Ratio([]float64{2, 4, nan, 6}, []float64{2, 1, 1, nan})
	if got.Median != 4 || got.Min != 1 || got.Max != 4 || got.N != 2 {
		t.Errorf("got %+v; want median 4 of 4/1, paired 1..4 over 2 rounds", got)
	}
	if r := Ratio(nil, []float64{1}); !math.IsNaN(r.Median) || r.N != 0 {
		t.Errorf("ratio without values = %+v, want NaN", r)
	}
}

// The median has as many values at or below it as at or above it.
func TestMedianHalves(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		values := make([]float64, 1+r.IntN(20))
		for i := range values {
			values[i] = float64(r.IntN(10))
		}
		m := Median(values)
		below, above := 0, 0
		for _, v := range values {
			if v <= m {
				below++
			}
			if v >= m {
				above++
			}
		}
		if 2*below < len(values) || 2*above < len(values) {
			t.Fatalf("Median(%v) = %v", values, m)
		}
	}
}
