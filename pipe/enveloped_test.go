// SPDX-License-Identifier: MPL-2.0

package pipe

import (
	"bytes"
	"testing"

	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
)

var envelopedSizes = []int{0, 1, 255, 256, msg.RefBytesMin - 1}

// TestWriteEnveloped: the other end reads an empty part and the data, and hears of them
// as of any message.
func TestWriteEnveloped(t *testing.T) {
	for _, size := range envelopedSizes {
		a, b, _, _ := pair(Options{HWM: 2}, Options{})
		if b.CheckRead() {
			t.Fatal("something is there")
		}
		data := bytes.Repeat([]byte{7}, size)
		if awake, ok := a.WriteEnveloped(data); awake || !ok {
			t.Errorf("%d: awake %v, ok %v", size, awake, ok)
		}
		if awake, ok := a.WriteEnveloped(data); !awake || !ok {
			t.Errorf("%d: awake %v, ok %v with a reader that is awake", size, awake, ok)
		}
		if _, ok := a.WriteEnveloped(data); ok {
			t.Errorf("%d: three messages where there is room for two", size)
		}
		for range 2 {
			var f msg.Part
			if !b.Read(&f) || len(f.Data) != 0 || !f.HasMore() {
				t.Fatalf("%d: no envelope", size)
			}
			if !b.Read(&f) || !bytes.Equal(f.Data, data) || f.HasMore() {
				t.Fatalf("%d: %d bytes, more %v", size, len(f.Data), f.HasMore())
			}
		}
		if b.CheckRead() || b.Taken() != 2 {
			t.Errorf("%d: %d messages were read, more %v", size, b.Taken(), b.CheckRead())
		}
	}
}

// TestWriteEnvelopedWaitsItsTurn: not into the middle of a message, nor to one who goes.
func TestWriteEnvelopedWaitsItsTurn(t *testing.T) {
	a, b, _, _ := pair(Options{}, Options{})
	a.Write(&msg.Part{Data: []byte("x"), Flags: msg.More})
	if _, ok := a.WriteEnveloped(nil); ok {
		t.Error("written into another message")
	}
	a.Rollback()
	b.CloseRead()
	if _, ok := a.WriteEnveloped(nil); ok {
		t.Error("written to a closed end")
	}
}

// TestReadEnveloped: what Write has made is read as well.
func TestReadEnveloped(t *testing.T) {
	for _, size := range envelopedSizes {
		a, b, toA, _ := pair(Options{HWM: 2}, Options{})
		data := bytes.Repeat([]byte{7}, size)
		for a.CheckWrite() {
			a.Write(&msg.Part{Flags: msg.More})
			a.Write(&msg.Part{Data: data})
			a.Flush()
		}
		for range 2 {
			got, ok := b.ReadEnveloped()
			if !ok && size == msg.RefBytesMin-1 { // the body may stand in the next chunk
				var f msg.Part
				ok = b.Read(&f) && len(f.Data) == 0 && b.Read(&f)
				got = f.Data
			}
			if !ok || !bytes.Equal(got, data) {
				t.Fatalf("%d: %d bytes, %v", size, len(got), ok)
			}
		}
		if _, ok := b.ReadEnveloped(); ok || b.Taken() != 2 || toA.writes != 1 {
			t.Errorf("%d: more %v, %d read, %d signals", size, ok, b.Taken(), toA.writes)
		}
	}
}

// TestReadEnvelopedLeavesTheRest: messages of any other form are left as they are, for
// Read.
func TestReadEnvelopedLeavesTheRest(t *testing.T) {
	big := make([]byte, msg.RefBytesMin)
	for _, parts := range [][][]byte{
		{nil}, {[]byte("x")}, {[]byte("x"), []byte("y")}, {nil, nil, nil}, {nil, []byte("x"), nil},
		{[]byte("label"), nil, []byte("x")}, {nil, big}, {big, nil}, {big},
	} {
		a, b, _, _ := pair(Options{}, Options{})
		for i, data := range parts {
			f := msg.Part{Data: data}
			if i < len(parts)-1 {
				f.Flags = msg.More
			}
			if len(data) >= msg.RefBytesMin {
				f.Body = buf.WrapBody(data, nil)
			}
			a.Write(&f)
		}
		a.Flush()
		if _, ok := b.ReadEnveloped(); ok {
			t.Errorf("%d parts of %d bytes are taken for an envelope and a body", len(parts), len(parts[0]))
			continue
		}
		for i, data := range parts {
			var f msg.Part
			if !b.Read(&f) || len(f.Data) != len(data) || f.HasMore() != (i < len(parts)-1) {
				t.Fatalf("part %d of %d: %d bytes", i, len(parts), len(f.Data))
			}
			if _, ok := b.ReadEnveloped(); ok {
				t.Fatal("read in the middle of a message, or what is not there")
			}
		}
	}
}

// TestEmptyLeavesTheReaderAwake: the writer need not signal after a look.
func TestEmptyLeavesTheReaderAwake(t *testing.T) {
	a, b, _, _ := pair(Options{}, Options{})
	if !b.Empty() {
		t.Error("a new pipe is not empty")
	}
	if awake, _ := a.WriteEnveloped(nil); !awake {
		t.Error("the look has made the reader sleep")
	}
	if b.Empty() {
		t.Error("a message was not seen")
	}
	b.ReadEnveloped()
	a.CloseWrite()
	if b.Empty() {
		t.Error("the end is none to be looked at")
	}
}
