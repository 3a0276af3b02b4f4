// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"errors"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

var errEnvelope = errors.New("a message without the form that this socket type wants")

// envelope watches that what a socket receives has the form that its type wants;
// anything else breaks the connection. For REQ that is [id?][empty][body…], with an
// id of 4 bytes (libzmq req_session_t::push_msg, edge case 186); for DISH
// [group][body] (dish_session_t::push_msg, edge case 210).
type envelope struct {
	on     bool
	groups bool // DISH, not REQ
	state  envelopeState
}

type envelopeState uint8

const (
	envelopeStart  envelopeState = iota // an id or the empty frame; or the group
	envelopeBottom                      // the empty frame
	envelopeBody                        // anything up to the last frame
)

// choose sets the form for a socket type.
func (v *envelope) choose(typ int) {
	v.groups = typ == option.Dish
	v.on = v.groups || typ == option.Req
}

// check follows whole frames; of the last one, the header will do.
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
		if uint64(len(b)-n) <= size {
			return nil
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
	if v.groups {
		return v.grouped(more, size)
	}
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

// grouped follows one frame of a DISH's peer.
func (v *envelope) grouped(more bool, size uint64) error {
	if isGroup := v.state == envelopeStart; more != isGroup || isGroup && size > msg.GroupBytesMax {
		return errEnvelope
	}
	v.state = envelopeBody - v.state
	return nil
}
