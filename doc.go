// SPDX-License-Identifier: MPL-2.0

// Package zmq is ZeroMQ in pure Go: brokerless sockets for request-reply,
// publish-subscribe, pipelines and more, over tcp, ipc and inproc, speaking ZMTP
// with every other ZeroMQ. It needs no cgo and no libzmq.
//
//	s, err := zmq.NewSocket(zmq.REQ)
//	err = s.Connect("tcp://localhost:5555")
//	err = s.Send(ctx, []byte("Hello"))
//	m, err := s.Recv(ctx)
//
// # Sockets
//
// A Socket may be used by any number of goroutines at once. Connect returns at
// once and keeps connecting; the order of Bind and Connect does not matter. A
// message is one or more frames and is sent and received whole. Every peer has a
// queue of its own in each direction, bounded by the high-water marks; whether a
// full queue makes Send wait or drops the message depends on the socket type.
//
// # Contexts
//
// The context.Context of a call bounds that call only, never the socket's life.
// A call that ends with an error has sent or received nothing. The Context of
// this package is libzmq's: a set of sockets and the I/O loops that serve them.
//
// # Memory
//
// Send copies its frames; Recv returns plain memory. SendMsg and RecvMsg work on
// a reusable Msg without allocating: large frames travel by reference.
//
// # Where to read on
//
// ARCHITECTURE.md has the layers, the threads and the way of a message as a
// table. The source reads downwards: socket.go here, then socket/, pipe/,
// engine/, reactor/, poller/.
package zmq
