// SPDX-License-Identifier: MPL-2.0

package msg

import "github.com/zeroloop/zmq/internal/errno"

// GroupBytesMax is the longest name of a group, in bytes
// (ZMQ_GROUP_MAX_LENGTH).
const GroupBytesMax = 255

// Address is what a message says besides its bytes: whom it goes to or came from.
// It is a plain value.
type Address struct {
	RoutingID uint32 // of a SERVER's or PEER's peer; 0 is none
	Group     string // of RADIO and DISH
}

// Address returns the whole address.
func (m *Msg) Address() Address { return m.address }

// SetAddress sets the whole address, which must be a valid one.
func (m *Msg) SetAddress(a Address) {
	m.address = a
	m.addressed = true
}

// RoutingID returns the number of the peer that a SERVER or PEER socket received m
// from, or that SetRoutingID has set; 0 where there is none
// (zmq_msg_routing_id).
func (m *Msg) RoutingID() uint32 { return m.address.RoutingID }

// SetRoutingID says which peer of a SERVER or PEER socket m goes to. It lasts until
// m is sent, closed or received into. EINVAL for 0 (zmq_msg_set_routing_id).
func (m *Msg) SetRoutingID(id uint32) error {
	if id == 0 {
		return errno.EINVAL
	}
	m.address.RoutingID, m.addressed = id, true
	return nil
}

// Group returns the group that a DISH socket received m of, or that SetGroup has
// set; "" where there is none (zmq_msg_group).
func (m *Msg) Group() string { return m.address.Group }

// SetGroup says which group a RADIO socket sends m to, at most 255 bytes. It lasts
// until m is sent, closed or received into. EINVAL for a longer name
// (zmq_msg_set_group).
func (m *Msg) SetGroup(group string) error {
	if len(group) > GroupBytesMax {
		return errno.EINVAL
	}
	m.address.Group, m.addressed = group, true
	return nil
}
