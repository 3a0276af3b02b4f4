// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"context"

	"github.com/zeroloop/zmq/internal/msg"
)

// forwardBatch is how many messages a proxy takes at a time from one side.
const forwardBatch = 64

// Forward passes messages from one socket to another until ctx ends or a socket
// fails, and returns why (one direction of libzmq's zmq_proxy). capture, which
// may be nil, gets a copy of each message that it has room for.
func Forward(ctx context.Context, from, to, capture *Base) error {
	ms := make([]msg.Msg, forwardBatch)
	for {
		n, err := from.RecvBatch(ctx, ms)
		if err != nil {
			return err
		}
		if capture != nil {
			for i := range ms[:n] {
				c := ms[i].Clone()
				_ = capture.Send(ctx, &c, false) // no room: the copy is dropped
				c.Close()
			}
		}
		for sent := 0; sent < n; {
			k, err := to.SendBatch(ctx, ms[sent:n])
			if err != nil {
				closeAll(ms)
				return err
			}
			sent += k
		}
	}
}

func closeAll(ms []msg.Msg) {
	for i := range ms {
		ms[i].Close()
	}
}
