// SPDX-License-Identifier: MPL-2.0

package z85

import (
	"bytes"
	"errors"
	"testing"
)

// TestVectors: the example of RFC 32, and the ends of the range.
func TestVectors(t *testing.T) {
	for text, b := range map[string]string{
		"HelloWorld": "\x86\x4f\xd2\x6f\xb5\x59\xf7\x5b",
		"00000":      "\x00\x00\x00\x00",
		"%nSc0":      "\xff\xff\xff\xff",
	} {
		if got, err := Encode([]byte(b)); err != nil || got != text {
			t.Errorf("%x becomes %q, %v", b, got, err)
		}
		if got, err := Decode(text); err != nil || string(got) != b {
			t.Errorf("%q becomes %x, %v", text, got, err)
		}
	}
}

// TestRefused: what is no multiple, no digit, or too much.
func TestRefused(t *testing.T) {
	for _, text := range []string{"", "0", "0000", "000000", "0000 ", "0000\x00", "0000\xff", "00\"00", "%nSc1", "#####", "00000#####"} {
		if b, err := Decode(text); !errors.Is(err, ErrInvalid) || b != nil {
			t.Errorf("%q: %x, %v", text, b, err)
		}
	}
	for n := range 9 {
		if _, err := Encode(make([]byte, n)); (err == nil) != (n%4 == 0) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// FuzzZ85: what decodes encodes to the same text, and the other way round.
func FuzzZ85(f *testing.F) {
	f.Add("HelloWorld", []byte("12345678"))
	f.Fuzz(func(t *testing.T, text string, b []byte) {
		if dec, err := Decode(text); err == nil {
			if again, err := Encode(dec); err != nil || again != text {
				t.Errorf("%q became %q, %v", text, again, err)
			}
		}
		enc, err := Encode(b)
		if err != nil || enc == "" {
			return
		}
		if again, err := Decode(enc); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x became %x, %v", b, again, err)
		}
	})
}
