// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// shortage uses up all descriptor numbers but free of them, until restore.
func shortage(t *testing.T, free int) (restore func()) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	low := limit
	low.Cur = 256
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	var taken []int
	for {
		fd, err := unix.Dup(0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	if len(taken) < free {
		t.Fatalf("only %d descriptors can be had", len(taken))
	}
	for _, fd := range taken[:free] {
		_ = unix.Close(fd)
	}
	return func() {
		for _, fd := range taken[free:] {
			_ = unix.Close(fd)
		}
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	}
}

// TestDescriptorShortage runs each operation with 0, 1, 2 … descriptors to be
// had until it succeeds. Each failure must be EMFILE and leave nothing behind
// (T3).
func TestDescriptorShortage(t *testing.T) {
	registerPipe(t, "pipe")
	dir := ipcDir(t)
	t.Setenv("TMPDIR", dir)
	tcp := mustListen(t, "tcp://127.0.0.1:*", nil)
	ipc := mustListen(t, "ipc://"+filepath.Join(dir, "s"), nil)
	listen := func(endpoint string) func() (func(), error) {
		return func() (func(), error) {
			l, err := Listen(endpoint, nil)
			return func() { _ = l.Close() }, err
		}
	}
	connect := func(endpoint string) func() (func(), error) {
		return func() (func(), error) {
			targets, err := Resolve(t.Context(), endpoint, nil)
			if err != nil {
				return nil, err
			}
			fd, _, err := Connect(&targets[0], nil)
			return func() { _ = unix.Close(fd) }, err
		}
	}
	for name, operation := range map[string]func() (func(), error){
		"listen tcp":       listen("tcp://127.0.0.1:*"),
		"listen ipc":       listen("ipc://*"),
		"listen pipe":      listen("pipe://x"),
		"connect tcp":      connect(tcp.Endpoint()),
		"connect tcp from": connect("tcp://127.0.0.1:0;127.0.0.1:" + port(tcp.Endpoint())),
		"connect ipc":      connect(ipc.Endpoint()),
		"pump": func() (func(), error) {
			a, b := net.Pipe()
			fd, err := PumpConn(a)
			if err != nil {
				wantConnEnd(t, b)
			}
			return func() { _ = unix.Close(fd) }, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			entries := len(mustReadDir(t, dir))
			failures := 0
			for free := 0; ; free++ {
				restore := shortage(t, free)
				undo, err := operation()
				restore()
				if err == nil {
					undo()
					break
				}
				wantErrno(t, err, unix.EMFILE)
				failures++
				if got := len(mustReadDir(t, dir)); got != entries {
					t.Fatalf("%d files, %d before", got, entries)
				}
			}
			if failures == 0 {
				t.Error("it did not fail without descriptors")
			}
		})
	}
}

// mustReadDir lists a directory.
func mustReadDir(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// TestAcceptShortage fails to accept for want of descriptors and then succeeds:
// the connection is not lost.
func TestAcceptShortage(t *testing.T) {
	noLeaks(t)
	l := mustListen(t, "tcp://127.0.0.1:*", nil)
	mustConnect(t, l.Endpoint(), nil)
	await(t, l.FD, unix.POLLIN)
	restore := shortage(t, 0)
	_, _, err := l.Accept()
	restore()
	wantErrno(t, err, unix.EMFILE)
	if want := "accept " + l.Endpoint() + ": too many open files"; err.Error() != want {
		t.Errorf("text is %q, want %q", err, want)
	}
	mustAccept(t, l)
}
