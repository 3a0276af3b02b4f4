// SPDX-License-Identifier: MPL-2.0

package peer

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

const (
	warmupRoundTrips = 10
	// Between a publisher's warm-up messages, per connection and at least:
	// they must not fill the queues of a slow library.
	warmupPeriod    = 200 * time.Microsecond
	warmupPeriodMin = 10 * time.Millisecond
	subIdle         = 500 * time.Millisecond // a subscriber gives up on lost messages after this
	subTick         = 10 * time.Millisecond
)

func (l *Library) openMany(n int, c Config) ([]Socket, error) {
	socks := make([]Socket, n)
	for i := range socks {
		s, err := l.Open(c)
		if err != nil {
			return nil, err
		}
		socks[i] = s
	}
	return socks, nil
}

func rolePull(l *Library, a args) error {
	s, err := l.Open(a.Config)
	if err != nil {
		return err
	}
	ready(s.Endpoint())
	return receiveTimed(s, wire.Pull, a)
}

// receiveTimed takes one untimed message per connection and then times count
// messages.
func receiveTimed(s Socket, command string, a args) error {
	if _, err := s.RecvN(a.Conns); err != nil {
		return err
	}
	start := time.Now()
	bytes, err := s.RecvN(a.count)
	if err != nil {
		return err
	}
	elapsed := time.Since(start)
	if bytes != int64(a.count)*int64(a.Size) {
		return fmt.Errorf("%s: %d messages of %d bytes came as %d bytes", command, a.count, a.Size, bytes)
	}
	finish(wire.Result{Command: command, Size: a.Size, Conns: a.Conns, Expected: int64(a.count),
		Messages: int64(a.count), Seconds: elapsed.Seconds()})
	return nil
}

func rolePush(l *Library, a args) error {
	a.life.untilEOF(wire.Push)
	socks, err := l.openMany(a.Conns, a.Config)
	if err != nil {
		return err
	}
	if err := l.sendAll(socks, a); err != nil {
		return err
	}
	select {}
}

// sendAll sends one message per socket, which shows that each is connected,
// and then count messages in turn.
func (l *Library) sendAll(socks []Socket, a args) error {
	for _, s := range socks {
		if err := s.SendN(a.Size, 1); err != nil {
			return err
		}
	}
	if len(socks) == 1 {
		return socks[0].SendN(a.Size, a.count)
	}
	turn := 1
	if l.Turn != nil {
		turn = l.Turn(a.Size)
	}
	for i, left := 0, a.count; left > 0; i, left = i+1, left-turn {
		if err := socks[i%len(socks)].SendN(a.Size, min(turn, left)); err != nil {
			return err
		}
	}
	return nil
}

// roleServe is rep and router.
func roleServe(l *Library, a args) error {
	s, err := l.Open(a.Config)
	if err != nil {
		return err
	}
	a.life.untilEOF(a.Kind)
	ready(s.Endpoint())
	return s.Serve()
}

func roleReq(l *Library, a args) error {
	s, err := l.Open(a.Config)
	if err != nil {
		return err
	}
	return roundTrips(s, a.Kind, a)
}

func roundTrip(s Socket, size int) error {
	if err := s.SendN(size, 1); err != nil {
		return err
	}
	n, err := s.RecvN(1)
	if err == nil && n != int64(size) {
		err = fmt.Errorf("a reply of %d bytes to a request of %d", n, size)
	}
	return err
}

func roundTrips(s Socket, command string, a args) error {
	rec := newRecorder()
	for range warmupRoundTrips {
		if err := roundTrip(s, a.Size); err != nil {
			return err
		}
	}
	start := time.Now()
	last := start
	for range a.count {
		if err := roundTrip(s, a.Size); err != nil {
			return err
		}
		now := time.Now()
		rec.add(now.Sub(last))
		last = now
	}
	finish(wire.Result{Command: command, Size: a.Size, Conns: 1, Expected: int64(a.count),
		Messages: int64(a.count), Seconds: last.Sub(start).Seconds(), Latency: rec.latency()})
	return nil
}

// rolePub sends warm-up messages, one byte longer than the timed ones, until
// the go-ahead: then every subscriber is known to be connected and subscribed.
func rolePub(l *Library, a args) error {
	s, err := l.Open(a.Config)
	if err != nil {
		return err
	}
	a.life.untilEOF(wire.Pub)
	ready(s.Endpoint())
	warmup := time.NewTicker(max(warmupPeriodMin, time.Duration(a.Conns)*warmupPeriod))
	for waiting := true; waiting; {
		if err := s.SendN(a.Size+1, 1); err != nil {
			return err
		}
		select {
		case <-a.life.goAhead:
			waiting = false
		case <-warmup.C:
		}
	}
	if err := s.SendN(a.Size, a.count); err != nil {
		return err
	}
	select {}
}

// subscriber counts what one SUB socket receives. The padding keeps the
// counters of neighbours out of each other's cache lines.
type subscriber struct {
	got         atomic.Int64 // timed messages; written by its goroutine only
	first, last atomic.Int64 // ns since the base time; 0 is not yet
	_           [104]byte
}

// subBatch is how many messages a subscriber receives between two notes of its count,
// each of which is an atomic instruction that a driver in C does without. Where messages
// are lost, up to so many that came before that are taken for lost, too.
const subBatch = 16

// receive counts timed messages, which follow the others, and calls warm at the first
// message of any kind.
func (u *subscriber) receive(s Socket, a args, base time.Time, warm func()) error {
	for timed := false; !timed; {
		bytes, err := s.RecvN(1)
		if err != nil {
			return err
		}
		if warm != nil {
			warm()
			warm = nil
		}
		timed = bytes == int64(a.Size)
	}
	u.first.Store(int64(time.Since(base)))
	for n := 1; ; {
		u.got.Store(int64(n))
		if n == a.count {
			u.last.Store(int64(time.Since(base)))
			return nil
		}
		k := min(subBatch, a.count-n)
		bytes, err := s.RecvN(k)
		if err == nil && bytes != int64(k)*int64(a.Size) {
			err = fmt.Errorf("%s: %d messages of %d bytes came as %d bytes", wire.Sub, k, a.Size, bytes)
		}
		if err != nil {
			return err
		}
		n += k
	}
}

func roleSub(l *Library, a args) error {
	socks, err := l.openMany(a.Conns, a.Config)
	if err != nil {
		return err
	}
	subs := make([]subscriber, len(socks))
	failed := make(chan error, len(socks))
	base := time.Now()
	var warm sync.WaitGroup
	warm.Add(len(socks))
	for i := range socks {
		go func() { failed <- subs[i].receive(socks[i], a, base, warm.Done) }()
	}
	go func() {
		warm.Wait()
		ready("all")
	}()
	finish(watchSubs(subs, a, base, failed))
	return nil
}

// watchSubs returns when every subscriber has every message or nothing more
// has come for subIdle.
func watchSubs(subs []subscriber, a args, base time.Time, failed <-chan error) wire.Result {
	r := wire.Result{Command: wire.Sub, Size: a.Size, Conns: a.Conns,
		Expected: int64(a.count) * int64(a.Conns)}
	tick := time.NewTicker(subTick)
	changed := time.Duration(0) // when the sum was last seen to grow
	for {
		select {
		case <-tick.C:
		case <-failed: // a lost connection shows as lost messages
		}
		sum, first, last := int64(0), int64(0), int64(0)
		for i := range subs {
			sum += subs[i].got.Load()
			if f := subs[i].first.Load(); f > 0 && (first == 0 || f < first) {
				first = f
			}
			last = max(last, subs[i].last.Load())
		}
		now := time.Since(base)
		if sum != r.Messages {
			r.Messages, changed = sum, now
		}
		if sum == r.Expected {
			r.Seconds = time.Duration(last - first).Seconds()
			return r
		}
		if sum > 0 && now-changed > subIdle {
			r.Seconds = (changed - time.Duration(first)).Seconds()
			return r
		}
	}
}

// roleDealer keeps one request of each client in flight, one goroutine per
// client.
func roleDealer(l *Library, a args) error {
	socks, err := l.openMany(a.Conns, a.Config)
	if err != nil {
		return err
	}
	for _, s := range socks { // untimed: every connection is up
		if err := roundTrip(s, a.Size); err != nil {
			return err
		}
	}
	var (
		mu   sync.Mutex
		rec  = newRecorder() // +checklocks:mu
		sent atomic.Int64
		done = make(chan error, len(socks))
	)
	start := time.Now()
	for _, s := range socks {
		go func() {
			for sent.Add(1) <= int64(a.count) {
				began := time.Now()
				if err := roundTrip(s, a.Size); err != nil {
					done <- err
					return
				}
				d := time.Since(began)
				mu.Lock()
				rec.add(d)
				mu.Unlock()
			}
			done <- nil
		}()
	}
	for range socks {
		if err := <-done; err != nil {
			return err
		}
	}
	finish(wire.Result{Command: wire.Dealer, Size: a.Size, Conns: a.Conns, Expected: int64(a.count),
		Messages: int64(a.count), Seconds: time.Since(start).Seconds(), Latency: rec.latency()})
	return nil
}

func roleProxy(l *Library, a args) error {
	bound, run, err := l.OpenProxy(a.Kind, a.Endpoint, a.back)
	if err != nil {
		return err
	}
	a.life.untilEOF(a.Kind)
	ready(bound[0], bound[1])
	return run()
}

// openInproc binds one side and connects the other.
func openInproc(l *Library, a args, bind, connect string) (server, client Socket, err error) {
	c := Config{Kind: bind, Endpoint: "inproc://compare", Size: a.Size, Conns: 1}
	if server, err = l.Open(c); err != nil {
		return nil, nil, err
	}
	c.Kind, c.Connect = connect, true
	client, err = l.Open(c)
	return server, client, err
}

func roleInprocThr(l *Library, a args) error {
	pull, push, err := openInproc(l, a, wire.Pull, wire.Push)
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() {
		if err := l.sendAll([]Socket{push}, a); err != nil {
			failed <- err
		}
	}()
	go func() { failed <- receiveTimed(pull, wire.InprocThr, a) }()
	return <-failed
}

func roleInprocLat(l *Library, a args) error { return inprocRoundTrips(l, a, wire.Rep, wire.Req) }

func roleInprocPair(l *Library, a args) error {
	return inprocRoundTrips(l, a, wire.PairServe, wire.Pair)
}

func inprocRoundTrips(l *Library, a args, bind, connect string) error {
	server, client, err := openInproc(l, a, bind, connect)
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() { failed <- server.Serve() }()
	go func() { failed <- roundTrips(client, a.Kind, a) }()
	return <-failed
}
