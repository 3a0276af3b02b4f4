// SPDX-License-Identifier: MPL-2.0

package rawnet

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/zeroloop/zmq/bench/internal/peer"
	"github.com/zeroloop/zmq/bench/internal/wire"
)

func TestTallyWaitsForTheWholeSum(t *testing.T) {
	const writers, adds = 8, 1000
	tally := NewTally()
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range adds {
				tally.Add(3)
			}
		})
	}
	tally.Wait(writers * adds * 3 / 2)
	tally.Wait(writers * adds * 3)
	if got := tally.sum.Load(); got != writers*adds*3 {
		t.Errorf("Wait returned at %d, want %d", got, writers*adds*3)
	}
	wg.Wait()
}

func open(t *testing.T, kind, endpoint string, connect bool, size int) peer.Socket {
	t.Helper()
	s, err := Open(peer.Config{Kind: kind, Endpoint: endpoint, Connect: connect, Size: size, Conns: 1})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPullCountsAllConnections(t *testing.T) {
	for _, endpoint := range []string{"tcp://127.0.0.1:0", "ipc://" + filepath.Join(t.TempDir(), "s")} {
		pull := open(t, wire.Pull, endpoint, false, 100)
		for range 3 {
			push := open(t, wire.Push, pull.Endpoint(), true, 100)
			if err := push.SendN(100, 1000); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := pull.RecvN(3000); n != 300000 || err != nil {
			t.Errorf("%s: RecvN = %d, %v; want 300000 bytes", endpoint, n, err)
		}
	}
}

func TestEcho(t *testing.T) {
	rep := open(t, wire.Rep, "tcp://127.0.0.1:0", false, 70000)
	go func() { _ = rep.Serve() }()
	req := open(t, wire.Req, rep.Endpoint(), true, 70000)
	for range 3 {
		if err := req.SendN(70000, 1); err != nil {
			t.Fatal(err)
		}
		if n, err := req.RecvN(1); n != 70000 || err != nil {
			t.Fatalf("RecvN = %d, %v; want 70000", n, err)
		}
	}
}

func TestSplitEndpoint(t *testing.T) {
	for endpoint, want := range map[string][2]string{
		"tcp://127.0.0.1:5": {"tcp", "127.0.0.1:5"}, "ipc:///a/b": {"unix", "/a/b"},
	} {
		network, address, err := SplitEndpoint(endpoint)
		if network != want[0] || address != want[1] || err != nil {
			t.Errorf("SplitEndpoint(%q) = %q, %q, %v", endpoint, network, address, err)
		}
	}
	if _, _, err := SplitEndpoint("inproc://x"); err == nil {
		t.Error("inproc accepted")
	}
}
