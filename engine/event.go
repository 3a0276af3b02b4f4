// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"strconv"
	"strings"
	"syscall"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/transport"
)

// EventType is a bit mask of what can happen to a connection, with libzmq's
// values (zmq_socket_monitor).
type EventType uint32

// The events, in libzmq's order.
const (
	EventConnected               EventType = 0x0001 // Value: descriptor
	EventConnectDelayed          EventType = 0x0002 // Value: errno
	EventConnectRetried          EventType = 0x0004 // Value: interval in ms
	EventListening               EventType = 0x0008 // Value: descriptor
	EventBindFailed              EventType = 0x0010 // Value: errno
	EventAccepted                EventType = 0x0020 // Value: descriptor
	EventAcceptFailed            EventType = 0x0040 // Value: errno
	EventClosed                  EventType = 0x0080 // Value: descriptor
	EventCloseFailed             EventType = 0x0100 // Value: errno
	EventDisconnected            EventType = 0x0200 // Value: descriptor
	EventMonitorStopped          EventType = 0x0400
	EventHandshakeFailedNoDetail EventType = 0x0800 // Value: errno
	EventHandshakeSucceeded      EventType = 0x1000
	EventHandshakeFailedProtocol EventType = 0x2000  // Value: ZMQ_PROTOCOL_ERROR code
	EventHandshakeFailedAuth     EventType = 0x4000  // Value: ZAP status
	EventPipesStats              EventType = 0x10000 // Value, Inward: messages queued
	EventAll                     EventType = 0xffff
	EventAllV2                             = EventAll | EventPipesStats
)

// eventNames are the events by bit number, as zmq.h has them behind ZMQ_EVENT_.
var eventNames = [...]string{
	"CONNECTED", "CONNECT_DELAYED", "CONNECT_RETRIED", "LISTENING", "BIND_FAILED", "ACCEPTED",
	"ACCEPT_FAILED", "CLOSED", "CLOSE_FAILED", "DISCONNECTED", "MONITOR_STOPPED",
	"HANDSHAKE_FAILED_NO_DETAIL", "HANDSHAKE_SUCCEEDED", "HANDSHAKE_FAILED_PROTOCOL",
	"HANDSHAKE_FAILED_AUTH", "", "PIPES_STATS",
}

// String returns the event's name as it stands in zmq.h behind ZMQ_EVENT_; of
// several events all names, with "|" between them; "0" for none; a number for
// bits that have no name.
func (t EventType) String() string {
	if t == 0 {
		return "0"
	}
	var names []string
	for i, name := range eventNames {
		if bit := EventType(1) << i; name != "" && t&bit != 0 {
			names = append(names, name)
			t &^= bit
		}
	}
	if t != 0 {
		names = append(names, "0x"+strconv.FormatUint(uint64(t), 16))
	}
	return strings.Join(names, "|")
}

// Event is one thing that happened to a connection or a listener of a socket.
type Event struct {
	Type      EventType
	Local     string // our end, as an endpoint; may be empty
	Remote    string // the peer's end, as an endpoint; may be empty
	Value     int64  // depends on Type, as with libzmq
	Inward    int64  // with EventPipesStats: messages queued to be received; Value those to be sent
	Err       error  // why, where something failed
	RoutingID []byte // the peer's identity, with EventHandshakeSucceeded
	Bound     bool   // Local is an endpoint that was bound; else Remote was connected to
}

// Named returns the endpoint that the application named: the bound one, or the
// one that was connected to (libzmq endpoint_uri_pair_t::identifier).
func (e *Event) Named() string {
	if e.Bound {
		return e.Local
	}
	return e.Remote
}

// Numbered returns err with the system's error number that it rests on, if any,
// as an errno.Errno, which answers errors.Is for the number of either kind. It
// looks into what transport returns, and leaves everything else as it is.
func Numbered(err error) error {
	switch e := err.(type) {
	case syscall.Errno:
		return errno.Errno(e)
	case *transport.Error:
		if no, ok := e.Err.(syscall.Errno); ok {
			return &transport.Error{Op: e.Op, Endpoint: e.Endpoint, Err: errno.Errno(no)}
		}
	}
	return err
}
