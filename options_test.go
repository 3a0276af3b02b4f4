// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// cInt is an int in C's form.
func cInt(n int) string {
	return string(binary.NativeEndian.AppendUint32(nil, uint32(int32(n))))
}

// TestOptionsReach: each With function reaches the option of its number, and what
// is out of range is refused.
func TestOptionsReach(t *testing.T) {
	for _, c := range []struct {
		name   string
		option zmq.Option
		number int
		want   string // "refused" for ErrInvalid
	}{
		{"TCPMaxRT", zmq.WithTCPMaxRT(1500 * time.Microsecond), 80, cInt(2)},
		{"TCPMaxRT", zmq.WithTCPMaxRT(-1), 80, "refused"},
		{"UseFD", zmq.WithUseFD(-1), 89, cInt(-1)},
		{"UseFD", zmq.WithUseFD(-2), 89, "refused"},
		{"BindToDevice", zmq.WithBindToDevice("lo"), 92, "lo"},
		{"BindToDevice", zmq.WithBindToDevice(strings.Repeat("x", 17)), 92, "refused"},
		{"Priority", zmq.WithPriority(6), 112, cInt(6)},
		{"Priority", zmq.WithPriority(-1), 112, "refused"},
		{"BusyPoll", zmq.WithBusyPoll(50 * time.Microsecond), 113, cInt(50)},
		{"InBatchSize", zmq.WithInBatchSize(1), 101, cInt(1)},
		{"InBatchSize", zmq.WithInBatchSize(0), 101, "refused"},
		{"OutBatchSize", zmq.WithOutBatchSize(4096), 102, cInt(4096)},
		{"MulticastHops", zmq.WithMulticastHops(3), 25, cInt(3)},
		{"MulticastHops", zmq.WithMulticastHops(0), 25, "refused"},
		{"MulticastLoop", zmq.WithMulticastLoop(false), 96, cInt(0)},
		{"MulticastMaxTPDU", zmq.WithMulticastMaxTPDU(9000), 84, cInt(9000)},
		{"Rate", zmq.WithRate(5), 8, cInt(5)},
		{"Rate", zmq.WithRate(math.MaxInt), 8, "refused"},
		{"RecoveryInterval", zmq.WithRecoveryInterval(time.Second), 9, cInt(1000)},
		{"RoutingID", zmq.WithRoutingID([]byte("me")), 5, "me"},
		{"Linger", zmq.WithLinger(zmq.Forever), 17, cInt(-1)},
		{"MaxMsgSize", zmq.WithMaxMsgSize(7), 22, "\x07\x00\x00\x00\x00\x00\x00\x00"},
		{"TCPAcceptFilters", zmq.WithTCPAcceptFilters("127.0.0.1", "nonsense"), 16, "refused"},
		{"TCPAcceptFilters", zmq.WithTCPAcceptFilters("127.0.0.0/33"), 16, "refused"},
		{"IPCFilter", zmq.WithIPCFilter(zmq.IPCFilter{UIDs: []int{-1}}), 16, "refused"},
		{"IPCFilter", zmq.WithIPCFilter(zmq.IPCFilter{UIDs: []int{math.MaxUint32}}), 16, cInt(int(zmq.PULL))},
		{"Metadata", zmq.WithMetadata("X-a", "b"), 16, cInt(int(zmq.PULL))},
		{"Metadata", zmq.WithMetadata("a", "b"), 16, "refused"},
		{"Metadata", zmq.WithMetadata("X-", "1"), 16, "refused"},
		{"OnlyFirstSubscribe", zmq.WithOnlyFirstSubscribe(true), 16, "refused"}, // not for PULL
		{"XSubVerboseUnsubscribe", zmq.WithXSubVerboseUnsubscribe(true), 16, "refused"},
		{"XPubManualLastValue", zmq.WithXPubManualLastValue(true), 16, "refused"},
	} {
		w := newWorld(t)
		s := w.socket(zmq.PULL)
		err := s.Set(c.option)
		if c.want == "refused" {
			if !errors.Is(err, zmq.ErrInvalid) {
				t.Errorf("%s is not refused: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s is refused: %v", c.name, err)
		}
		if got, err := s.SockOpt(c.number); err != nil || string(got) != c.want {
			t.Errorf("after %s option %d is %q, want %q; %v", c.name, c.number, got, c.want, err)
		}
	}
}

// TestSockOptByNumber: options by number from the façade, and the typed ones.
func TestSockOptByNumber(t *testing.T) {
	w := newWorld(t)
	s, ep := w.bound(zmq.SUB, "inproc://options", zmq.WithSubscribe("a"), zmq.WithSubscribe("b"))
	if got, err := s.SockOpt(32); err != nil || string(got) != ep {
		t.Errorf("LAST_ENDPOINT is %q, %v", got, err)
	}
	if err := s.SetSockOpt(23, []byte(cInt(7))); err != nil {
		t.Error(err)
	}
	if err := s.SetSockOpt(23, []byte(cInt(-7))); !errors.Is(err, zmq.ErrInvalid) {
		t.Errorf("SNDHWM -7: %v", err)
	}
	if _, err := s.SockOpt(6); !errors.Is(err, zmq.ErrInvalid) {
		t.Errorf("SUBSCRIBE can be got: %v", err)
	}
	o := s.Options()
	if o.SendHWM != 7 || o.RecvHWM != 1000 || o.Linger != 0 || o.RecvTimeout != zmq.Forever || o.Type != zmq.SUB {
		t.Errorf("options %+v", o)
	}
	if s.Topics() != 2 {
		t.Errorf("%d topics", s.Topics())
	}
	_ = s.Close()
	if _, err := s.SockOpt(23); !errors.Is(err, zmq.ErrNotSock) {
		t.Errorf("an option of a closed socket: %v", err)
	}
}

// TestMessageProperties: a received message tells what is known of its sender.
func TestMessageProperties(t *testing.T) {
	addresses := map[string]string{"tcp": "127.0.0.1", "ipc": fmt.Sprintf(":%d:%d:%d", os.Getuid(), os.Getgid(), os.Getpid())}
	onEach(t, func(t *testing.T, ep string) {
		scheme, _, _ := strings.Cut(ep, ":")
		for _, size := range []int{1, 5000} {
			w := newWorld(t)
			router, ep := w.bound(zmq.ROUTER, ep, zmq.WithMetadata("X-side", "bound"))
			dealer := w.connected(zmq.DEALER, ep, zmq.WithRoutingID([]byte("me")),
				zmq.WithMetadata("X-side", "connected"), zmq.WithMetadata("X-side", "again"), zmq.WithMetadata("X-nul", "a\x00b"))
			pull, pullEP := w.bound(zmq.PULL, strings.Replace(endpoints[scheme], "test", "pull", 1))
			w.send(w.connected(zmq.PUSH, pullEP), strings.Repeat("x", size))
			w.send(dealer, strings.Repeat("x", size), "second")
			w.send(router, append([]string{"me"}, w.recv(router)[1:]...)...)
			w.send(dealer, "another")
			for s, want := range map[*zmq.Socket]map[string]string{
				pull:   {"Socket-Type": "PUSH", "Peer-Address": addresses[scheme], "X-side": ""},
				router: {"Socket-Type": "DEALER", "Identity": "me", "X-side": "connected", "X-nul": "a", "Peer-Address": addresses[scheme], "x-side": "", "User-Id": ""},
				dealer: {"Socket-Type": "ROUTER", "X-side": "bound", "Peer-Address": addresses[scheme]},
			} {
				var m zmq.Msg
				if err := s.RecvMsg(w.ctx, &m); err != nil {
					t.Fatal(err)
				}
				for name, value := range want {
					if scheme == "inproc" {
						value = ""
					}
					if got, found := m.Property(name); got != value || found != (value != "") {
						t.Errorf("%v: %s is %q (%t), want %q", s.Type(), name, got, found, value)
					}
				}
				m.Close()
				if _, found := m.Property("Socket-Type"); found {
					t.Error("an empty message has properties")
				}
			}
		}
	})
}

// TestAcceptFilters: only those whom a filter names can connect; the others are
// told as EventAcceptFailed.
func TestAcceptFilters(t *testing.T) {
	uid, gid, pid := os.Getuid(), os.Getgid(), os.Getpid()
	for _, c := range []struct {
		name, endpoint string
		option         zmq.Option
		admitted       bool
	}{
		{"address", "tcp://127.0.0.1:*", zmq.WithTCPAcceptFilters("127.0.0.1"), true},
		{"network", "tcp://127.0.0.1:*", zmq.WithTCPAcceptFilters("192.0.2.1", "127.0.0.0/8"), true},
		{"none", "tcp://127.0.0.1:*", zmq.WithTCPAcceptFilters(), true},
		{"cleared", "tcp://127.0.0.1:*", zmq.WithTCPAcceptFilters("192.0.2.1", ""), true},
		{"other address", "tcp://127.0.0.1:*", zmq.WithTCPAcceptFilters("127.0.0.2", "::1"), false},
		{"other network", "tcp://127.0.0.1:*", zmq.WithTCPAcceptFilters("192.0.2.0/24"), false},
		{"tcp only", "ipc://*", zmq.WithTCPAcceptFilters("192.0.2.0/24"), true},
		{"uid", "ipc://*", zmq.WithIPCFilter(zmq.IPCFilter{UIDs: []int{uid + 1, uid}}), true},
		{"gid", "ipc://*", zmq.WithIPCFilter(zmq.IPCFilter{UIDs: []int{uid + 1}, GIDs: []int{gid}}), true},
		{"pid", "ipc://*", zmq.WithIPCFilter(zmq.IPCFilter{PIDs: []int{pid}}), true},
		{"other uid", "ipc://*", zmq.WithIPCFilter(zmq.IPCFilter{UIDs: []int{uid + 1}}), false},
		{"other gid", "ipc://*", zmq.WithIPCFilter(zmq.IPCFilter{GIDs: []int{gid + 4711}}), false},
		{"other pid", "ipc://*", zmq.WithIPCFilter(zmq.IPCFilter{PIDs: []int{pid + 1}}), false},
		{"ipc only", "tcp://127.0.0.1:*", zmq.WithIPCFilter(zmq.IPCFilter{UIDs: []int{uid + 1}}), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			in, ep := w.bound(zmq.PULL, c.endpoint, c.option)
			e := wantEvent(w, in, zmq.EventAccepted|zmq.EventAcceptFailed, func() {
				w.send(w.connected(zmq.PUSH, ep), "hello")
			})
			if c.admitted {
				w.want(in, "hello")
				return
			}
			if e.Type != zmq.EventAcceptFailed || !errors.Is(e.Err, syscall.EACCES) || e.Value != int64(syscall.EACCES) {
				t.Errorf("event %v, %v", e.Type, e.Err)
			}
		})
	}
}

// TestManualLastValue: with XPUB_MANUAL_LAST_VALUE the message after a
// subscription goes to the peer alone whose request was received last.
func TestManualLastValue(t *testing.T) {
	onEach(t, func(t *testing.T, ep string) {
		w := newWorld(t)
		pub, ep := w.bound(zmq.XPUB, ep, zmq.WithXPubManualLastValue(true))
		var subs []*zmq.Socket
		for _, last := range []string{"first", "second"} {
			s := w.connected(zmq.SUB, ep, zmq.WithSubscribe("a"))
			subs = append(subs, s)
			w.want(pub, "\x01a")
			if err := pub.Subscribe("a"); err != nil {
				t.Fatal(err)
			}
			w.send(pub, "a "+last)
			w.want(s, "a "+last)
		}
		w.send(pub, "a for all")
		w.want(subs[0], "a for all")
		w.want(subs[1], "a for all")
	})
}

// TestStreamPieces: a STREAM socket hands bytes over in pieces of at most
// IN_BATCH_SIZE.
func TestStreamPieces(t *testing.T) {
	w := newWorld(t)
	in, ep := w.bound(zmq.STREAM, "tcp://127.0.0.1:*", zmq.WithInBatchSize(3), zmq.WithStreamNotify(false))
	out := w.connected(zmq.STREAM, ep, zmq.WithConnectRoutingID([]byte("in")))
	w.want(out, "in", "")
	w.send(out, "in", "0123456789")
	for got := ""; got != "0123456789"; {
		fs := w.recv(in)
		if len(fs) != 2 || len(fs[1]) < 1 || len(fs[1]) > 3 {
			t.Fatalf("a piece %q", fs)
		}
		got += fs[1]
	}
}

// TestNoLoops: a context without I/O loops is for inproc alone.
func TestNoLoops(t *testing.T) {
	w := newWorld(t, zmq.WithIOThreads(0))
	s := w.socket(zmq.PULL)
	if err := s.Bind("tcp://127.0.0.1:*"); !errors.Is(err, zmq.ErrMThread) {
		t.Errorf("bind: %v", err)
	}
	if err := s.Connect("tcp://127.0.0.1:1"); !errors.Is(err, zmq.ErrMThread) {
		t.Errorf("connect: %v", err)
	}
	if err := s.Bind("inproc://loopless"); err != nil {
		t.Fatal(err)
	}
	w.send(w.connected(zmq.PUSH, "inproc://loopless"), "hello")
	w.want(s, "hello")
}

// TestAffinity: a socket's connections live on the loops that it allows; with
// none of them there it is an error.
func TestAffinity(t *testing.T) {
	w := newWorld(t, zmq.WithIOThreads(2))
	none := w.socket(zmq.PULL, zmq.WithAffinity(1<<2|1<<63))
	if err := none.Bind("tcp://127.0.0.1:*"); !errors.Is(err, zmq.ErrMThread) {
		t.Errorf("bind: %v", err)
	}
	if err := none.Connect("tcp://127.0.0.1:1"); !errors.Is(err, zmq.ErrMThread) {
		t.Errorf("connect: %v", err)
	}
	in, ep := w.bound(zmq.PULL, "tcp://127.0.0.1:*", zmq.WithAffinity(2))
	before := w.zc.Loops()
	for range 4 {
		w.send(w.connected(zmq.PUSH, ep, zmq.WithAffinity(2)), "hello")
		w.want(in, "hello")
	}
	after := w.zc.Loops()
	if before[0].Commands != after[0].Commands || before[0].Events != after[0].Events {
		t.Errorf("the loop that was ruled out has worked: %+v, then %+v", before[0], after[0])
	}
	if before[1].Commands == after[1].Commands {
		t.Errorf("the only loop has not worked: %+v", after[1])
	}
}

// TestContextDefaults: what a context sets for new sockets.
func TestContextDefaults(t *testing.T) {
	w := newWorld(t, zmq.WithBlocky(false), zmq.WithContextIPv6(true),
		zmq.WithMaxMsgSizeHint(9), zmq.WithThreadNamePrefix("me"))
	o := w.socket(zmq.PUSH).Options()
	if o.Linger != 0 || !o.IPv6 {
		t.Errorf("linger %v, IPv6 %t", o.Linger, o.IPv6)
	}
	for number, want := range map[int]string{
		3: cInt(zmq.SocketLimit), 5: cInt(9), 9: "me\x00", 42: cInt(1), 70: cInt(0),
	} {
		if got, err := w.zc.CtxOpt(number); err != nil || string(got) != want {
			t.Errorf("context option %d is %q, want %q; %v", number, got, want, err)
		}
	}
	if err := w.zc.SetCtxOpt(70, []byte(cInt(1))); err != nil {
		t.Error(err)
	}
	if o := w.socket(zmq.PUSH).Options(); o.Linger != zmq.Forever {
		t.Errorf("linger %v in a context that is blocky again", o.Linger)
	}
	if err := w.zc.SetCtxOpt(1000, []byte(cInt(1))); !errors.Is(err, zmq.ErrInvalid) {
		t.Errorf("option 1000: %v", err)
	}
	if _, err := w.zc.CtxOpt(1000); !errors.Is(err, zmq.ErrInvalid) {
		t.Errorf("option 1000: %v", err)
	}
}

// TestWhatIsMissingIsRefused: an option that asks for what is not here, or is
// malformed, does not end in a connection without it.
func TestWhatIsMissingIsRefused(t *testing.T) {
	w := newWorld(t)
	s := w.socket(zmq.PUSH, zmq.WithSocksProxy("a proxy"))
	if err := s.Connect("tcp://127.0.0.1:1"); !errors.Is(err, zmq.ErrInvalid) {
		t.Errorf("connect by a proxy: %v", err)
	}
	if err := s.Connect("ipc:///nowhere/at/all"); err != nil {
		t.Errorf("ipc knows no proxy: %v", err)
	}
}
