// SPDX-License-Identifier: MPL-2.0

package reactor

import "time"

// The loop's budget of empty turns before it parks. Parking and being woken
// costs some 5 to 25 microseconds, most of it for waking an idle core; an empty
// turn costs well below one. So a loop that has seen short gaps between events
// polls on for about that long, and one that has seen a long gap parks at once:
// an idle or slowly paced socket costs nothing.
const (
	// spinTurnsMax is the budget while traffic is dense, in empty turns.
	spinTurnsMax = 100
	// spinGapMax is the longest sleep after which polling on would have paid.
	spinGapMax = 50 * time.Microsecond
)

// spin decides between polling on and parking. Loop only.
type spin struct {
	budget int // empty turns allowed in a row
	used   int
}

// busy notes a turn that did something.
func (s *spin) busy() { s.used = 0 }

// again reports whether another empty turn is worth it.
func (s *spin) again() bool {
	s.used++
	return s.used <= s.budget
}

// slept notes how long a park lasted, and with it the budget of the next gap:
// a short sleep earns it, a long one forfeits it.
func (s *spin) slept(d time.Duration) {
	s.used = 0
	if d < spinGapMax {
		s.budget = spinTurnsMax
		return
	}
	s.budget = 0
}
