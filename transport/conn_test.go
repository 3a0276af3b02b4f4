// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// pair returns two connected descriptors for each transport.
func pair(t *testing.T, endpoint string) (a, b int) {
	t.Helper()
	l := mustListen(t, endpoint, nil)
	a = mustConnect(t, l.Endpoint(), nil)
	b, _ = mustAccept(t, l)
	return a, b
}

// eachPair runs test on tcp and ipc.
func eachPair(t *testing.T, test func(t *testing.T, a, b int)) {
	for _, endpoint := range []string{"tcp://127.0.0.1:*", "ipc://*"} {
		t.Run(endpoint[:3], func(t *testing.T) {
			noLeaks(t)
			a, b := pair(t, endpoint)
			test(t, a, b)
		})
	}
}

func TestReadWrite(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b int) {
		var buf [8]byte
		if n, errno := Read(a, buf[:]); n != 0 || errno != unix.EAGAIN {
			t.Fatalf("Read of nothing: %d, %v", n, errno)
		}
		if n, errno := Read(a, nil); n != 0 || errno != unix.EINVAL {
			t.Fatalf("Read into nothing: %d, %v", n, errno)
		}
		mustWrite(t, b, "hello")
		await(t, a, unix.POLLIN)
		if n, errno := Read(a, buf[:]); n != 5 || errno != 0 || string(buf[:n]) != "hello" {
			t.Fatalf("Read: %d, %v, %q", n, errno, buf[:n])
		}
		_ = unix.Shutdown(b, unix.SHUT_WR)
		await(t, a, unix.POLLIN)
		if n, errno := Read(a, buf[:]); n != 0 || errno != 0 {
			t.Fatalf("Read at the end: %d, %v", n, errno)
		}
	})
	if n, errno := Read(-1, make([]byte, 1)); n != 0 || errno != unix.EBADF {
		t.Errorf("Read(-1): %d, %v", n, errno)
	}
	if n, errno := Write(-1, make([]byte, 1)); n != 0 || errno != unix.EBADF {
		t.Errorf("Write(-1): %d, %v", n, errno)
	}
}

// iovecs makes iovecs of texts, each in memory of its own.
func iovecs(texts ...string) []unix.Iovec {
	iov := make([]unix.Iovec, len(texts))
	for i, s := range texts {
		SetIovec(&iov[i], []byte(s))
	}
	return iov
}

func TestReadvWritev(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b int) {
		n, errno := Writev(a, iovecs("one", "", "two", "three"))
		if n != 11 || errno != 0 {
			t.Fatalf("Writev: %d, %v", n, errno)
		}
		await(t, b, unix.POLLIN)
		first, second := make([]byte, 4), make([]byte, 16)
		iov := make([]unix.Iovec, 2)
		SetIovec(&iov[0], first)
		SetIovec(&iov[1], second)
		n, errno = Readv(b, iov)
		if n != 11 || errno != 0 || string(first)+string(second[:n-4]) != "onetwothree" {
			t.Fatalf("Readv: %d, %v, %q, %q", n, errno, first, second)
		}
		if n, errno := Readv(b, iov); n != 0 || errno != unix.EAGAIN {
			t.Fatalf("Readv of nothing: %d, %v", n, errno)
		}
		for _, empty := range [][]unix.Iovec{nil, iovecs("")} {
			if n, errno := Readv(b, empty); n != 0 || errno != unix.EINVAL {
				t.Fatalf("Readv into nothing: %d, %v", n, errno)
			}
		}
		if n, errno := Writev(a, nil); n != 0 || errno != 0 {
			t.Fatalf("Writev of nothing: %d, %v", n, errno)
		}
	})
}

// TestWritevTakesMoreThanIOVMax passes more buffers than the kernel allows.
func TestWritevTakesMoreThanIOVMax(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b int) {
		iov := iovecs(strings.Split(strings.Repeat("x.", iovecsMax+10), ".")...)
		n, errno := Writev(a, iov)
		if n == 0 || n > iovecsMax || errno != 0 {
			t.Fatalf("Writev: %d, %v", n, errno)
		}
		if got := mustRead(t, b, n); got != strings.Repeat("x", n) {
			t.Fatalf("got %q", got)
		}
	})
}

// TestWriteUntilFull sees a short write or EAGAIN, and loses nothing.
func TestWriteUntilFull(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b int) {
		chunk := make([]byte, 1<<20)
		total, short := 0, false
		for range 1 << 10 {
			n, errno := Write(a, chunk)
			total += n
			short = short || errno == 0 && n < len(chunk)
			if errno == unix.EAGAIN {
				break
			}
			if errno != 0 {
				t.Fatal(errno)
			}
		}
		if !short {
			t.Error("no write was short")
		}
		if n, errno := Writev(a, iovecs("x")); n != 0 || errno != unix.EAGAIN {
			// TCP may have moved bytes on meanwhile.
			total += n
		}
		mustRead(t, b, total)
		var one [1]byte
		if n, errno := Read(b, one[:]); n != 0 || errno != unix.EAGAIN {
			t.Errorf("more than was written: %d, %v", n, errno)
		}
	})
}

func TestWriteToClosed(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b int) {
		if err := Tune(a, nil); err != nil {
			t.Fatal(err)
		}
		_ = unix.Shutdown(a, unix.SHUT_WR)
		if n, errno := Write(a, []byte("x")); n != 0 || errno != unix.EPIPE {
			t.Errorf("Write: %d, %v", n, errno)
		}
		if n, errno := Writev(a, iovecs("x")); n != 0 || errno != unix.EPIPE {
			t.Errorf("Writev: %d, %v", n, errno)
		}
	})
}

func TestIOAllocatesNothing(t *testing.T) {
	a, b := pair(t, "ipc://*")
	out, in := []byte("0123456789"), make([]byte, 64)
	iov := iovecs("0123", "456789")
	back := make([]unix.Iovec, 1)
	SetIovec(&back[0], in)
	allocs := testing.AllocsPerRun(100, func() {
		if _, errno := Write(a, out); errno != 0 {
			t.Fatal(errno)
		}
		if _, errno := Writev(a, iov); errno != 0 {
			t.Fatal(errno)
		}
		if _, errno := Read(b, in[:10]); errno != 0 {
			t.Fatal(errno)
		}
		if _, errno := Readv(b, back); errno != 0 {
			t.Fatal(errno)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestEndpointsOfNoSocket(t *testing.T) {
	if s := PeerAddress(-1) + LocalEndpoint(-1, "tcp") + RemoteEndpoint(-1, "tcp"); s != "" {
		t.Errorf("got %q", s)
	}
	wantErrno(t, ConnectResult(-1), unix.EBADF)
	wantErrno(t, Tune(-1, nil), unix.EBADF)
}
