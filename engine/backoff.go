// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"math/rand/v2"
	"time"

	"github.com/zeroloop/zmq/internal/option"
)

// backoff is the sequence of pauses between attempts to connect (libzmq
// stream_connecter_base_t::get_new_reconnect_ivl). It starts afresh after each
// connection that was made. The zero value is at the start.
type backoff struct {
	current time.Duration
}

// next returns the pause before the next attempt: the interval plus up to as
// much again at random, or, with a maximum set, the interval doubled up to it.
func (b *backoff) next(o *option.Options) time.Duration {
	ivl := o.ReconnectInterval
	if o.ReconnectIntervalMax <= 0 {
		return ivl + rand.N(ivl)
	}
	if b.current == 0 {
		b.current = ivl
	} else {
		b.current = min(b.current*2, max(o.ReconnectIntervalMax, ivl))
	}
	return b.current
}

func (b *backoff) reset() { b.current = 0 }
