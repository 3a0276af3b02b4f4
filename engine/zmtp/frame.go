// SPDX-License-Identifier: MPL-2.0

package zmtp

import "encoding/binary"

// Flags of a frame of ZMTP 2 and 3. ZMTP 1 has FlagMore only.
const (
	FlagMore    = 1 << iota // another frame of the same message follows
	FlagLarge               // the length has eight bytes
	FlagCommand             // a command, not part of a message
)

const (
	// HeaderSizeMax is the longest header of ZMTP 2 and 3, in bytes.
	HeaderSizeMax = 9
	// HeaderSizeMaxV1 is the longest header of ZMTP 1, in bytes.
	HeaderSizeMaxV1 = 10
	// SizeMax is the longest body that is told apart from nonsense, in bytes.
	SizeMax = 1<<62 - 1

	smallSizeMax = 255 // longest body with a length of one byte
	v1Escape     = 0xff
)

// Frame is one frame without its header.
type Frame struct {
	Flags byte
	Body  []byte
}

// FlagsValid reports whether a frame may carry these flags: no reserved bit, and
// no command that goes on.
func FlagsValid(flags byte) bool {
	return flags <= FlagMore|FlagLarge|FlagCommand && flags&(FlagMore|FlagCommand) != FlagMore|FlagCommand
}

// HeaderSize returns the length of the header of a body of size bytes.
func HeaderSize(size int) int {
	if size <= smallSizeMax {
		return 2
	}
	return HeaderSizeMax
}

// PutHeader writes a header of ZMTP 2 and 3 into dst, which must have room for
// HeaderSize(size), and returns its length. It adds FlagLarge where the size
// needs it, and only there (libzmq v2_encoder_t); the other flags go as given.
func PutHeader(dst []byte, flags byte, size int) int {
	if size <= smallSizeMax {
		dst[0], dst[1] = flags, byte(size)
		return 2
	}
	dst[0] = flags | FlagLarge
	binary.BigEndian.PutUint64(dst[1:], uint64(size))
	return HeaderSizeMax
}

// AppendHeader appends what PutHeader would write.
func AppendHeader(dst []byte, flags byte, size int) []byte {
	var h [HeaderSizeMax]byte
	return append(dst, h[:PutHeader(h[:], flags, size)]...)
}

// ParseHeader reads a header of ZMTP 2 and 3. n is its length, 0 where b holds
// less than all of it. The flags are returned as they came; a short body with
// the long form of length is accepted.
func ParseHeader(b []byte) (flags byte, size uint64, n int) {
	if len(b) < 2 {
		return 0, 0, 0
	}
	if b[0]&FlagLarge == 0 {
		return b[0], uint64(b[1]), 2
	}
	if len(b) < HeaderSizeMax {
		return 0, 0, 0
	}
	return b[0], binary.BigEndian.Uint64(b[1:]), HeaderSizeMax
}

// AppendHeaderV1 appends a header of ZMTP 1, whose length counts the flags too.
func AppendHeaderV1(dst []byte, flags byte, size int) []byte {
	if size+1 < v1Escape {
		return append(dst, byte(size+1), flags)
	}
	dst = binary.BigEndian.AppendUint64(append(dst, v1Escape), uint64(size)+1)
	return append(dst, flags)
}

// ParseHeaderV1 reads a header of ZMTP 1 as ParseHeader does. A length without
// room for the flags is an error; flags other than FlagMore are dropped, a peer
// that sends a greeting has some.
func ParseHeaderV1(b []byte) (flags byte, size uint64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, 0, nil
	}
	n, size = 2, uint64(b[0])
	if b[0] == v1Escape {
		n = HeaderSizeMaxV1
	}
	if len(b) >= n && n == HeaderSizeMaxV1 {
		size = binary.BigEndian.Uint64(b[1:])
	}
	if size == 0 {
		return 0, 0, 0, fault(ErrorUnspecified, "a frame of no length")
	}
	if len(b) < n {
		return 0, 0, 0, nil
	}
	return b[n-1] & FlagMore, size - 1, n, nil
}

// Decode returns the frame at the start of b, as a slice of b, and how many
// bytes it takes up with its header; 0 where b holds less than all of it. A body
// longer than sizeMax bytes, where that is not negative, is a *SizeError, as
// soon as the header is there.
func Decode(v Version, b []byte, sizeMax int64) (f Frame, n int, err error) {
	var size uint64
	if v.Legacy() {
		f.Flags, size, n, err = ParseHeaderV1(b)
	} else {
		f.Flags, size, n = ParseHeader(b)
		if n > 0 && !FlagsValid(f.Flags) {
			err = fault(ErrorUnspecified, "frame flags 0x%02x", f.Flags)
		}
	}
	if err != nil || n == 0 {
		return Frame{}, 0, err
	}
	if max := limit(sizeMax); size > max {
		return Frame{}, 0, &SizeError{Size: size, Max: max}
	}
	if uint64(len(b)-n) < size {
		return Frame{}, 0, nil
	}
	f.Flags &^= FlagLarge
	f.Body = b[n : n+int(size) : n+int(size)]
	return f, n + int(size), nil
}

func limit(sizeMax int64) uint64 {
	if sizeMax < 0 {
		return SizeMax
	}
	return uint64(sizeMax)
}
