// SPDX-License-Identifier: MPL-2.0

package reactor

import "time"

// The loop's budget of empty turns before it parks. Parking and being woken
// costs some 5 to 25 microseconds, most of it for waking an idle core; an empty
// turn costs well below one. So a loop that has seen short gaps between events
// polls on for about that long, and one that has seen a long gap parks at once:
// an idle or slowly paced socket costs nothing.
//
// Who has just sent something himself may wait for an answer to that. A round
// trip takes longer than the gaps of a stream, the more so when the other side
// has parked, and two sides that have both parked once would never see a short
// gap again. So after an inline write (Relieve) a longer gap counts as short.
const (
	// spinTurnsMax is the budget while traffic is dense, in empty turns.
	spinTurnsMax = 100
	// spinGapMax is the longest sleep after which polling on would have paid.
	spinGapMax = 50 * time.Microsecond
	// answerTurnsMax and answerGapMax are the same for a loop whose users have sent
	// since it last parked. Set by perf/local_lat on a slow and on a quick hour of
	// the machine.
	answerTurnsMax = 200
	answerGapMax   = 100 * time.Microsecond
)

// parksAtOnce takes all loops their budget. See ParkAtOnce.
var parksAtOnce bool

// ParkAtOnce has no loop of the process poll on, but for an answer that is due
// (expect.go): for programs whose threads wait outside of Go and need the processor
// that an empty turn takes. To be called before there is a loop.
func ParkAtOnce() { parksAtOnce = true }

// spin decides between polling on and parking. Loop only.
type spin struct {
	budget int // empty turns allowed in a row
	used   int
	relief int64 // Loop.relief at the last park
	calm   bool  // what was done last is no reason to poll on
}

// busy notes a turn that did something.
func (s *spin) busy() {
	s.used = 0
	if s.calm {
		s.calm, s.used = false, s.budget
	}
}

// again reports whether another empty turn is worth it.
func (s *spin) again() bool {
	s.used++
	return s.used <= s.budget
}

// slept notes how long a park lasted, and with it the budget of the next gap:
// a short sleep earns it, a long one forfeits it. relief is the loop's.
func (s *spin) slept(d time.Duration, relief int64) {
	s.used = 0
	turns, gap := spinTurnsMax, spinGapMax
	if relief != s.relief {
		s.relief = relief
		turns, gap = answerTurnsMax, answerGapMax
	}
	s.budget = 0
	if d < gap {
		s.budget = turns
	}
}
