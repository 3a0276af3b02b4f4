// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

// Bounds of a pump.
const (
	// pumpBytesMax is what each direction holds, beside the socket pair's
	// own buffer in the kernel.
	pumpBytesMax = 64 << 10
	// pumpStallMax is how long the last bytes may take to reach a peer that
	// does not read after the loop's end was closed. A kernel would try for
	// minutes; here it costs two goroutines and two descriptors.
	pumpStallMax = 5 * time.Second
)

// PumpConn makes a descriptor for the loop out of conn, which it takes over, also
// when it fails. A *net.TCPConn or stream *net.UnixConn already is a
// descriptor: that one is handed over and no goroutine is needed. Of anything
// else the loop gets one end of a socket pair, and two goroutines copy between
// the other end and conn:
//
//   - Back-pressure: a side that does not read fills the socket pair, and then
//     nothing more is read for it.
//   - The end of conn's stream ends the descriptor's. Half-close by the loop
//     (shutdown) becomes conn's CloseWrite; a conn without one is closed.
//   - An error of conn closes the socket pair, the descriptor's stream ends.
//   - When the loop closes the descriptor, what it has written is still
//     delivered, for at most 5 s if the peer does not read, and conn is closed.
//
// Both goroutines end when either side is closed. It does not wait.
func PumpConn(conn net.Conn) (fd int, err error) {
	if fd, ok := takeOver(conn); ok {
		return fd, nil
	}
	return pumpConn(conn, pumpStallMax)
}

// takeOver returns the descriptor inside conn and disposes of the rest. Only the
// very types of net count: a wrapper could have read ahead, or change the bytes.
func takeOver(conn net.Conn) (int, bool) {
	var raw syscall.RawConn
	var err error
	switch c := conn.(type) {
	case *net.TCPConn:
		raw, err = c.SyscallConn()
	case *net.UnixConn:
		raw, err = c.SyscallConn()
	default:
		return -1, false
	}
	if err != nil {
		return -1, false
	}
	fd := -1
	err = raw.Control(func(s uintptr) {
		kind, err := unix.GetsockoptInt(int(s), unix.SOL_SOCKET, unix.SO_TYPE)
		if err != nil || kind != unix.SOCK_STREAM {
			return
		}
		if fd, err = socket.Dup(int(s)); err != nil {
			fd = -1
		}
	})
	if err != nil || fd < 0 {
		return -1, false
	}
	_ = conn.Close() // closes the original; the duplicate keeps the connection
	return fd, true
}

// pump copies between a conn and the far end of a socket pair.
type pump struct {
	// immutable after pumpConn
	conn     net.Conn
	pair     *net.UnixConn
	raw      syscall.RawConn // of pair
	stallMax time.Duration
	guard    *time.Timer // runs checkStall

	writing atomic.Bool // a write to conn is under way; pairs with checkStall
}

// pumpConn is PumpConn without the short cut.
func pumpConn(conn net.Conn, stallMax time.Duration) (int, error) {
	fd, pair, err := socketPair()
	if err != nil {
		_ = conn.Close()
		return -1, fail("pump", "", err)
	}
	raw, err := pair.SyscallConn()
	if err != nil {
		_ = conn.Close()
		_ = pair.Close()
		_ = unix.Close(fd)
		return -1, fail("pump", "", err)
	}
	p := &pump{conn: conn, pair: pair, raw: raw, stallMax: stallMax}
	p.guard = time.AfterFunc(stallMax, p.checkStall)
	p.guard.Stop()
	go p.outward()
	go p.inward()
	return fd, nil
}

// outward copies from the loop to conn, then waits until the loop is gone, and
// closes everything. It is what ends a pump from the loop's side.
func (p *pump) outward() {
	defer p.close()
	buf := make([]byte, pumpBytesMax)
	for {
		n, err := p.pair.Read(buf)
		if n > 0 && !p.write(buf[:n]) {
			return
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return
		}
	}
	if p.isHungUp() {
		return
	}
	half, can := p.conn.(interface{ CloseWrite() error })
	if !can || half.CloseWrite() != nil {
		return
	}
	// The loop may still read. Its close raises another event on pair, as
	// does inward's close of pair when conn fails.
	_ = p.raw.Read(func(fd uintptr) bool { return hasHungUp(int(fd)) })
}

// write hands b to conn, under the eye of checkStall.
func (p *pump) write(b []byte) bool {
	p.writing.Store(true)
	p.guard.Reset(p.stallMax)
	_, err := p.conn.Write(b)
	p.writing.Store(false)
	p.guard.Stop()
	return err == nil
}

// checkStall looks, once in stallMax while a write to conn does not come back,
// whether the loop still cares. If not, nobody would ever end that write. Runs on
// a timer's goroutine; a late run finds writing false or the pump closed, and
// does no harm.
func (p *pump) checkStall() {
	switch {
	case !p.writing.Load():
	case p.isHungUp():
		_ = p.conn.Close()
	default:
		p.guard.Reset(p.stallMax)
	}
}

// inward copies from conn to the loop. After the end of conn's stream the other
// direction goes on until the loop has had enough; after an error nothing does.
func (p *pump) inward() {
	buf := make([]byte, pumpBytesMax)
	for {
		n, err := p.conn.Read(buf)
		if n > 0 {
			if _, err := p.pair.Write(buf[:n]); err != nil {
				return // the loop is gone; outward still has its last bytes
			}
		}
		if err == io.EOF {
			_ = p.pair.CloseWrite()
			return
		}
		if err != nil {
			p.close()
			return
		}
	}
}

// close ends both directions. Either goroutine may call it; closing twice is
// harmless.
func (p *pump) close() {
	_ = p.conn.Close()
	_ = p.pair.Close()
}

// isHungUp reports whether the loop has closed its end, or ours is closed.
func (p *pump) isHungUp() bool {
	hungUp := true
	_ = p.raw.Control(func(fd uintptr) { hungUp = hasHungUp(int(fd)) })
	return hungUp
}

// hasHungUp tells a closed other end from one that was only shut down for
// writing: both read as end of stream, but only the former is POLLHUP.
func hasHungUp(fd int) bool {
	events, err := poll(fd, 0)
	return err != nil || events&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0
}

// socketPair returns a connected pair: a non-blocking, close-on-exec descriptor
// for a loop and a net.UnixConn for goroutines.
func socketPair() (fd int, conn *net.UnixConn, err error) {
	syscall.ForkLock.RLock() // macOS cannot set close-on-exec in the same call
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, nil, err
	}
	file := os.NewFile(uintptr(fds[1]), "pump")
	defer file.Close() // FileConn has a duplicate
	err = unix.SetNonblock(fds[0], true)
	if err == nil {
		err = setNoSigpipe(fds[0])
	}
	if err != nil {
		_ = unix.Close(fds[0])
		return -1, nil, err
	}
	c, err := net.FileConn(file)
	if err != nil {
		_ = unix.Close(fds[0])
		return -1, nil, err
	}
	u, isUnix := c.(*net.UnixConn)
	if !isUnix {
		_ = c.Close()
		_ = unix.Close(fds[0])
		return -1, nil, syscall.EINVAL
	}
	return fds[0], u, nil
}
