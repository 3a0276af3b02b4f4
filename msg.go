// SPDX-License-Identifier: MPL-2.0

package zmq

import "github.com/zeroloop/zmq/internal/msg"

// Msg is a message of one or more frames. Its zero value is empty and ready for
// use; see its methods for who owns which memory.
//
// A Msg belongs to one goroutine at a time. Used again and again with RecvMsg
// and SendMsg it costs no allocation per message.
type Msg = msg.Msg

// NewMsg returns a message of the given frames. It refers to them and copies
// nothing: until the message has been sent they must not change, and a frame of
// 4 KiB or more not afterwards either.
func NewMsg(frames ...[]byte) Msg { return msg.New(frames...) }
