// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// ipcDir is a directory whose name is short enough for sun_path.
func ipcDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestIPCExchange(t *testing.T) {
	noLeaks(t)
	path := filepath.Join(ipcDir(t), "s")
	l := mustListen(t, "ipc://"+path, nil)
	if l.Endpoint() != "ipc://"+path {
		t.Fatalf("bound to %q", l.Endpoint())
	}
	client := mustConnect(t, l.Endpoint(), nil)
	server, peer := mustAccept(t, l)
	wantFlags(t, l.FD)
	wantFlags(t, client)
	wantFlags(t, server)
	if runtime.GOOS == "linux" {
		want := fmt.Sprintf(":%d:%d:%d", os.Getuid(), os.Getgid(), os.Getpid())
		if peer != want || PeerAddress(client) != want {
			t.Errorf("peers are %q and %q, want %q", peer, PeerAddress(client), want)
		}
	}
	if got := RemoteEndpoint(client, "ipc"); got != l.Endpoint() {
		t.Errorf("remote endpoint is %q", got)
	}
	if got := RemoteEndpoint(server, "ipc"); got != "ipc://" {
		t.Errorf("the nameless end is %q", got)
	}
	if err := Tune(server, nil); err != nil {
		t.Errorf("Tune: %v", err)
	}
	wantExchange(t, client, server)
	if _, _, err := l.Accept(); err != unix.EAGAIN {
		t.Errorf("got %v, want a bare EAGAIN", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
	wantExchange(t, client, server) // accepted ones outlive the listener
}

func TestIPCWildcard(t *testing.T) {
	noLeaks(t)
	dir := ipcDir(t)
	t.Setenv("TMPDIR", filepath.Join(dir, "no such directory"))
	t.Setenv("TEMPDIR", dir)
	l := mustListen(t, "ipc://*", nil)
	path := strings.TrimPrefix(l.Endpoint(), "ipc://")
	own := filepath.Dir(path)
	if filepath.Dir(own) != dir || filepath.Base(path) != "socket" {
		t.Fatalf("bound to %q, want it below %q", l.Endpoint(), dir)
	}
	if info, err := os.Stat(own); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v", info.Mode(), err)
	}
	mustConnect(t, l.Endpoint(), nil)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestIPCWildcardInWorkingDirectory(t *testing.T) {
	for _, name := range []string{"TMPDIR", "TEMPDIR", "TMP"} {
		t.Setenv(name, "")
	}
	dir := "/tmp"
	t.Chdir(dir)
	l := mustListen(t, "ipc://*", nil)
	if !filepath.IsAbs(strings.TrimPrefix(l.Endpoint(), "ipc://")) {
		t.Errorf("bound to %q", l.Endpoint())
	}
	t.Chdir("/")
	if err := l.Close(); err != nil {
		t.Errorf("closing from elsewhere: %v", err)
	}
}

func TestIPCWildcardTooDeep(t *testing.T) {
	noLeaks(t)
	dir := filepath.Join(ipcDir(t), strings.Repeat("d", ipcPathBytesMax))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	_, err := Listen("ipc://*", nil)
	wantErrno(t, err, unix.ENAMETOOLONG)
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestIPCAbstract(t *testing.T) {
	noLeaks(t)
	endpoint := fmt.Sprintf("ipc://@zeroloop-test-%d", os.Getpid())
	if !hasAbstract {
		_, err := Listen(endpoint, nil)
		wantErrno(t, err, unix.EINVAL)
		wantErrno(t, CheckConnect(endpoint, nil), unix.EINVAL)
		return
	}
	l := mustListen(t, endpoint, nil)
	if l.Endpoint() != endpoint {
		t.Fatalf("bound to %q", l.Endpoint())
	}
	_, err := Listen(endpoint, nil)
	wantErrno(t, err, unix.EADDRINUSE)
	client := mustConnect(t, endpoint, nil)
	server, _ := mustAccept(t, l)
	wantExchange(t, client, server)
	if got := LocalEndpoint(server, "ipc"); got != endpoint {
		t.Errorf("local endpoint is %q", got)
	}
	if _, err := os.Lstat(strings.TrimPrefix(endpoint, "ipc://")); !os.IsNotExist(err) {
		t.Errorf("a file was made: %v", err)
	}
}

func TestIPCPathLength(t *testing.T) {
	dir := ipcDir(t)
	fits := filepath.Join(dir, strings.Repeat("p", ipcPathBytesMax-len(dir)-1))
	l := mustListen(t, "ipc://"+fits, nil)
	if l.Endpoint() != "ipc://"+fits {
		t.Errorf("bound to %q", l.Endpoint())
	}
	mustConnect(t, l.Endpoint(), nil)
	_, err := Listen("ipc://"+fits+"p", nil)
	wantErrno(t, err, unix.ENAMETOOLONG)
	_, err = Listen("ipc://@", nil)
	wantErrno(t, err, unix.EINVAL)
	_, err = Listen("ipc:///no such directory/s", nil)
	wantErrno(t, err, unix.ENOENT)
}

func TestIPCTakesOverThePath(t *testing.T) {
	noLeaks(t)
	endpoint := "ipc://" + filepath.Join(ipcDir(t), "s")
	first := mustListen(t, endpoint, nil)
	second := mustListen(t, endpoint, nil) // edge case 143
	client := mustConnect(t, endpoint, nil)
	server, _ := mustAccept(t, second)
	wantExchange(t, client, server)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	mustConnect(t, endpoint, nil) // first has left the file of second alone
	mustAccept(t, second)
}

// TestIPCGivesThePathUpWhileItIsTaken: whoever closes takes away no file but its own,
// also where another binds to the path at that moment.
func TestIPCGivesThePathUpWhileItIsTaken(t *testing.T) {
	noLeaks(t)
	path := filepath.Join(ipcDir(t), "s")
	first := mustListen(t, "ipc://"+path, nil)
	for range 2000 {
		closed := make(chan error)
		go func(l *Listener) { closed <- l.Close() }(first)
		second, err := Listen("ipc://"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Fatal(err)
		}
		first = second
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestIPCLeavesOtherFilesAlone(t *testing.T) {
	noLeaks(t)
	path := filepath.Join(ipcDir(t), "precious")
	if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Listen("ipc://"+path, nil)
	wantErrno(t, err, unix.EADDRINUSE)
	if content, err := os.ReadFile(path); string(content) != "content" {
		t.Errorf("the file is %q, %v", content, err)
	}
}

func TestIPCConnectErrors(t *testing.T) {
	noLeaks(t)
	path := filepath.Join(ipcDir(t), "s")
	targets := mustResolve(t, "ipc://"+path, nil)
	_, _, err := Connect(&targets[0], nil)
	wantErrno(t, err, unix.ENOENT)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	closeFD(t, fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	_, _, err = Connect(&targets[0], nil) // nobody listens
	wantErrno(t, err, unix.ECONNREFUSED)
}

// TestIPCBacklog fills the queue; its length shows that ours was asked for.
func TestIPCBacklog(t *testing.T) {
	noLeaks(t)
	o := DefaultOptions()
	o.Backlog = 3
	l := mustListen(t, "ipc://"+filepath.Join(ipcDir(t), "s"), &o)
	for n := 0; n < 16; n++ {
		targets := mustResolve(t, l.Endpoint(), nil)
		fd, inProgress, err := Connect(&targets[0], nil)
		if err != nil {
			if !isOneOf(err, unix.EAGAIN, unix.ECONNREFUSED) {
				t.Fatal(err)
			}
			var typed *Error
			if !errors.As(err, &typed) {
				t.Fatalf("%v is not wrapped", err)
			}
			return
		}
		closeFD(t, fd)
		if inProgress {
			t.Fatal("an ipc connect is in progress")
		}
	}
	t.Error("16 connections fit into a backlog of 3")
}

func TestIPCUseFD(t *testing.T) {
	noLeaks(t)
	path := filepath.Join(ipcDir(t), "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	closeFD(t, fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	o := DefaultOptions()
	o.UseFD = fd
	l := mustListen(t, "ipc://ignored", &o)
	if l.Endpoint() != "ipc://"+path {
		t.Errorf("bound to %q", l.Endpoint())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the user's file was removed: %v", err)
	}
}
