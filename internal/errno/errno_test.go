// SPDX-License-Identifier: MPL-2.0

package errno_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
)

// wrapped puts err two layers deep, as the public API does.
func wrapped(err error) error {
	return fmt.Errorf("send: %w", &net.OpError{Op: "write", Err: os.NewSyscallError("write", err)})
}

func TestOwnNumbersAreThoseOfZmqH(t *testing.T) {
	for _, c := range []struct {
		got  errno.Errno
		want uint32
	}{
		{errno.OK, 0},
		{errno.Hausnumero, 156384712},
		{errno.EFSM, 156384763},
		{errno.ENOCOMPATPROTO, 156384764},
		{errno.ETERM, 156384765},
		{errno.EMTHREAD, 156384766},
	} {
		if uint32(c.got) != c.want {
			t.Errorf("%s = %d, want %d", c.got.Name(), uint32(c.got), c.want)
		}
	}
}

// all lists every named number with the system's number, 0 for ZeroMQ's own.
var all = []struct {
	e   errno.Errno
	sys syscall.Errno
}{
	{errno.EAGAIN, syscall.EAGAIN}, {errno.EINVAL, syscall.EINVAL},
	{errno.ENOTSUP, syscall.ENOTSUP}, {errno.EPROTONOSUPPORT, syscall.EPROTONOSUPPORT},
	{errno.ENOBUFS, syscall.ENOBUFS}, {errno.ENETDOWN, syscall.ENETDOWN},
	{errno.EADDRINUSE, syscall.EADDRINUSE}, {errno.EADDRNOTAVAIL, syscall.EADDRNOTAVAIL},
	{errno.ECONNREFUSED, syscall.ECONNREFUSED}, {errno.EINPROGRESS, syscall.EINPROGRESS},
	{errno.ENOTSOCK, syscall.ENOTSOCK}, {errno.EMSGSIZE, syscall.EMSGSIZE},
	{errno.EAFNOSUPPORT, syscall.EAFNOSUPPORT}, {errno.ENETUNREACH, syscall.ENETUNREACH},
	{errno.ECONNABORTED, syscall.ECONNABORTED}, {errno.ECONNRESET, syscall.ECONNRESET},
	{errno.ENOTCONN, syscall.ENOTCONN}, {errno.ETIMEDOUT, syscall.ETIMEDOUT},
	{errno.EHOSTUNREACH, syscall.EHOSTUNREACH}, {errno.ENETRESET, syscall.ENETRESET},
	{errno.ENOENT, syscall.ENOENT}, {errno.EMFILE, syscall.EMFILE},
	{errno.ENODEV, syscall.ENODEV}, {errno.ENOMEM, syscall.ENOMEM},
	{errno.EINTR, syscall.EINTR}, {errno.EFAULT, syscall.EFAULT},
	{errno.EPROTO, syscall.EPROTO}, {errno.EBADF, syscall.EBADF},
	{errno.ENAMETOOLONG, syscall.ENAMETOOLONG}, {errno.EPIPE, syscall.EPIPE},
	{errno.EFSM, 0}, {errno.ENOCOMPATPROTO, 0}, {errno.ETERM, 0}, {errno.EMTHREAD, 0},
}

func TestIsMatchesExactlyTheSameNumber(t *testing.T) {
	for _, a := range all {
		for _, b := range all {
			err := wrapped(a.e)
			if got, want := errors.Is(err, b.e), a.e == b.e; got != want {
				t.Errorf("Is(%s, %s) = %v", a.e.Name(), b.e.Name(), got)
			}
			if b.sys == 0 {
				continue
			}
			if got, want := errors.Is(err, b.sys), a.sys == b.sys; got != want {
				t.Errorf("Is(%s, syscall %v) = %v", a.e.Name(), b.sys, got)
			}
		}
	}
}

func TestIsStandardErrors(t *testing.T) {
	for _, c := range []struct {
		err, target error
		want        bool
	}{
		{errno.ETERM, net.ErrClosed, true},
		{errno.ENOTSOCK, net.ErrClosed, true},
		{errno.EFSM, net.ErrClosed, false},
		{errno.EBADF, net.ErrClosed, false},
		{errno.EAGAIN, os.ErrDeadlineExceeded, false},
		{errno.EAGAIN, errno.Timeout, false},
		{errno.Timeout, errno.EAGAIN, true},
		{errno.Timeout, syscall.EAGAIN, true},
		{errno.Timeout, os.ErrDeadlineExceeded, true},
		{errno.Timeout, errno.ETIMEDOUT, false},
		{errno.Timeout, net.ErrClosed, false},
		{errno.ENOENT, fs.ErrNotExist, true},
		{errno.ENOTSUP, errors.ErrUnsupported, true},
		{errno.ETERM, errors.ErrUnsupported, false},
		{errno.OK, syscall.Errno(0), false},
	} {
		if got := errors.Is(wrapped(c.err), c.target); got != c.want {
			t.Errorf("Is(%v, %v) = %v, want %v", c.err, c.target, got, c.want)
		}
	}
}

func TestEveryNumberHasItsOwnSentence(t *testing.T) {
	seen := map[string]string{}
	for _, a := range all {
		text, name := a.e.Error(), a.e.Name()
		if text == "" || strings.HasPrefix(text, "errno") || !strings.HasPrefix(name, "E") {
			t.Errorf("%d: name %q, text %q", uint32(a.e), name, text)
		}
		if other, dup := seen[text]; dup {
			t.Errorf("%s and %s both say %q", name, other, text)
		}
		seen[text] = name
	}
	if got, want := errno.Errno(syscall.EACCES).Error(), syscall.EACCES.Error(); got != want {
		t.Errorf("unnamed system number says %q, want %q", got, want)
	}
	if got := (errno.Hausnumero + 999).Error(); got != "errno 156385711" {
		t.Errorf("unknown number says %q", got)
	}
}

func TestNetError(t *testing.T) {
	for _, c := range []struct {
		err                error
		timeout, temporary bool
	}{
		{errno.Timeout, true, true},
		{errno.ETIMEDOUT, true, true},
		{errno.EAGAIN, false, true},
		{errno.ETERM, false, false},
		{errno.EINVAL, false, false},
	} {
		var ne net.Error
		if !errors.As(c.err, &ne) {
			t.Fatalf("%v is no net.Error", c.err)
		}
		if ne.Timeout() != c.timeout || ne.Temporary() != c.temporary {
			t.Errorf("%v: timeout %v temporary %v", c.err, ne.Timeout(), ne.Temporary())
		}
	}
}

func TestErrOfOKIsNil(t *testing.T) {
	if err := errno.OK.Err(); err != nil {
		t.Errorf("OK.Err() = %v", err)
	}
	if err := errno.ETERM.Err(); err != errno.ETERM {
		t.Errorf("ETERM.Err() = %v", err)
	}
}

func TestFrom(t *testing.T) {
	_, dialErr := net.Dial("unix", t.TempDir()+"/none")
	for _, c := range []struct {
		err  error
		want errno.Errno
	}{
		{nil, errno.OK},
		{errno.EFSM, errno.EFSM},
		{wrapped(errno.EHOSTUNREACH), errno.EHOSTUNREACH},
		{syscall.EADDRINUSE, errno.EADDRINUSE},
		{wrapped(syscall.ECONNRESET), errno.ECONNRESET},
		{wrapped(syscall.EACCES), errno.Errno(syscall.EACCES)},
		{dialErr, errno.ENOENT},
		{errno.Timeout, errno.EAGAIN},
		{fmt.Errorf("recv: %w", errno.Timeout), errno.EAGAIN},
		{net.ErrClosed, errno.ENOTSOCK},
		{io.EOF, errno.EPIPE},
		{io.ErrUnexpectedEOF, errno.EPIPE},
		{context.Canceled, errno.EINTR},
		{context.DeadlineExceeded, errno.ETIMEDOUT},
		{os.ErrDeadlineExceeded, errno.ETIMEDOUT},
		{fs.ErrNotExist, errno.ENOENT},
		{errors.ErrUnsupported, errno.ENOTSUP},
		{errors.New("odd"), errno.EINVAL},
		{errno.OK, errno.EINVAL},
		{syscall.Errno(0), errno.EINVAL},
	} {
		if got := errno.From(c.err); got != c.want {
			t.Errorf("From(%v) = %s, want %s", c.err, got.Name(), c.want.Name())
		}
	}
}
