// SPDX-License-Identifier: MPL-2.0

// Previous: the façade's wait.go, signal.go (something may have changed). Next:
// stats.go, xpub.go.

package socket

import (
	"context"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

// ear is a goroutine's, at a signal.
type ear chan struct{}

// push implements hearer.
func (n ear) push() {
	select {
	case n <- struct{}{}:
	default:
	}
}

// await asks done, now and whenever something may have changed for the socket,
// until it says yes. It fails with done's error, ctx's, ETERM or ENOTSOCK.
func (b *Base) await(ctx context.Context, done func() (bool, error)) error {
	heard := make(ear, 1)
	b.signal.watch(heard)
	defer b.signal.unwatch(heard)
	for {
		if e := b.check(); e != 0 {
			return e
		}
		if yes, err := done(); yes || err != nil {
			return err
		}
		select {
		case <-heard:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// awaitEnd waits for the end of the socket: ctx's error, ETERM, ENOTSOCK.
func (b *Base) awaitEnd(ctx context.Context) error {
	return b.await(ctx, func() (bool, error) { return false, nil })
}

// WaitConnected waits until there are n peers at least: connections through their
// handshake, or inproc. ctx's error, ETERM, ENOTSOCK.
func (b *Base) WaitConnected(ctx context.Context, n int) error {
	return b.await(ctx, func() (bool, error) {
		st, err := b.Stats(ctx)
		if err != nil {
			return false, err
		}
		connected := 0
		for i := range st.Peers {
			if st.Peers[i].Connected {
				connected++
			}
		}
		return connected >= n, nil
	})
}

// audience is a pattern that knows who has subscribed (XPUB, PUB).
type audience interface {
	// Both locks.
	subscribers() int
}

// WaitSubscribed waits until n peers at least have subscribed to something. ctx's
// error, ETERM, ENOTSOCK; ENOTSUP for what is no publisher.
func (b *Base) WaitSubscribed(ctx context.Context, n int) error {
	return b.await(ctx, func() (bool, error) {
		a, ok := b.pat.(audience)
		if !ok {
			return false, errno.ENOTSUP
		}
		b.lockBoth()
		defer b.unlockBoth()
		b.hearIn()
		return a.subscribers() >= n, nil
	})
}

// Shutdown closes the socket, whatever its LINGER, and waits until everything that
// was sent has gone out. Where ctx ends first, what is left is dropped, and its
// error is returned; ENOTSOCK where the socket was closed before.
func (b *Base) Shutdown(ctx context.Context) error {
	if err := b.closeWith(option.Forever); err != nil {
		return err
	}
	select {
	case <-b.reaped:
		return nil
	case <-ctx.Done():
	}
	for _, x := range b.objects.of("") {
		x.Term(0)
	}
	return ctx.Err()
}
