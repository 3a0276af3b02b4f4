// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"context"
	"iter"

	"github.com/zeroloop/zmq/engine"
)

// EventType is a bit mask of what can happen to a socket's connections, with the
// values of zmq_socket_monitor.
type EventType = engine.EventType

// Event is one thing that happened to a connection or a listener.
type Event = engine.Event

// The events. Value is, as with libzmq, the descriptor, the errno, the interval
// in milliseconds or the protocol error code.
const (
	EventConnected               = engine.EventConnected
	EventConnectDelayed          = engine.EventConnectDelayed
	EventConnectRetried          = engine.EventConnectRetried
	EventListening               = engine.EventListening
	EventBindFailed              = engine.EventBindFailed
	EventAccepted                = engine.EventAccepted
	EventAcceptFailed            = engine.EventAcceptFailed
	EventClosed                  = engine.EventClosed
	EventCloseFailed             = engine.EventCloseFailed
	EventDisconnected            = engine.EventDisconnected
	EventMonitorStopped          = engine.EventMonitorStopped
	EventHandshakeFailedNoDetail = engine.EventHandshakeFailedNoDetail
	EventHandshakeSucceeded      = engine.EventHandshakeSucceeded
	EventHandshakeFailedProtocol = engine.EventHandshakeFailedProtocol
	EventHandshakeFailedAuth     = engine.EventHandshakeFailedAuth
	EventPipesStats              = engine.EventPipesStats
	EventAll                     = engine.EventAll   // all but EventPipesStats
	EventAllV2                   = engine.EventAllV2 // all
)

// Events watches the socket: it collects the events in mask from this call on,
// and ranging over the result, once, yields them until ctx ends, the socket has
// closed or the context was shut down. It never slows the socket down: a watcher
// that is more than 4096 events behind misses the oldest. EventMonitorStopped, where
// mask has it, is the last one, unless the range was left before. Where the result is not
// ranged over, ctx must end for the memory to be freed.
func (s *Socket) Events(ctx context.Context, mask EventType) iter.Seq[Event] {
	next, stop := s.b.Watch(mask)
	release := context.AfterFunc(ctx, stop)
	return func(yield func(Event) bool) {
		defer stop()
		defer release()
		for {
			e, ok := next(ctx)
			if !ok || !yield(e) {
				return
			}
		}
	}
}

// Monitor sends the events in mask as messages to an inproc endpoint, to which a
// PAIR, SUB or PULL socket connects, in libzmq's form: for those who port; Events
// is easier (zmq_socket_monitor_versioned). typ is PAIR, PUB or PUSH, version 1
// or 2; see zmq_socket_monitor_versioned(3) for the frames. An empty endpoint
// stops the monitor, as another one does. The last message is
// EventMonitorStopped. Errors: ErrInvalid, ErrProtoNoSupport, ErrAddrInUse,
// ErrMFile, as the sending socket counts as one of the context's.
func (s *Socket) Monitor(endpoint string, mask EventType, version int, typ SocketType) error {
	return wrap("monitor", endpoint, s.b.Monitor(endpoint, mask, version, int(typ)))
}
