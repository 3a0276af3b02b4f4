// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// wrapped hides what is inside a net.Conn, so that it must be pumped; half-close
// stays.
type wrapped struct{ *net.TCPConn }

func (w wrapped) SyscallConn() {}

// tcpConns returns both ends of a TCP connection.
func tcpConns(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialled, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = dialled.Close(), accepted.Close() })
	return dialled.(*net.TCPConn), accepted.(*net.TCPConn)
}

// mustPump pumps conn; the caller closes the descriptor.
func mustPump(t *testing.T, conn net.Conn) int {
	t.Helper()
	fd, err := PumpConn(conn)
	if err != nil {
		t.Fatal(err)
	}
	wantFlags(t, fd)
	return fd
}

// wantConnEnd reads conn to its end.
func wantConnEnd(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	rest, err := io.ReadAll(conn)
	if errors.Is(err, unix.ECONNRESET) {
		err = nil // closed with bytes unread
	}
	if err != nil {
		t.Fatalf("after %d bytes: %v", len(rest), err)
	}
	return rest
}

// eachConn runs test on a pumped net.Pipe, a pumped TCP connection, and one
// whose descriptor is handed over.
func eachConn(t *testing.T, test func(t *testing.T, fd int, peer net.Conn)) {
	t.Run("pipe", func(t *testing.T) {
		noLeaks(t)
		a, b := net.Pipe()
		defer b.Close()
		test(t, mustPump(t, a), b)
	})
	t.Run("pumped tcp", func(t *testing.T) {
		noLeaks(t)
		a, b := tcpConns(t)
		test(t, mustPump(t, wrapped{a}), b)
	})
	t.Run("tcp", func(t *testing.T) {
		noLeaks(t)
		a, b := tcpConns(t)
		test(t, mustPump(t, a), b)
	})
}

// TestPumpEcho sends more than all buffers together hold through an echo.
func TestPumpEcho(t *testing.T) {
	eachConn(t, func(t *testing.T, fd int, peer net.Conn) {
		defer unix.Close(fd)
		// Undressed, TCP would be spliced through pipes that net keeps.
		go io.Copy(struct{ io.Writer }{peer}, struct{ io.Reader }{peer})
		sent := make([]byte, 4<<20)
		for i := range sent {
			sent[i] = byte(i * 7 >> 8)
		}
		var got []byte
		buf := make([]byte, 100_000)
		for rest := sent; len(got) < len(sent); {
			n, errno := Write(fd, rest[:min(len(rest), 123_457)])
			if errno != 0 && errno != unix.EAGAIN {
				t.Fatal(errno)
			}
			rest = rest[n:]
			m, readErrno := Read(fd, buf)
			if readErrno != 0 && readErrno != unix.EAGAIN || readErrno == 0 && m == 0 {
				t.Fatalf("Read: %d, %v", m, readErrno)
			}
			got = append(got, buf[:m]...)
			if readErrno != 0 && (errno != 0 || len(rest) == 0) {
				await(t, fd, unix.POLLIN)
			}
		}
		if !bytes.Equal(got, sent) {
			t.Error("the echo differs")
		}
	})
}

// TestPumpLoopClose closes the loop's end right after writing.
func TestPumpLoopClose(t *testing.T) {
	eachConn(t, func(t *testing.T, fd int, peer net.Conn) {
		mustWrite(t, fd, "last words")
		_ = unix.Close(fd)
		if got := wantConnEnd(t, peer); string(got) != "last words" {
			t.Errorf("got %q", got)
		}
	})
}

// TestPumpLoopCloseWhilePeerSends closes the loop's end while bytes for it are on
// their way: its last bytes must arrive all the same.
func TestPumpLoopCloseWhilePeerSends(t *testing.T) {
	noLeaks(t)
	a, b := net.Pipe()
	fd := mustPump(t, a)
	mustWrite(t, fd, "last words")
	_ = unix.Close(fd)
	if _, err := b.Write([]byte("too late")); err != nil {
		t.Fatal(err)
	}
	if got := wantConnEnd(t, b); string(got) != "last words" {
		t.Errorf("got %q", got)
	}
}

// TestPumpPeerClose closes the other end.
func TestPumpPeerClose(t *testing.T) {
	eachConn(t, func(t *testing.T, fd int, peer net.Conn) {
		if _, err := peer.Write([]byte("bye")); err != nil {
			t.Fatal(err)
		}
		_ = peer.Close()
		if got := mustRead(t, fd, 3); got != "bye" {
			t.Errorf("got %q", got)
		}
		wantEnd(t, fd)
		_ = unix.Close(fd)
	})
}

// TestPumpHalfClose carries the end of one direction over while the other goes
// on, both ways.
func TestPumpHalfClose(t *testing.T) {
	test := func(t *testing.T, fd int, peer *net.TCPConn) {
		defer unix.Close(fd)
		mustWrite(t, fd, "question")
		_ = unix.Shutdown(fd, unix.SHUT_WR)
		if got := wantConnEnd(t, peer); string(got) != "question" {
			t.Errorf("got %q", got)
		}
		if _, err := peer.Write([]byte("answer")); err != nil {
			t.Fatal(err)
		}
		if got := mustRead(t, fd, 6); got != "answer" {
			t.Errorf("got %q", got)
		}
		_ = peer.Close()
		wantEnd(t, fd)
	}
	t.Run("loop first", func(t *testing.T) {
		noLeaks(t)
		a, b := tcpConns(t)
		test(t, mustPump(t, wrapped{a}), b)
	})
	t.Run("peer first", func(t *testing.T) {
		noLeaks(t)
		a, b := tcpConns(t)
		fd := mustPump(t, wrapped{a})
		_ = b.CloseWrite()
		wantEnd(t, fd)
		mustWrite(t, fd, "answer")
		_ = unix.Close(fd)
		if got := wantConnEnd(t, b); string(got) != "answer" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("then closed", func(t *testing.T) {
		// The loop goes away after its half-close; the peer neither sends
		// nor closes. Nothing but the hang-up can end the pump.
		noLeaks(t)
		a, b := tcpConns(t)
		fd := mustPump(t, wrapped{a})
		_ = unix.Shutdown(fd, unix.SHUT_WR)
		wantConnEnd(t, b)
		_ = unix.Close(fd)
		_ = b.SetWriteDeadline(time.Now().Add(patience))
		for err := error(nil); err == nil; { // until the reset comes back
			_, err = b.Write([]byte("x"))
		}
	})
	t.Run("without CloseWrite", func(t *testing.T) {
		noLeaks(t)
		a, b := net.Pipe()
		defer b.Close()
		fd := mustPump(t, a)
		defer unix.Close(fd)
		mustWrite(t, fd, "all")
		_ = unix.Shutdown(fd, unix.SHUT_WR)
		if got := wantConnEnd(t, b); string(got) != "all" {
			t.Errorf("got %q", got)
		}
		wantEnd(t, fd)
	})
}

// counting counts the bytes that the pump takes from its conn.
type counting struct {
	net.Conn
	read atomic.Int64
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read.Add(int64(n))
	return n, err
}

// TestPumpBackPressure lets neither side read: the pump must stop taking bytes.
func TestPumpBackPressure(t *testing.T) {
	const much = 64 << 20
	t.Run("outward", func(t *testing.T) {
		noLeaks(t)
		a, b := net.Pipe()
		fd := mustPump(t, a)
		chunk := make([]byte, 64<<10)
		total := 0
		for full := false; !full && total < much; {
			n, errno := Write(fd, chunk)
			total += n
			if errno == unix.EAGAIN { // for now, or for good?
				fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
				ready, _ := unix.Poll(fds, 200)
				full = ready == 0
			}
		}
		if total >= much {
			t.Fatal("the pump takes everything")
		}
		_ = unix.Close(fd)
		if got := wantConnEnd(t, b); len(got) != total {
			t.Errorf("%d bytes arrived of %d", len(got), total)
		}
	})
	t.Run("inward", func(t *testing.T) {
		noLeaks(t)
		a, b := net.Pipe()
		c := &counting{Conn: a}
		fd := mustPump(t, c)
		defer unix.Close(fd)
		total := 0
		chunk := make([]byte, 64<<10)
		for total < much {
			_ = b.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
			n, err := b.Write(chunk)
			total += n
			if err != nil {
				break
			}
		}
		if total >= much || c.read.Load() != int64(total) {
			t.Fatalf("the pump took %d bytes of %d", c.read.Load(), total)
		}
		mustRead(t, fd, total)
		_ = b.Close()
		wantEnd(t, fd)
	})
}

// TestPumpStalledPeer closes the loop's end while a write to a peer that never
// reads is under way: only the guard can end it.
func TestPumpStalledPeer(t *testing.T) {
	noLeaks(t)
	a, b := net.Pipe()
	fd, err := pumpConn(a, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, fd, "nobody reads this")
	_ = unix.Close(fd)
	// b neither reads nor closes; its write fails once a is closed.
	_ = b.SetWriteDeadline(time.Now().Add(patience))
	for err == nil {
		_, err = b.Write([]byte("x"))
	}
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want the pipe to be closed", err)
	}
}

// failing is a conn whose Read fails.
type failing struct{ net.Conn }

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestPumpConnError(t *testing.T) {
	noLeaks(t)
	a, b := net.Pipe()
	fd := mustPump(t, failing{a})
	defer unix.Close(fd)
	wantEnd(t, fd)
	wantConnEnd(t, b)
}

// TestPumpTakesOver sees that no goroutine and no second descriptor is left, and
// that the peer's address is the real one.
func TestPumpTakesOver(t *testing.T) {
	noLeaks(t)
	a, _ := tcpConns(t)
	before := openFDs()
	fd := mustPump(t, a)
	defer unix.Close(fd)
	if got := openFDs(); got != before {
		t.Errorf("%d descriptors, %d before", got, before)
	}
	if got := PeerAddress(fd); got != "127.0.0.1" {
		t.Errorf("peer is %q", got)
	}
	if _, err := a.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the conn still writes: %v", err)
	}
}

// TestPumpClosedConn is given a conn that is closed already.
func TestPumpClosedConn(t *testing.T) {
	noLeaks(t)
	a, b := tcpConns(t)
	_ = a.Close()
	fd, err := PumpConn(a)
	if err == nil {
		wantEnd(t, fd)
		_ = unix.Close(fd)
	}
	wantConnEnd(t, b)
}
