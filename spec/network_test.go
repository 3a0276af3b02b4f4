// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// edge case 141: with IPV6 a wildcard is for both families; where the system has one
// only, for that.
func TestWildcardIsOfBothFamilies(t *testing.T) {
	w := newWorld(t)
	in, ep := w.bound(zmq.PULL, "tcp://*:*", zmq.WithIPv6(true))
	port := ep[strings.LastIndex(ep, ":"):]
	hosts := []string{"127.0.0.1"}
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil {
		_ = l.Close()
		hosts = append(hosts, "[::1]")
	}
	for _, host := range hosts {
		w.over("tcp://", true, true)
		out := w.socket(zmq.PUSH, zmq.WithIPv6(true))
		w.must(out.Connect("tcp://" + host + port))
		w.send(out, host)
		w.want(in, host)
		p := w.dial("tcp://" + host + port)
		p.shake(1, "PUSH")
		p.say(frame2("by hand"))
		w.want(in, "by hand")
	}
}

// edge case 153: who does not answer in time is given up, and tried again.
func TestConnectTakesItsTime(t *testing.T) {
	w := newWorld(t)
	f, port := w.port()
	w.must(syscall.Listen(int(f.Fd()), 0))
	filler, err := net.Dial("tcp", "127.0.0.1:"+port) // the queue of length 0 takes one
	w.must(err)
	defer filler.Close()
	w.over("tcp://", false, true)
	s := w.socket(zmq.PUSH, zmq.WithConnectTimeout(10*time.Millisecond), zmq.WithReconnectInterval(time.Millisecond))
	events := s.Events(w.ctx, zmq.EventClosed|zmq.EventConnectRetried)
	w.must(s.Connect("tcp://127.0.0.1:" + port))
	for e := range events {
		if e.Type == zmq.EventConnectRetried {
			return
		}
		w.wantError("connect", e.Err, zmq.ErrTimedOut)
	}
}

// edge case 156: a descriptor that was lent is closed with the endpoint, and the path of
// ipc left alone.
func TestLentDescriptorIsListenedOn(t *testing.T) {
	onEachWire(t, func(w *world) {
		l, ep := w.listenNow()
		f, err := l.(interface{ File() (*os.File, error) }).File()
		w.must(err)
		fd, err := syscall.Dup(int(f.Fd()))
		w.must(err)
		syscall.CloseOnExec(fd)
		w.must(f.Close())
		if u, ok := l.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(false)
		}
		w.must(l.Close())
		s := w.socket(zmq.PULL, zmq.WithUseFD(fd))
		events := s.Events(w.ctx, zmq.EventClosed)
		w.must(s.Bind(w.any())) // of which the address does not matter
		p := w.dial(ep)
		p.shake(1, "PUSH")
		p.say(frame2("x"))
		w.want(s, "x")
		w.must(s.Unbind(s.LastEndpoint()))
		for e := range events {
			if e.Value != int64(fd) {
				w.Errorf("closed is %d, not %d", e.Value, fd)
			}
			break
		}
		if path, ok := strings.CutPrefix(ep, "ipc://"); ok {
			w.must(syscall.Access(path, 0))
		}
	})
}
