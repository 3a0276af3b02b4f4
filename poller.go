// SPDX-License-Identifier: MPL-2.0

// Next: socket/poller.go.

package zmq

import (
	"context"
	"time"

	"github.com/zeroloop/zmq/socket"
)

// PollEvents is a set of what a socket or a descriptor can be ready for, with
// libzmq's numbers.
type PollEvents int

// What to wait for.
const (
	PollIn  PollEvents = socket.PollIn  // a message can be received; there is something to read
	PollOut PollEvents = socket.PollOut // a message can be sent; there is room to write
	PollErr PollEvents = socket.PollErr // a descriptor has an error, or its other end is gone
)

// PollEvent is one report of a Poller.
type PollEvent struct {
	Socket *Socket // nil for a descriptor
	FD     int     // -1 for a socket
	Data   any     // as given to Add or AddFD
	Events PollEvents
}

// Poller waits for several sockets and descriptors at a time, for those who port,
// and for one goroutine that serves many sockets; elsewhere a goroutine for each
// is simpler (zmq_poller_new). A wait parks the goroutine and costs no more for
// sockets that are idle. What is ready is reported again and again until the call
// that it is ready for has been made. Safe for use from any goroutine; those that
// wait take turns. A call that another goroutine makes may be quicker: then what
// was reported is over, and TryRecv or TrySend give ErrAgain.
type Poller struct {
	p *socket.Poller
}

// NewPoller makes a poller. It must be closed, if descriptors are added to it.
func NewPoller() *Poller { return &Poller{socket.NewPoller()} }

// polled is what the layer below gives back.
type polled struct {
	socket *Socket
	fd     int
	data   any
}

// Add begins to wait for s. data is what its reports carry. ErrInvalid where s is
// in the poller or events has a bit that is none; ErrNotSock, ErrTerm
// (zmq_poller_add).
func (p *Poller) Add(s *Socket, events PollEvents, data any) error {
	return wrap("poller add", "", p.p.Add(s.b, int(events), &polled{s, -1, data}))
}

// AddFD begins to wait for a descriptor, which stays the caller's and must be
// removed before it is closed. ErrBadFD for a negative one; ErrInvalid as Add;
// syscall.EPERM for a file on disk, which is always ready (zmq_poller_add_fd).
func (p *Poller) AddFD(fd int, events PollEvents, data any) error {
	return wrap("poller add", "", p.p.AddFD(fd, int(events), &polled{nil, fd, data}))
}

// Modify changes what is waited for at s; 0 is nothing. ErrInvalid where s is not
// in the poller (zmq_poller_modify).
func (p *Poller) Modify(s *Socket, events PollEvents) error {
	return wrap("poller modify", "", p.p.Modify(s.b, int(events)))
}

// ModifyFD is Modify for a descriptor (zmq_poller_modify_fd).
func (p *Poller) ModifyFD(fd int, events PollEvents) error {
	return wrap("poller modify", "", p.p.ModifyFD(fd, int(events)))
}

// Remove ends the waiting for s, closed or not. ErrInvalid where it is not in the
// poller (zmq_poller_remove).
func (p *Poller) Remove(s *Socket) error { return wrap("poller remove", "", p.p.Remove(s.b)) }

// RemoveFD is Remove for a descriptor (zmq_poller_remove_fd).
func (p *Poller) RemoveFD(fd int) error { return wrap("poller remove", "", p.p.RemoveFD(fd)) }

// Len returns how many sockets and descriptors there are (zmq_poller_size).
func (p *Poller) Len() int { return p.p.Len() }

// Wait waits until something is ready and returns one report (zmq_poller_wait).
// It fails as WaitAll; where a socket has ended the report says which.
func (p *Poller) Wait(ctx context.Context) (PollEvent, error) {
	var e [1]PollEvent
	_, err := p.WaitAll(ctx, e[:])
	return e[0], err
}

// WaitAll waits until something is ready, fills the front of events, and returns
// how many reports there are; the others are set to nothing, with an FD of -1
// (zmq_poller_wait_all). It fails with ctx's error; with ErrTerm or ErrNotSock
// where a socket has ended, which is then the one report, with PollErr; with
// ErrFault where nothing is waited for and ctx cannot end; with ErrNotSock after
// Close; and with ErrInvalid for no room in events.
func (p *Poller) WaitAll(ctx context.Context, events []PollEvent) (int, error) {
	f := filler(events)
	n, err := p.p.Wait(ctx, len(events), f.next)
	f.clear()
	return n, wrap("poller wait", "", err)
}

// TryWaitAll is WaitAll without waiting: ErrAgain where nothing is ready.
func (p *Poller) TryWaitAll(events []PollEvent) (int, error) {
	f := filler(events)
	n, err := p.p.Look(len(events), f.next)
	f.clear()
	return n, wrap("poller wait", "", err)
}

// Close ends the poller: who waits, and later calls, get ErrNotSock. The sockets
// and descriptors are left as they are (zmq_poller_destroy).
func (p *Poller) Close() error { return wrap("poller close", "", p.p.Close()) }

// filler is the part of a slice of events that has not been filled yet.
type filler []PollEvent

func (f *filler) next(tag any, events int) {
	of := tag.(*polled)
	(*f)[0] = PollEvent{Socket: of.socket, FD: of.fd, Data: of.data, Events: PollEvents(events)}
	*f = (*f)[1:]
}

// clear sets the rest to nothing.
func (f *filler) clear() {
	for i := range *f {
		(*f)[i] = PollEvent{FD: -1}
	}
}

// PollItem is one socket or descriptor for Poll (zmq_pollitem_t).
type PollItem struct {
	Socket *Socket    // or nil
	FD     int        // where Socket is nil
	Events PollEvents // what to wait for; 0 leaves the item out
	Ready  PollEvents // set by Poll
}

// Poll waits, once, until an item is ready, sets Ready of all items, and returns
// how many are ready (zmq_poll). The same socket or descriptor may be there several
// times. It fails as Poller.WaitAll; no items wait for ctx. Those who call it again
// and again are better off with a Poller.
func Poll(ctx context.Context, items []PollItem) (int, error) {
	if n, err := look(items); n > 0 || err != nil {
		return n, err
	}
	p := NewPoller()
	defer p.Close()
	if err := p.addAll(items); err != nil {
		return 0, err
	}
	for {
		if _, err := p.Wait(ctx); err != nil {
			return 0, err
		}
		if n, err := look(items); n > 0 || err != nil {
			return n, err
		}
	}
}

// PollTimeout is Poll for at most d; a negative d is no limit. It returns 0 without
// an error where the time has passed, as zmq_poll does.
func PollTimeout(items []PollItem, d time.Duration) (int, error) {
	if d == 0 {
		return look(items)
	}
	ctx := context.Background()
	if d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	n, err := Poll(ctx, items)
	if err != nil && ctx.Err() != nil {
		return 0, nil
	}
	return n, err
}

// look sets Ready of all items, without waiting.
func look(items []PollItem) (n int, err error) {
	for i := range items {
		it := &items[i]
		it.Ready = 0
		switch {
		case it.Socket == nil:
			it.Ready = PollEvents(socket.LookFD(it.FD, int(it.Events)))
		default:
			ready, err := it.Socket.Ready()
			if err != nil {
				return 0, err
			}
			it.Ready = ready & it.Events
		}
		if it.Ready != 0 {
			n++
		}
	}
	return n, nil
}

// addAll puts items into p, those that are there several times with all they wait
// for.
func (p *Poller) addAll(items []PollItem) error {
	masks := make(map[any]PollEvents)
	for _, it := range items {
		if it.Events == 0 {
			continue
		}
		var key any = it.FD
		if it.Socket != nil {
			key = it.Socket
		}
		mask, twice := masks[key]
		masks[key] = mask | it.Events
		if err := p.addItem(&it, masks[key], twice); err != nil {
			return err
		}
	}
	return nil
}

func (p *Poller) addItem(it *PollItem, mask PollEvents, twice bool) error {
	switch {
	case it.Socket == nil && twice:
		return p.ModifyFD(it.FD, mask)
	case it.Socket == nil:
		return p.AddFD(it.FD, mask, nil)
	case twice:
		return p.Modify(it.Socket, mask)
	}
	return p.Add(it.Socket, mask, nil)
}

// Ready returns, without waiting, whether a message can be received (PollIn) and
// sent (PollOut) now, and takes back what FD's descriptor says (ZMQ_EVENTS).
// ErrNotSock, ErrTerm.
func (s *Socket) Ready() (PollEvents, error) {
	events, err := s.b.Events()
	return PollEvents(events), wrap("ready", "", err)
}

// FD returns a descriptor for event loops of other libraries: it polls readable
// after something may have changed for the socket (ZMQ_FD). It is edge-triggered:
// whoever wakes calls Ready, and then uses the socket until Ready says that there
// is nothing left to do, or waits again at the risk of missing the rest. The
// descriptor is to poll only, belongs to the socket and is closed with it.
// ErrMFile, ErrNotSock, ErrTerm.
func (s *Socket) FD() (int, error) {
	fd, err := s.b.FD()
	return fd, wrap("fd", "", err)
}
