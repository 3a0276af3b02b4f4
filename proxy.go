// SPDX-License-Identifier: MPL-2.0

package zmq

import (
	"context"
	"errors"

	"github.com/zeroloop/zmq/socket"
)

// Proxy passes messages between frontend and backend in both directions, whole
// and in order, until ctx ends or a socket fails, and returns why: ctx's error,
// ErrTerm, ErrNotSock (zmq_proxy). A direction that a socket type has not is left
// out. What passes is also sent to capture, unless that is nil; a capture that
// has no room misses messages.
func Proxy(ctx context.Context, frontend, backend, capture *Socket) error {
	var c *socket.Base
	if capture != nil {
		c = capture.b
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{}, 2)
	for _, way := range [2][2]*socket.Base{{frontend.b, backend.b}, {backend.b, frontend.b}} {
		go func() {
			defer func() { done <- struct{}{} }()
			err := socket.Forward(ctx, way[0], way[1], c)
			if !errors.Is(err, ErrNotSup) {
				cancel(err)
			}
		}()
	}
	<-done
	<-done
	if err := context.Cause(ctx); err != nil {
		return wrap("proxy", "", err)
	}
	return wrap("proxy", "", ErrNotSup)
}
