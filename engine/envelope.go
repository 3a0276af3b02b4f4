// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"errors"

	"github.com/zeroloop/zmq/engine/zmtp"
)

var errEnvelope = errors.New("a reply without the envelope of a request")

// envelope watches that what a REQ socket receives has the form [id?][empty]
// [body…], with an id of 4 bytes; anything else breaks the connection (libzmq
// req_session_t::push_msg, edge case 186).
type envelope struct {
	on    bool
	state envelopeState
}

type envelopeState uint8

const (
	envelopeStart  envelopeState = iota // an id or the empty frame
	envelopeBottom                      // the empty frame
	envelopeBody                        // anything up to the last frame
)

// check follows whole frames.
func (v *envelope) check(b []byte) error {
	if !v.on {
		return nil
	}
	for len(b) > 0 {
		flags, size, n := zmtp.ParseHeader(b)
		if n == 0 {
			return nil
		}
		if err := v.frame(flags, size); err != nil {
			return err
		}
		b = b[n+int(size):]
	}
	return nil
}

// frame follows one frame.
func (v *envelope) frame(flags byte, size uint64) error {
	if !v.on {
		return nil
	}
	more := flags&zmtp.FlagMore != 0
	switch v.state {
	case envelopeStart:
		if more && size == 0 {
			v.state = envelopeBody
			return nil
		}
		if more && size == 4 {
			v.state = envelopeBottom
			return nil
		}
		return errEnvelope
	case envelopeBottom:
		if !more || size != 0 {
			return errEnvelope
		}
		v.state = envelopeBody
	case envelopeBody:
		if !more {
			v.state = envelopeStart
		}
	}
	return nil
}
