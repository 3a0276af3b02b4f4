// SPDX-License-Identifier: MPL-2.0

package errno

import (
	"strconv"
	"syscall"
)

// entry is the name and the sentence of one number.
type entry struct{ name, text string }

// entries names every number of this package.
var entries = map[Errno]entry{
	OK:              {"OK", "no error"},
	EAGAIN:          {"EAGAIN", "the operation would block"},
	EINVAL:          {"EINVAL", "invalid argument"},
	ENOTSUP:         {"ENOTSUP", "operation not supported by this socket type"},
	EPROTONOSUPPORT: {"EPROTONOSUPPORT", "transport not supported"},
	ENOBUFS:         {"ENOBUFS", "no buffer space left"},
	ENETDOWN:        {"ENETDOWN", "the network is down"},
	EADDRINUSE:      {"EADDRINUSE", "address already in use"},
	EADDRNOTAVAIL:   {"EADDRNOTAVAIL", "address not available on this machine"},
	ECONNREFUSED:    {"ECONNREFUSED", "connection refused"},
	EINPROGRESS:     {"EINPROGRESS", "operation in progress"},
	ENOTSOCK:        {"ENOTSOCK", "the socket is closed"},
	EMSGSIZE:        {"EMSGSIZE", "message too large"},
	EAFNOSUPPORT:    {"EAFNOSUPPORT", "address family not supported"},
	ENETUNREACH:     {"ENETUNREACH", "network unreachable"},
	ECONNABORTED:    {"ECONNABORTED", "connection aborted"},
	ECONNRESET:      {"ECONNRESET", "connection reset by peer"},
	ENOTCONN:        {"ENOTCONN", "not connected"},
	ETIMEDOUT:       {"ETIMEDOUT", "connection timed out"},
	EHOSTUNREACH:    {"EHOSTUNREACH", "no route to this peer"},
	ENETRESET:       {"ENETRESET", "connection dropped by the network"},
	ENOENT:          {"ENOENT", "no such endpoint"},
	EMFILE:          {"EMFILE", "too many open sockets or files"},
	ENODEV:          {"ENODEV", "no such network interface"},
	ENOMEM:          {"ENOMEM", "out of memory"},
	EINTR:           {"EINTR", "interrupted"},
	EFAULT:          {"EFAULT", "invalid object"},
	EPROTO:          {"EPROTO", "the peer broke the protocol"},
	EBADF:           {"EBADF", "bad file descriptor"},
	ENAMETOOLONG:    {"ENAMETOOLONG", "name too long"},
	EPIPE:           {"EPIPE", "connection closed by peer"},
	EFSM:            {"EFSM", "operation not possible in the socket's current state"},
	ENOCOMPATPROTO:  {"ENOCOMPATPROTO", "transport not usable with this socket type"},
	ETERM:           {"ETERM", "the context is terminated"},
	EMTHREAD:        {"EMTHREAD", "no I/O thread available"},
}

// Error returns a short sentence for e; the system's for a number that this
// package does not name (zmq_strerror).
func (e Errno) Error() string {
	if ent, ok := entries[e]; ok {
		return ent.text
	}
	if e < Hausnumero {
		return syscall.Errno(e).Error()
	}
	return e.Name()
}

// Name returns the C name of e, like "EAGAIN", or "errno N" for a number that
// this package does not name.
func (e Errno) Name() string {
	if ent, ok := entries[e]; ok {
		return ent.name
	}
	return "errno " + strconv.FormatUint(uint64(e), 10)
}
