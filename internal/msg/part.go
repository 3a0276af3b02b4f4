// SPDX-License-Identifier: MPL-2.0

package msg

import "github.com/zeroloop/zmq/internal/buf"

// Flags of a part. The low three bits are those of a ZMTP 2 frame; the others
// never leave the process.
const (
	More    = 0x01 // another part of the same message follows
	Large   = 0x02 // set by the framing only
	Command = 0x04 // a ZMTP command, not a message

	Subscribe = 0x10 // the part is 0x01 + topic, a subscription
	Cancel    = 0x20 // the part is 0x00 + topic, its withdrawal
	Join      = 0x40 // the part is a group that a DISH joins
	Leave     = 0x80 // the part is a group that it leaves
)

// Part is one frame between a pattern and a pipe. On the way out Data is the
// caller's memory, copied by the pipe unless Body is set; then the pipe takes
// over the caller's reference to Body. On the way in Data is a view into the
// pipe, valid until the next read from the same pipe, or, if Body is set, the
// body whose reference the reader now owns.
type Part struct {
	Data  []byte
	Body  *buf.Body
	Flags byte
	Props *Properties // on the way in: of the peer; may be nil
}

// HasMore reports whether another part of the message follows.
func (p *Part) HasMore() bool { return p.Flags&More != 0 }

// Drop gives up the part's reference to its body, if it has one.
func (p *Part) Drop() {
	if p.Body != nil {
		p.Body.Release()
		p.Body = nil
	}
}
