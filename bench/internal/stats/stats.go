// SPDX-License-Identifier: MPL-2.0

// Package stats sums up the rounds of a measurement. All functions leave their
// arguments unchanged and give NaN for no values.
package stats

import (
	"math"
	"slices"
)

// Summary is the middle and the spread of some rounds.
type Summary struct {
	N                int
	Median, Min, Max float64
}

// Summarize takes the values of all rounds.
func Summarize(values []float64) Summary {
	if len(values) == 0 {
		return Summary{0, math.NaN(), math.NaN(), math.NaN()}
	}
	return Summary{len(values), Median(values), slices.Min(values), slices.Max(values)}
}

// Spread is half the distance from minimum to maximum, as a share of the
// median: 0.05 reads as plus or minus 5 %.
func (s Summary) Spread() float64 {
	if s.Median == 0 {
		return math.NaN()
	}
	return (s.Max - s.Min) / 2 / s.Median
}

// Median is the middle value, or the mean of the two middle ones.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

// Ratio compares a with b: the ratio of the medians, and the lowest and the
// highest ratio of two values of the same round. Rounds are matched by index;
// NaN marks a round that failed.
func Ratio(a, b []float64) Summary {
	var paired []float64
	for i := range min(len(a), len(b)) {
		if r := a[i] / b[i]; !math.IsNaN(r) && !math.IsInf(r, 0) {
			paired = append(paired, r)
		}
	}
	s := Summarize(paired)
	s.Median = Median(Valid(a)) / Median(Valid(b))
	return s
}

// Valid drops NaN.
func Valid(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), math.IsNaN)
}
