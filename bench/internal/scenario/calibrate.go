// SPDX-License-Identifier: MPL-2.0

package scenario

import "time"

const (
	firstThroughput = 10000 // messages of the first calibration run
	firstLatency    = 500   // round trips of it
	firstBytes      = 8 << 20
	firstAtRate     = 100 * time.Millisecond
	idleRoundsMax   = 2
	idleTime        = 12 * time.Second // of one round at 10,000 connections
	rateMin         = time.Second      // the shortest that shows a 99th percentile at 1,000 msg/s
	countMin        = 20
	countMax        = 50_000_000
	bytesMax        = 32 << 30 // a run moves no more than this
	// enoughFraction of the target must have been reached for a rate to be
	// trusted, and a run grows by no more than growthMax.
	enoughFraction = 8
	growthMax      = 50
)

// FirstCount is the number of messages of a first calibration run, small
// enough for the slowest peer.
func (c Case) FirstCount() int {
	switch {
	case c.Metric == Idling:
		return c.N
	case c.Axis == ByRate:
		return c.atRate(firstAtRate)
	}
	if c.Metric == Latency {
		return c.clamp(min(firstLatency, firstBytes/c.Size))
	}
	n := min(firstThroughput, firstBytes/c.Size)
	if c.Deliveries {
		n /= c.N
	}
	return c.clamp(n)
}

// atRate is how many messages the case's rate makes in d.
func (c Case) atRate(d time.Duration) int { return c.clamp(int(d.Seconds() * float64(c.N))) }

// Rounds is how many of the rounds asked for the case gets: memory hardly
// varies, and to open ten thousand connections takes long.
func (c Case) Rounds(rounds int) int {
	if c.Metric == Idling {
		return min(rounds, idleRoundsMax)
	}
	return rounds
}

// Fixed is the time that the rounds of one peer take in a case whose duration is
// not chosen by the budget, 0 in all others.
func (c Case) Fixed(rounds int) time.Duration {
	switch {
	case c.Metric == Idling:
		return time.Duration(c.Rounds(rounds)) * idleTime
	case c.Axis == ByRate:
		return time.Duration(rounds+1) * rateMin
	}
	return 0
}

// clamp keeps a count between the limits of any run.
func (c Case) clamp(n int) int {
	return max(min(n, countMax, bytesMax/(c.Size*c.copies())), countMin)
}

// copies is how many deliveries one counted message makes.
func (c Case) copies() int {
	if c.Deliveries {
		return c.N
	}
	return 1
}

// Scale returns the number of messages that takes about target, given that
// count took elapsed, and whether elapsed was long enough to rely on it.
func (c Case) Scale(count int, elapsed, target time.Duration) (next int, enough bool) {
	switch {
	case c.Metric == Idling:
		return c.N, true
	case c.Axis == ByRate:
		return c.atRate(max(target, rateMin)), true
	}
	elapsed = max(elapsed, time.Microsecond)
	factor := min(float64(target)/float64(elapsed), growthMax)
	next = c.clamp(int(float64(count) * factor))
	return next, elapsed >= target/enoughFraction || next == count
}

// Carry guesses the count for this case's first calibration run from a
// neighbouring case of the same scenario whose count took about target.
func (c Case) Carry(from Case, count int) int {
	if c.Metric == Idling || c.Axis == ByRate {
		return c.FirstCount()
	}
	const share = 4 // of the target, as the guess may be too high
	n := count / share
	if c.Size > from.Size {
		n = n * from.Size / c.Size * 2 // per-message cost grows slower than size
		n = min(n, count/share)
	}
	if c.Deliveries && c.N > from.N {
		n = n * from.N / c.N
	}
	return c.clamp(n)
}
