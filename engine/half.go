// SPDX-License-Identifier: MPL-2.0

package engine

import "sync/atomic"

// half says who has one direction of a stream: the descriptor's and the pipe's end
// there. Whoever moves it from idle to busy is the only one to touch what belongs
// to it until he moves it back; that pair of operations is also what makes one
// holder's work visible to the next. A second one that finds it busy does not wait:
// it leaves a note, and the holder goes on in its place.
//
//	idle ──acquire──▶ busy ──acquire by another──▶ again
//	  ▲                │  ◀──────release───────────┘ (holder goes on)
//	  └────release─────┘
//	busy, again ──shut──▶ leaving ──release──▶ shut (the loop is told)
//	idle ──shut──▶ shut
type half struct{ state atomic.Uint32 }

const (
	halfIdle = iota
	halfBusy
	halfAgain
	halfLeaving
	halfShut
)

// try makes the caller the holder where there is none.
func (h *half) try() bool { return h.state.CompareAndSwap(halfIdle, halfBusy) }

// acquire is try, and where there is a holder makes sure that it looks again.
func (h *half) acquire() bool {
	for {
		switch h.state.Load() {
		case halfIdle:
			if h.try() {
				return true
			}
		case halfBusy:
			if h.state.CompareAndSwap(halfBusy, halfAgain) {
				return false
			}
		default:
			return false
		}
	}
}

// release gives the half up. again says that somebody has asked for another look
// meanwhile, left that the half was shut and that the loop must hear of its end.
func (h *half) release() (again, left bool) {
	for {
		switch h.state.Load() {
		case halfBusy:
			if h.state.CompareAndSwap(halfBusy, halfIdle) {
				return false, false
			}
		case halfAgain:
			if h.state.CompareAndSwap(halfAgain, halfIdle) {
				return true, false
			}
		case halfLeaving:
			h.state.Store(halfShut)
			return false, true
		default:
			return false, false
		}
	}
}

// quit ends the half that the caller holds.
func (h *half) quit() { h.state.Store(halfShut) }

// shut ends the half. It returns true where nobody holds it; otherwise its holder
// is told when it lets go. Runs on the loop.
func (h *half) shut() bool {
	for {
		switch s := h.state.Load(); s {
		case halfIdle:
			if h.state.CompareAndSwap(halfIdle, halfShut) {
				return true
			}
		case halfBusy, halfAgain:
			if h.state.CompareAndSwap(s, halfLeaving) {
				return false
			}
		default:
			return true
		}
	}
}
