// SPDX-License-Identifier: MPL-2.0

package socket_test

import (
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
)

// TestRecvSmall: messages come in order, as many as there is room for, up to one that
// has parts.
func TestRecvSmall(t *testing.T) {
	out, in := pairOf(t, option.Push, option.Pull)
	for _, text := range []string{"a", "b", "c"} {
		if e := out.SendPart([]byte(text), nil, false); e != errno.OK {
			t.Fatal(e)
		}
	}
	_ = out.SendPart([]byte("d"), nil, true)
	_ = out.SendPart([]byte("e"), nil, false)
	got, room := "", 2
	ahead := func() {
		in.RecvSmall(func() bool { return len(got) < room }, func(data []byte, _ *msg.Properties) { got += string(data) })
	}
	if ahead(); got != "ab" {
		t.Errorf("%q with room for two", got)
	}
	room = 100
	if ahead(); got != "abc" {
		t.Errorf("%q before a message of two parts", got)
	}
	for in.RecvPart(func(f *msg.Part) { got += string(f.Data) }) == errno.OK {
	}
	if got != "abcde" {
		t.Errorf("%q in the end", got)
	}
	if ahead(); got != "abcde" {
		t.Errorf("%q out of nothing", got)
	}
}
