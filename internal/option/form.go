// SPDX-License-Identifier: MPL-2.0

package option

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/zeroloop/zmq/internal/errno"
)

// The forms of rows: each constructor makes one row of the table from a number,
// libzmq's name, the range, and the field that it is about.

const intSize = 4

// parseInt reads a C int.
func parseInt(b []byte) (int, errno.Errno) {
	if len(b) != intSize {
		return 0, errno.EINVAL
	}
	return int(int32(binary.NativeEndian.Uint32(b))), errno.OK
}

// AppendInt appends n as a C int.
func AppendInt(dst []byte, n int) []byte {
	return binary.NativeEndian.AppendUint32(dst, uint32(int32(n)))
}

// number is an int between low and high.
func number(id int, name string, low, high int, p func(*Options) *int) Row {
	return Row{
		ID: id, Name: name, exact: true,
		set: func(o *Options, b []byte) errno.Errno {
			n, e := parseInt(b)
			if e == errno.OK && (n < low || n > high) {
				e = errno.EINVAL
			}
			if e == errno.OK {
				*p(o) = n
			}
			return e
		},
		get: func(o *Options, dst []byte) []byte { return AppendInt(dst, *p(o)) },
	}
}

// atLeast is an int of low or more.
func atLeast(id int, name string, low int, p func(*Options) *int) Row {
	return number(id, name, low, math.MaxInt32, p)
}

// millis is a time in ms of low or more; all that is negative means Forever.
func millis(id int, name string, low int, p func(*Options) *time.Duration) Row {
	var n int
	r := atLeast(id, name, low, func(*Options) *int { return &n })
	r.set = func(o *Options, b []byte) errno.Errno {
		n, e := parseInt(b)
		switch {
		case e != errno.OK || n < low:
			return errno.EINVAL
		case n < 0:
			*p(o) = Forever
		default:
			*p(o) = time.Duration(n) * time.Millisecond
		}
		return errno.OK
	}
	r.get = func(o *Options, dst []byte) []byte { return AppendInt(dst, wholeMillis(*p(o))) }
	return r
}

// wholeMillis is d as libzmq counts it, at least 1 where there is something.
func wholeMillis(d time.Duration) int {
	if d < 0 {
		return -1
	}
	return int(min((d+time.Millisecond-1)/time.Millisecond, math.MaxInt32))
}

// truth says which ints count as true.
type truth uint8

const (
	strict   truth = iota // 0 and 1
	positive              // anything but 0, no negative ones
	anyInt                // anything but 0
)

// flag is an int as a bool.
func flag(id int, name string, t truth, p func(*Options) *bool) Row {
	return Row{
		ID: id, Name: name, exact: true,
		set: func(o *Options, b []byte) errno.Errno {
			n, e := parseInt(b)
			if e != errno.OK || t == strict && n != 0 && n != 1 || t == positive && n < 0 {
				return errno.EINVAL
			}
			*p(o) = n != 0
			return errno.OK
		},
		get: func(o *Options, dst []byte) []byte {
			if *p(o) {
				return AppendInt(dst, 1)
			}
			return AppendInt(dst, 0)
		},
	}
}

// binaryText is any bytes of a length between low and high; the value is kept in
// a copy.
func binaryText(id int, name string, low, high int, p func(*Options) *[]byte) Row {
	return Row{
		ID: id, Name: name,
		set: func(o *Options, b []byte) errno.Errno {
			if len(b) < low || len(b) > high {
				return errno.EINVAL
			}
			*p(o) = append([]byte(nil), b...)
			return errno.OK
		},
		get: func(o *Options, dst []byte) []byte { return append(dst, *p(o)...) },
	}
}

// text is a string of a length between low and high; getting it adds a NUL, as
// with libzmq.
func text(id int, name string, low, high int, p func(*Options) *string) Row {
	return Row{
		ID: id, Name: name, text: true,
		set: func(o *Options, b []byte) errno.Errno {
			if len(b) < low || len(b) > high {
				return errno.EINVAL
			}
			*p(o) = string(b)
			return errno.OK
		},
		get: func(o *Options, dst []byte) []byte { return append(append(dst, *p(o)...), 0) },
	}
}

// only restricts who accepts a row.
func (r Row) only(types ...int) Row {
	r.types = 0
	for _, t := range types {
		r.types |= 1 << t
	}
	return r
}

// mute makes a row that cannot be got.
func (r Row) mute() Row {
	r.get = nil
	return r
}

// then adds what setting does besides.
func (r Row) then(f func(o *Options)) Row {
	set := r.set
	r.set = func(o *Options, b []byte) errno.Errno {
		e := set(o, b)
		if e == errno.OK {
			f(o)
		}
		return e
	}
	return r
}
