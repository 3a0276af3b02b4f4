// SPDX-License-Identifier: MPL-2.0

// Messages that the library itself sends or makes: HELLO_MSG, DISCONNECT_MSG,
// HICCUP_MSG, ROUTER_NOTIFY.

package engine

import (
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
)

// Hello writes HELLO_MSG into a new pipe between two sockets, before anything else
// (libzmq socket_base_t::connect_internal). Runs on p's writer.
func Hello(p *pipe.Pipe, o *option.Options) {
	if saysHello(o) {
		p.Inject(o.HelloMsg)
	}
}

func saysHello(o *option.Options) bool {
	switch o.Type {
	case option.Router, option.Dealer, option.Server, option.Client, option.Peer:
		return len(o.HelloMsg) > 0 && !o.Raw()
	}
	return false
}

// Farewell returns DISCONNECT_MSG where a socket of o's type hears of peers that
// leave it; else nothing (libzmq options_t::can_recv_disconnect_msg).
func Farewell(o *option.Options) []byte {
	switch o.Type {
	case option.Router, option.Server, option.Peer:
		if !o.Raw() {
			return o.DisconnectMsg
		}
	}
	return nil
}

// hiccup returns HICCUP_MSG where a socket of o's type hears of connections that
// break (libzmq options_t::can_recv_hiccup_msg).
func hiccup(o *option.Options) []byte {
	switch o.Type {
	case option.Dealer, option.Client, option.Peer:
		return o.HiccupMsg
	}
	return nil
}

// sayHello puts HELLO_MSG in front of everything that goes out on a connection
// (libzmq hello_msg_session_t, edge case 213). It does not count as a message of the
// pipe. Called before the pipe may be read.
func (e *Stream) sayHello() {
	if !saysHello(e.opts) {
		return
	}
	m := e.opts.HelloMsg
	e.ctlMu.Lock()
	switch {
	case e.codec != nil:
		e.ctlPlain = append(zmtp.AppendHeader(e.ctlPlain, 0, len(m)), m...)
	case e.version.Legacy():
		e.ctl = append(zmtp.AppendHeaderV1(e.ctl, 0, len(m)), m...)
	default:
		e.ctl = append(zmtp.AppendHeader(e.ctl, 0, len(m)), m...)
	}
	e.ctlReady.Store(true)
	e.ctlMu.Unlock()
}

// notifyUp tells a ROUTER by an empty message that a peer has come (edge case 181).
func (e *Stream) notifyUp() {
	if e.opts.Type == option.Router && e.opts.RouterNotify&option.NotifyConnect != 0 {
		e.pipe.Inject(nil)
	}
}

// notifyDown tells the socket by messages that a connection has ended which had got
// through its handshake: ROUTER_NOTIFY, then DISCONNECT_MSG where the peer had come
// to us, HICCUP_MSG where we had gone to it (libzmq stream_engine_base_t::error,
// session_base_t::engine_error, edge case 214).
func (e *Stream) notifyDown() {
	if e.state != active || e.pipe == nil || e.opts.Raw() {
		return
	}
	if e.opts.Type == option.Router && e.opts.RouterNotify&option.NotifyDisconnect != 0 {
		e.pipe.Inject(nil)
	}
	m := Farewell(e.opts)
	if e.s.connects {
		m = hiccup(e.opts)
	}
	if len(m) > 0 {
		e.pipe.Inject(m)
	}
}
