// SPDX-License-Identifier: MPL-2.0

// Previous: engine/auth.go. Next: zap.go.

package socket

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/option"
)

const (
	// authenticatorsMaxCount bounds the goroutines of one socket that run its
	// authenticator.
	authenticatorsMaxCount = 32
	// authQueuedMaxCount bounds the questions that wait for one of them; another one
	// is answered 500.
	authQueuedMaxCount = 4096
)

// Authenticate implements engine.Host: it asks the Go authenticator if there is
// one, else the ZAP handler of the context.
func (b *Base) Authenticate(o *option.Options, r *option.AuthRequest, wake func()) (engine.Inquiry, error) {
	if o.Authenticator == nil {
		return b.askZAP(o, r, wake)
	}
	q := &question{ask: o.Authenticator, request: *r, wake: wake}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	b.desk.enter(q)
	return q, nil
}

// desk runs the socket's authenticators, off the loops and a bounded number at a
// time. The lock is a leaf.
type desk struct {
	mu sync.Mutex
	// +checklocks:mu
	waiting []*question
	running int
}

// question is one call of a Go authenticator.
type question struct {
	// immutable
	ask     option.Authenticator
	request option.AuthRequest
	wake    func()
	ctx     context.Context // ends when nobody wants to know any more
	cancel  context.CancelFunc

	mu sync.Mutex
	// +checklocks:mu
	done    bool
	verdict mechanism.Verdict
}

// enter lets a question be asked now or later.
func (d *desk) enter(q *question) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.running < authenticatorsMaxCount:
		d.running++
		go d.work(q)
	case len(d.waiting) < authQueuedMaxCount:
		d.waiting = append(d.waiting, q)
	default:
		q.answer(refuse(&option.AuthError{Status: 500, Reason: "too many questions at a time"}))
	}
}

// work asks one question after another while there are any.
func (d *desk) work(q *question) {
	for q != nil {
		if q.ctx.Err() == nil {
			q.run()
		}
		q = d.next()
	}
}

func (d *desk) next() *question {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) == 0 {
		d.running--
		d.waiting = nil
		return nil
	}
	q := d.waiting[0]
	d.waiting[0] = nil
	d.waiting = d.waiting[1:]
	return q
}

// run asks, and answers. An authenticator that panics has refused the peer, whatever
// that one has sent it.
func (q *question) run() {
	defer func() {
		if v := recover(); v != nil {
			q.answer(refuse(&option.AuthError{Status: 500, Reason: fmt.Sprintf("the authenticator panicked: %v", v)}))
		}
	}()
	who, err := q.ask(q.ctx, q.request)
	if err != nil {
		q.answer(refuse(err))
		return
	}
	v := mechanism.Verdict{Status: 200, UserID: who.UserID}
	for name, value := range who.Metadata {
		v.Properties = append(v.Properties, zmtp.Property{Name: []byte(name), Value: []byte(value)})
	}
	q.answer(v)
}

// refuse makes a verdict of an authenticator's error: 400 where the error names
// no status.
func refuse(err error) mechanism.Verdict {
	var own *option.AuthError
	if errors.As(err, &own) {
		switch own.Status {
		case 300, 400, 500:
			return mechanism.Verdict{Status: own.Status, Reason: own.Reason}
		}
		return mechanism.Verdict{Status: 500, Reason: err.Error()}
	}
	return mechanism.Verdict{Status: 400, Reason: err.Error()}
}

func (q *question) answer(v mechanism.Verdict) {
	q.mu.Lock()
	q.verdict, q.done = v, true
	q.mu.Unlock()
	q.wake()
}

// Answer implements engine.Inquiry.
func (q *question) Answer() (mechanism.Verdict, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.verdict, q.done, nil
}

// Cancel implements engine.Inquiry.
func (q *question) Cancel() { q.cancel() }
