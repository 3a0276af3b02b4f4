// SPDX-License-Identifier: MPL-2.0

package peer

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		argv []string
		want args
	}{
		{[]string{wire.Pull, "@tcp://x:0", "64", "9", "3"},
			args{Config: Config{Kind: wire.Pull, Endpoint: "tcp://x:0", Size: 64, Conns: 3}, count: 9}},
		{[]string{wire.Pull, ">tcp://x:1", "64", "9"},
			args{Config: Config{Kind: wire.Pull, Endpoint: "tcp://x:1", Connect: true, Size: 64, Conns: 1}, count: 9}},
		{[]string{wire.Sub, "ipc://a@b", "8"},
			args{Config: Config{Kind: wire.Sub, Endpoint: "ipc://a@b", Connect: true, Size: 8, Conns: 1}, count: 1}},
		{[]string{wire.Proxy, "@a", "@b"}, args{Config: Config{Kind: wire.Proxy, Endpoint: "a", Conns: 1}, count: 1, back: "b"}},
		{[]string{wire.InprocThr, "8", "7"}, args{Config: Config{Kind: wire.InprocThr, Size: 8, Conns: 1}, count: 7}},
	} {
		got, err := parse(c.argv[0], c.argv[1:])
		if err != nil || got != c.want {
			t.Errorf("parse(%q) = %+v, %v; want %+v", c.argv, got, err, c.want)
		}
	}
	for _, bad := range [][]string{{wire.Pull}, {wire.Pull, "a"}, {wire.Pull, "a", "0"}, {wire.Pull, "a", "x"},
		{wire.Pull, "a", "1", "1", "1", "1"}, {wire.Proxy, "a"}, {wire.InprocLat}, {wire.InprocLat, "-1"}} {
		if got, err := parse(bad[0], bad[1:]); err == nil {
			t.Errorf("parse(%q) = %+v, want an error", bad, got)
		}
	}
}

func TestCommandsFollowTheLibrary(t *testing.T) {
	l := Library{}
	if slices.Contains(l.commands(), wire.Proxy) || !slices.Contains(l.commands(), wire.Sub) {
		t.Errorf("without OpenProxy: %q", l.commands())
	}
	l.OpenProxy = func(string, string, string) (b [2]string, run func() error, err error) { return }
	if !slices.Contains(l.commands(), wire.Proxy) {
		t.Errorf("with OpenProxy: %q", l.commands())
	}
	l.Commands = []string{wire.Req}
	if !slices.Equal(l.commands(), l.Commands) {
		t.Errorf("with its own list: %q", l.commands())
	}
}

func TestRecorder(t *testing.T) {
	rec := newRecorder()
	if rec.latency() != nil {
		t.Error("an empty recorder has a latency")
	}
	for i := range 1000 {
		rec.add(time.Duration(i+1) * time.Microsecond)
	}
	rec.add(2 * histogramMax)
	l := rec.latency()
	near := func(got, want float64) bool { return math.Abs(got-want) < want/100 }
	if l.Count != 1001 || !near(l.P50NS, 501e3) || !near(l.P99NS, 991e3) || !near(l.MaxNS, float64(histogramMax)) {
		t.Errorf("got %+v", l)
	}
}

// lossySocket delivers only some of what is expected.
type lossySocket struct{ left chan int }

func (lossySocket) Endpoint() string     { return "" }
func (lossySocket) SendN(int, int) error { return nil }
func (lossySocket) Serve() error         { return nil }
func (s lossySocket) RecvN(n int) (bytes int64, err error) {
	for range n {
		bytes += int64(<-s.left)
	}
	return bytes, nil
}

func TestSubscriberGivesUpOnLostMessages(t *testing.T) {
	const size, count = 10, 100
	a := args{Config: Config{Size: size, Conns: 2}, count: count}
	subs := make([]subscriber, 2)
	warm := make(chan bool, 2)
	base := time.Now()
	for i := range subs {
		s := lossySocket{make(chan int, count)}
		s.left <- size + 1 // a warm-up message is not counted
		for range 60 {
			s.left <- size
		}
		go func() { _ = subs[i].receive(s, a, base, func() { warm <- true }) }()
	}
	r := watchSubs(subs, a, base, nil)
	// The first message is noted, and then each whole batch: of 60 messages 49.
	const noted = 2 * (1 + 59/subBatch*subBatch)
	if r.Messages != noted || r.Expected != 200 || r.Seconds <= 0 || r.Seconds > subIdle.Seconds() {
		t.Errorf("got %+v; want %d of 200 messages, without the idle time", r, noted)
	}
	if len(warm) != 2 {
		t.Errorf("%d sockets were seen to be connected, want 2", len(warm))
	}
}
