// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"time"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/reactor"
)

// heartbeat is the state of ZMTP 3 heartbeats on one connection (RFC 37,
// libzmq zmtp_engine_t). Loop only.
type heartbeat struct {
	interval reactor.Timer // the next PING is due
	silence  reactor.Timer // the answer to our PING is overdue
	ttl      reactor.Timer // the peer's promised PING is overdue
	asked    bool          // the peer has sent a PING, and may count the milliseconds to the PONG
}

const (
	decisecond = 100 * time.Millisecond
	// ttlMax is the longest TTL that is sent: libzmq multiplies what it receives
	// in 16 bits and would take more for something short (edge case 47).
	ttlMax = 655
)

// startBeat begins to send PINGs, to ZMTP 3 peers only.
func (e *Stream) startBeat() {
	if d := e.opts.HeartbeatInterval; d > 0 && e.version >= zmtp.V3_0 {
		e.loop.SetTimer(&e.beat.interval, d, e)
	}
}

func (e *Stream) stopBeat() {
	e.loop.CancelTimer(&e.beat.interval)
	e.loop.CancelTimer(&e.beat.silence)
	e.loop.CancelTimer(&e.beat.ttl)
}

// beatFire handles the three timers.
func (e *Stream) beatFire(t *reactor.Timer) {
	if t != &e.beat.interval {
		e.s.failed(e, errHeartbeatTimeout)
		return
	}
	e.loop.SetTimer(&e.beat.interval, e.opts.HeartbeatInterval, e)
	timeout := e.opts.HeartbeatTimeout
	if timeout < 0 {
		timeout = e.opts.HeartbeatInterval
	}
	if timeout > 0 && !e.beat.silence.Pending() {
		e.loop.SetTimer(&e.beat.silence, timeout, e)
	}
	ttl := min(e.opts.HeartbeatTTL/decisecond, ttlMax)
	body := zmtp.AppendPing(nil, uint16(ttl), nil)
	e.sendCommand(body)
}

// heard notes that the peer has sent something, whatever it was (edge case 48).
func (e *Stream) heard() {
	if e.beat.silence.Pending() {
		e.loop.CancelTimer(&e.beat.silence)
	}
	if e.beat.ttl.Pending() {
		e.loop.CancelTimer(&e.beat.ttl)
	}
}

// pinged answers a PING and holds the peer to the TTL that it announced.
func (e *Stream) pinged(payload []byte) error {
	ttl, context, err := zmtp.ParsePing(payload)
	if err != nil {
		return err
	}
	if ttl > 0 && !e.beat.ttl.Pending() {
		e.loop.SetTimer(&e.beat.ttl, time.Duration(ttl)*decisecond, e)
	}
	e.beat.asked = true
	body := zmtp.AppendPong(nil, context)
	e.sendCommand(body)
	return nil
}
