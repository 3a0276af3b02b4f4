// SPDX-License-Identifier: MPL-2.0

package engine

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
	EventHandshakeFailedProtocol EventType = 0x2000 // Value: ZMQ_PROTOCOL_ERROR code
	EventHandshakeFailedAuth     EventType = 0x4000 // Value: ZAP status
	EventAll                     EventType = 0xffff
)

// Event is one thing that happened to a connection or a listener of a socket.
type Event struct {
	Type      EventType
	Local     string // our end, as an endpoint; may be empty
	Remote    string // the peer's end, as an endpoint; may be empty
	Value     int64  // depends on Type, as with libzmq
	Err       error  // why, where something failed
	RoutingID []byte // the peer's identity, with EventHandshakeSucceeded
}
