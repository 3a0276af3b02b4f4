// SPDX-License-Identifier: MPL-2.0

// Package transport turns endpoint texts into connected descriptors.
//
// It knows addresses (tcp, ipc and what users register), opens listening and
// connecting sockets, and reads and writes them. It builds no engine and has no
// event loop: what it hands over is a non-blocking, close-on-exec descriptor of
// a stream socket, and the caller owns it from then on.
//
// # Invariants
//
//	T1: every descriptor that leaves the package is a stream socket, is
//	    non-blocking and close-on-exec, and is owned by the caller.
//	T2: a function that may wait for the network or a name server says so;
//	    all others may run on an I/O loop. Resolve, Listen and PumpConn's
//	    goroutines are the only places that wait.
//	T3: a failed call leaves no descriptor and no goroutine behind.
//	T4: an error is an *Error that wraps a syscall.Errno, or the context's
//	    error when a context ended the call. EAGAIN (Accept) and EINPROGRESS
//	    (ConnectResult) are no failures and come unwrapped, to be compared
//	    with ==.
//
// # Transports that are not descriptors
//
// A scheme added with Register gives a net.Conn and a net.Listener. They are
// made to look like the rest: Resolve dials, Connect and Listener.Accept hand
// over a descriptor, one end of a socket pair whose other end two goroutines
// copy from and to the net.Conn. So nothing above this package knows the
// difference.
//
// # Reading order
//
// address.go (texts), options.go, resolve.go (texts to targets), connecter.go,
// listener.go, tcp.go and ipc.go (what differs), endpoint.go (descriptors to
// texts), conn.go and rw_*.go (bytes), sockopt*.go, registry.go, pump.go.
package transport
