// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/leaktest"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/reactor"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// owner stands for a socket: it has one session and reads its pipe.
type owner struct {
	t       *testing.T
	session *Session
	pipes   chan *pipe.Pipe
	left    chan Object
	awake   chan struct{} // ReadActivated

	lends bool          // set before the session begins
	whole bool          // as well
	stays bool          // the reader's
	taken chan struct{} // TakeBack

	sending sync.Mutex // who writes to the pipe
}

func (o *owner) Adopt(Object, string) bool                         { return true }
func (o *owner) Left(x Object)                                     { o.left <- x }
func (o *owner) Identified(*pipe.Pipe, []byte, *msg.Properties)    {}
func (o *owner) Hiccuped(*pipe.Pipe)                               {}
func (o *owner) Rested(*pipe.Pipe) bool                            { return false }
func (o *owner) Lends() (lends, whole bool)                        { return o.lends, o.whole }
func (o *owner) Lend(*Session, int) bool                           { return o.lends }
func (o *owner) TakeBack(int)                                      { o.taken <- struct{}{} }
func (o *owner) Stays() bool                                       { return o.stays }
func (o *owner) Event(Event)                                       {}
func (o *owner) WriteActivated(*pipe.Pipe)                         {}
func (o *owner) PeerClosed(*pipe.Pipe)                             {}
func (o *owner) Attach(p *pipe.Pipe, _ Object, _ string, _ []byte) { p.SetSink(o); o.pipes <- p }
func (o *owner) Authenticate(*option.Options, *option.AuthRequest, func()) (Inquiry, error) {
	return nil, ErrNoAuthenticator
}

func (o *owner) Publish(p *pipe.Pipe) {
	o.sending.Lock()
	awake := p.WriteClosed() || p.Flush()
	o.sending.Unlock()
	if !awake {
		p.Signal()
	}
}

func (o *owner) ReadActivated(*pipe.Pipe) {
	select {
	case o.awake <- struct{}{}:
	default:
	}
}

// peer is the other end of a session's descriptor, which speaks ZMTP by hand.
type peer struct {
	net.Conn
	t *testing.T
}

// connected makes a session of a socket of type typ on a loop of its own, with a
// peer of type name that is through the handshake, and the socket's end of the pipe.
func connected(t *testing.T, typ int, name string, set ...func(*owner)) (*owner, *pipe.Pipe, *peer) {
	t.Helper()
	pool, err := reactor.NewPool(1)
	if err != nil {
		t.Fatal(err)
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
	}
	f := os.NewFile(uintptr(fds[1]), "peer")
	conn, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	o := &owner{t: t, pipes: make(chan *pipe.Pipe, 1), left: make(chan Object, 1), awake: make(chan struct{}, 1), taken: make(chan struct{}, 100)}
	for _, f := range set {
		f(o)
	}
	opts := option.Defaults(typ)
	o.session = newAccepted(pool.Loops()[0], o, &opts, "ipc:///nowhere")
	o.session.startWith(fds[0])
	p := &peer{Conn: conn, t: t}
	t.Cleanup(func() {
		_ = conn.Close()
		o.session.Term(0)
		<-o.left
		pool.Stop()
	})
	p.shakeHands(name)
	return o, <-o.pipes, p
}

func (p *peer) shakeHands(name string) {
	p.t.Helper()
	hello := make([]byte, 64)
	hello[0], hello[9], hello[10] = 0xff, 0x7f, 3
	copy(hello[12:], "NULL")
	hello[11] = 1
	ready := append([]byte{5}, "READY"...)
	ready = append(append(append(ready, 11), "Socket-Type"...), 0, 0, 0, byte(len(name)))
	ready = append(ready, name...)
	p.say(append(hello, appendCommand(nil, ready)...))
	if _, err := io.ReadFull(p, make([]byte, 64)); err != nil {
		p.t.Fatal(err)
	}
	p.frame()
}

func (p *peer) say(b []byte) {
	p.t.Helper()
	if _, err := p.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

// frame reads one short frame and returns its flags and body.
func (p *peer) frame() (byte, []byte) {
	p.t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(30 * time.Second))
	var head [2]byte
	if _, err := io.ReadFull(p, head[:]); err != nil {
		p.t.Fatal(err)
	}
	body := make([]byte, head[1])
	if _, err := io.ReadFull(p, body); err != nil {
		p.t.Fatal(err)
	}
	return head[0], body
}

// message appends a message of one part.
func message(dst, body []byte) []byte {
	return append(zmtp.AppendHeader(dst, 0, len(body)), body...)
}

// waitReadable waits until fd has something to read.
func waitReadable(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for range 1000 {
		if n, err := unix.Poll(fds, 30_000); err != unix.EINTR {
			return n == 1 && err == nil
		}
	}
	return false
}
