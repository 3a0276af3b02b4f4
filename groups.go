// SPDX-License-Identifier: MPL-2.0

package zmq

// Join makes a DISH socket receive the messages that RADIO sockets send to a group,
// a name of at most 255 bytes that must be the same to the last one
// (zmq_join). Errors: ErrInvalid for a group that is joined already or has a longer
// name; ErrNotSup for other socket types.
func (s *Socket) Join(group string) error { return wrap("join", "", s.b.Join(group)) }

// Leave takes Join back (zmq_leave). Errors: ErrInvalid for a group that is not
// joined; ErrNotSup for other socket types.
func (s *Socket) Leave(group string) error { return wrap("leave", "", s.b.Leave(group)) }
