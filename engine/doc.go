// SPDX-License-Identifier: MPL-2.0

// Package engine is a protocol on a connection: the listener and the connecter
// that make descriptors, the stream engine that speaks ZMTP (or nothing at all,
// for raw sockets) on one, and the session that ties it to a pipe (libzmq
// session_base_t, stream_engine_base_t, stream_listener_base_t,
// stream_connecter_base_t).
//
// # Who owns what
//
// Session, Stream, Listener and Connecter live on one loop each and are touched
// by it alone, with one exception: the two halves of a stream (half.go). The owner
// of one is whoever has moved it from idle to busy: the loop, or an application
// goroutine, whose Send found the connection idle and writes at once (output.go),
// or whose Recv finds nothing more in a dense stream and reads on (fetch.go).
//
// # Two lanes
//
// Where the wire carries exactly what the pipe holds, ZMTP 2 frames without
// encryption, bytes move between chunk and kernel as they are (input.go,
// output.go). Everything else is re-framed message by message
// (slow.go): ZMTP 1.0, raw, conflating pipes, subscriptions.
//
// # Ends
//
// A stream never frees itself. It reports a verdict to its session, which
// closes it and decides: end (accepted connections, protocol errors,
// termination) or connect again (session_reconnect.go).
package engine
