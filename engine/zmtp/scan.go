// SPDX-License-Identifier: MPL-2.0

package zmtp

import "encoding/binary"

// Stop says why a Scan ended.
type Stop uint8

// What a Scan can end at.
const (
	StopShort   Stop = iota // the rest is less than a frame, or nothing
	StopCommand             // a whole command comes next
	StopLarge               // a frame comes next whose body is large and not all there
	StopLimit               // as many messages as were asked for
	StopTooBig              // a frame comes next that is larger than allowed
	StopFlags               // a frame comes next whose flags mean nothing
)

// ScanResult is what Scan found.
type ScanResult struct {
	Bytes    int // taken by whole frames
	Messages int // that end within them
	Boundary int // where the last of those ends
	Stop     Stop

	// The frame that comes next, where its header is there; HeaderLen is 0 where
	// it is not.
	Flags     byte
	Size      uint64
	HeaderLen int
}

// Scan walks whole message frames of ZMTP 2 and 3 from the start of b and looks
// at nothing but their headers. It ends after messagesMax messages, which must
// be positive, and at anything that Stop names; large is the size in bytes from
// which an incomplete body counts as such; sizeMax is the largest body allowed,
// negative for no limit.
func Scan(b []byte, messagesMax, large int, sizeMax int64) (r ScanResult) {
	max := limit(sizeMax)
	for at := 0; ; {
		rest := b[at:]
		if len(rest) < 2 {
			return r
		}
		flags, size, n := rest[0], uint64(rest[1]), 2
		if flags&FlagLarge != 0 {
			if len(rest) < HeaderSizeMax {
				return r
			}
			size, n = binary.BigEndian.Uint64(rest[1:]), HeaderSizeMax
		}
		if flags > FlagMore|FlagLarge || size > max || uint64(len(rest)-n) < size {
			return r.stop(flags, size, n, max, uint64(large), len(rest))
		}
		at += n + int(size)
		r.Bytes = at
		if flags&FlagMore != 0 {
			continue
		}
		r.Messages++
		r.Boundary = at
		if r.Messages == messagesMax {
			r.Stop = StopLimit
			return r
		}
	}
}

// stop says what is special about the next frame.
func (r ScanResult) stop(flags byte, size uint64, n int, max, large uint64, have int) ScanResult {
	r.Flags, r.Size, r.HeaderLen = flags, size, n
	whole := uint64(have-n) >= size
	switch {
	case !FlagsValid(flags):
		r.Stop = StopFlags
	case size > max:
		r.Stop = StopTooBig
	case whole:
		r.Stop = StopCommand
	case size >= large:
		r.Stop = StopLarge
	}
	return r
}

// Lead reads a part of a stream that begins with a frame and ends with the header of
// one, whose flags and size it returns. ok says that it is such a part: that the frames
// before that header are whole and have more to follow, and that none is a command.
func Lead(b []byte) (flags byte, size uint64, ok bool) {
	for len(b) > 0 {
		flags, size, n := ParseHeader(b)
		if n == 0 || flags&^(FlagMore|FlagLarge) != 0 {
			return 0, 0, false
		}
		if n == len(b) {
			return flags, size, size > 0
		}
		if flags&FlagMore == 0 || size > uint64(len(b)-n) {
			return 0, 0, false
		}
		b = b[n+int(size):]
	}
	return 0, 0, false
}
