// SPDX-License-Identifier: MPL-2.0

// Previous: xsub.go, dish.go, routing.go. Next: pipe/pipe.go.

package socket

import "github.com/zeroloop/zmq/internal/msg"

// held is a part that a pattern has read and not given out. R.
type held struct {
	part   msg.Part
	memory []byte // of part, once it is kept; used again
}

// keep takes the part out of the queue's memory. To be called before R is released:
// then the queue may be emptied by others (Rested, DropOldest), and its memory be
// another queue's.
func (h *held) keep() {
	if h.part.Body == nil {
		h.memory = append(h.memory[:0], h.part.Data...)
		h.part.Data = h.memory
	}
}

// takeOut returns the part, which is valid until the next one is kept.
func (h *held) takeOut() (f msg.Part) {
	f, h.part = h.part, msg.Part{}
	return f
}

// keeper is a pattern that may hold a part when recv returns.
type keeper interface {
	// keep is held.keep, if there is one. R.
	keep()
}
