// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// proxyTalk is a proxy's side of a conversation, written down.
type proxyTalk struct {
	answers io.Reader
	heard   bytes.Buffer
}

func (p *proxyTalk) Read(b []byte) (int, error)  { return p.answers.Read(b) }
func (p *proxyTalk) Write(b []byte) (int, error) { return p.heard.Write(b) }

// TestSocks: what is said to a proxy, and what its answers mean, in whole and byte
// by byte; what follows them is left alone.
func TestSocks(t *testing.T) {
	long := strings.Repeat("a", 255)
	const ok4, rest = "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", "ZMTP"
	const to = "\x05\x01\x00\x01\x01\x02\x03\x04\x15\xb3"
	four := hostPort{host: "1.2.3.4", port: 5555}
	for name, c := range map[string]struct {
		target         hostPort
		user, password string
		answers        string
		says           string
		err            error
	}{
		"no auth":         {four, "", "", "\x05\x00" + ok4, "\x05\x01\x00" + to, nil},
		"not needed":      {four, "u", "p", "\x05\x00" + ok4, "\x05\x02\x00\x02" + to, nil},
		"password":        {four, "u", "pw", "\x05\x02\x01\x00" + ok4, "\x05\x02\x00\x02\x01\x01u\x02pw" + to, nil},
		"empty password":  {four, "u", "", "\x05\x02\x01\x00" + ok4, "\x05\x02\x00\x02\x01\x01u\x00" + to, nil},
		"wrong password":  {four, "u", "p", "\x05\x02\x01\x01", "\x05\x02\x00\x02\x01\x01u\x01p", syscall.EACCES},
		"wrong version":   {four, "u", "p", "\x05\x02\x05\x00", "\x05\x02\x00\x02\x01\x01u\x01p", syscall.EPROTO},
		"long user":       {four, long + "a", "", "\x05\x02", "\x05\x02\x00\x02", syscall.EINVAL},
		"no method":       {four, "", "", "\x05\xff", "\x05\x01\x00", syscall.EACCES},
		"not offered":     {four, "", "", "\x05\x02", "\x05\x01\x00", syscall.EPROTO},
		"socks 4":         {four, "", "", "\x04\x00", "\x05\x01\x00", syscall.EPROTO},
		"ipv6":            {hostPort{"::1", "lo", 1}, "", "", "\x05\x00" + ok4, "\x05\x01\x00\x05\x01\x00\x04" + strings.Repeat("\x00", 15) + "\x01\x00\x01", nil},
		"name":            {hostPort{"host.test", "", 80}, "", "", "\x05\x00" + ok4, "\x05\x01\x00\x05\x01\x00\x03\x09host.test\x00\x50", nil},
		"long name":       {hostPort{long + "a", "", 80}, "", "", "", "", syscall.EINVAL},
		"ipv6 answer":     {four, "", "", "\x05\x00\x05\x00\x00\x04" + strings.Repeat("x", 18), "\x05\x01\x00" + to, nil},
		"name answer":     {four, "", "", "\x05\x00\x05\x00\x00\x03\xff" + long + "pp", "\x05\x01\x00" + to, nil},
		"no such address": {four, "", "", "\x05\x00\x05\x00\x00\x02", "\x05\x01\x00" + to, syscall.EPROTO},
		"bad reply":       {four, "", "", "\x05\x00\x06\x00\x00\x01", "\x05\x01\x00" + to, syscall.EPROTO},
		"failure":         {four, "", "", "\x05\x00\x05\x01\x00\x01", "\x05\x01\x00" + to, syscall.EPROTO},
		"not allowed":     {four, "", "", "\x05\x00\x05\x02\x00\x01", "\x05\x01\x00" + to, syscall.EACCES},
		"no network":      {four, "", "", "\x05\x00\x05\x03\x00\x01", "\x05\x01\x00" + to, syscall.ENETUNREACH},
		"no host":         {four, "", "", "\x05\x00\x05\x04\x00\x01", "\x05\x01\x00" + to, syscall.EHOSTUNREACH},
		"refused":         {four, "", "", "\x05\x00\x05\x05\x00\x01", "\x05\x01\x00" + to, syscall.ECONNREFUSED},
		"too far":         {four, "", "", "\x05\x00\x05\x06\x00\x01", "\x05\x01\x00" + to, syscall.ETIMEDOUT},
		"no connect":      {four, "", "", "\x05\x00\x05\x07\x00\x01", "\x05\x01\x00" + to, syscall.EOPNOTSUPP},
		"no family":       {four, "", "", "\x05\x00\x05\x08\x00\x01", "\x05\x01\x00" + to, syscall.EAFNOSUPPORT},
	} {
		t.Run(name, func(t *testing.T) {
			for _, read := range []func(io.Reader) io.Reader{iotest.OneByteReader, func(r io.Reader) io.Reader { return r }} {
				all := strings.NewReader(c.answers + rest)
				p := &proxyTalk{answers: read(all)}
				if err := askSocks(p, c.target, c.user, c.password); !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
					t.Errorf("%v, want %v", err, c.err)
				}
				if got := p.heard.String(); got != c.says {
					t.Errorf("said %q, want %q", got, c.says)
				}
				if c.err == nil && all.Len() != len(rest) {
					t.Errorf("%d bytes are left, want %d", all.Len(), len(rest))
				}
			}
			for cut := range len(c.answers) {
				p := &proxyTalk{answers: strings.NewReader(c.answers[:cut])}
				if err := askSocks(p, c.target, c.user, c.password); err == nil {
					t.Errorf("no error after %d bytes", cut)
				}
			}
		})
	}
}

// FuzzSocks: whatever a proxy says, the conversation ends, and is a success only
// if it said so.
func FuzzSocks(f *testing.F) {
	f.Add([]byte("\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"), "u")
	f.Add([]byte("\x05\x02\x01\x00\x05\x00\x00\x03\x01ap\x00"), "")
	f.Fuzz(func(t *testing.T, answers []byte, user string) {
		p := &proxyTalk{answers: bytes.NewReader(answers)}
		err := askSocks(p, hostPort{host: "h", port: 1}, user, "")
		if err == nil && (len(answers) < 10 || answers[0] != 5) {
			t.Errorf("%q is a success", answers)
		}
	})
}
