// SPDX-License-Identifier: MPL-2.0

package zmq

import "github.com/zeroloop/zmq/internal/option"

// The bits of WithRouterNotify.
const (
	NotifyConnect    = option.NotifyConnect
	NotifyDisconnect = option.NotifyDisconnect
)

// The bits of WithReconnectStop.
const (
	StopConnRefused     = option.StopConnRefused
	StopHandshakeFailed = option.StopHandshakeFailed
	StopAfterDisconnect = option.StopAfterDisconnect
)

// WithRouterNotify lets a ROUTER receive an empty message from each peer that comes
// or goes, by a mask of NotifyConnect and NotifyDisconnect (ZMQ_ROUTER_NOTIFY). Not
// over inproc.
func WithRouterNotify(mask int) Option { return byNumber(option.RouterNotifyID, mask) }

// WithReconnectStop says when a connection that is not there is given up, its
// endpoint removed and what waits for it dropped, by a mask (ZMQ_RECONNECT_STOP):
// StopConnRefused when the peer refuses, StopHandshakeFailed when it leaves or is
// silent in the handshake, StopAfterDisconnect when Disconnect is called while there
// is no connection.
func WithReconnectStop(mask int) Option { return byNumber(option.ReconnectStopID, mask) }

// WithHelloMsg sets a message, copied, that each peer receives first, at every new
// connection, beside the high-water marks (ZMQ_HELLO_MSG). It acts for ROUTER,
// DEALER, SERVER, CLIENT and PEER; empty is none.
func WithHelloMsg(message []byte) Option { return byText(option.HelloMsgID, string(message)) }

// WithDisconnectMsg sets a message, copied, that this socket receives from a peer
// that had connected to it and is gone (ZMQ_DISCONNECT_MSG). It acts for ROUTER,
// SERVER and PEER; empty is none.
func WithDisconnectMsg(message []byte) Option { return byText(option.DisconnectMsgID, string(message)) }

// WithHiccupMsg sets a message, copied, that this socket receives when a connection
// that it has made breaks (ZMQ_HICCUP_MSG). It acts for DEALER, CLIENT and PEER; not
// over inproc; empty is none.
func WithHiccupMsg(message []byte) Option { return byText(option.HiccupMsgID, string(message)) }
