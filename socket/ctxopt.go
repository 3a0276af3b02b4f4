// SPDX-License-Identifier: MPL-2.0

// Context options by number, for those who port.

package socket

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
)

const (
	// threadNameBytesMax is the longest THREAD_NAME_PREFIX.
	threadNameBytesMax = 16
	// msgTSizeBytes is what MSG_T_SIZE answers: the size of C's zmq_msg_t.
	msgTSizeBytes = 64
	// cpusMax bounds the numbers of THREAD_AFFINITY_CPU_ADD, CPU_SETSIZE.
	cpusMax = 1024
)

// stored are context options that are kept and answered and do nothing else:
// loops are goroutines, so there is no thread to name, pin or rank. Guarded by
// Ctx.mu.
type stored struct {
	maxMsgSize  int
	schedPolicy int
	priority    int
	namePrefix  string
	cpus        []int
	zeroCopy    bool
}

// SetOpt sets a context option by its number in zmq.h (zmq_ctx_set and, for
// strings, zmq_ctx_set_ext): an int of 4 bytes in the machine's order; for
// THREAD_NAME_PREFIX also a string. EINVAL for anything else. Safe from any
// goroutine.
func (c *Ctx) SetOpt(id int, value []byte) error {
	if id == option.CtxThreadNamePrefixID {
		return c.setNamePrefix(value)
	}
	if len(value) != 4 {
		return errno.EINVAL
	}
	n := int(int32(binary.NativeEndian.Uint32(value)))
	switch id {
	case option.CtxIOThreadsID:
		return c.SetIOThreads(n)
	case option.CtxMaxSocketsID:
		return c.SetMaxSockets(n)
	case option.CtxMaxMsgSizeID:
		return c.SetMaxMsgSize(n)
	case option.CtxIPv6ID, option.CtxBlockyID, option.CtxZeroCopyRecvID:
		return c.setSwitch(id, n)
	}
	return c.setThread(id, n)
}

// setSwitch sets what is 0 or 1.
func (c *Ctx) setSwitch(id, n int) error {
	if n < 0 {
		return errno.EINVAL
	}
	switch id {
	case option.CtxIPv6ID:
		c.SetIPv6(n != 0)
	case option.CtxBlockyID:
		c.SetBlocky(n != 0)
	default:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stored.zeroCopy = n != 0
	}
	return nil
}

// setThread keeps what would concern threads.
func (c *Ctx) setThread(id, n int) error {
	if n < 0 {
		return errno.EINVAL
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.stored
	switch id {
	case option.CtxThreadPriorityID:
		s.priority = n
	case option.CtxThreadSchedPolicyID:
		s.schedPolicy = n
	case option.CtxAffinityAddID:
		if n >= cpusMax {
			return errno.EINVAL
		}
		if !slices.Contains(s.cpus, n) {
			s.cpus = append(s.cpus, n)
		}
	case option.CtxAffinityRemoveID:
		at := slices.Index(s.cpus, n)
		if at < 0 {
			return errno.EINVAL
		}
		s.cpus = slices.Delete(s.cpus, at, at+1)
	default:
		return errno.EINVAL
	}
	return nil
}

// SetMaxMsgSize keeps MAX_MSGSZ, in bytes. Like libzmq nothing looks at it;
// MAXMSGSIZE is the limit of a socket.
func (c *Ctx) SetMaxMsgSize(bytes int) error {
	if bytes < 0 {
		return errno.EINVAL
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stored.maxMsgSize = bytes
	return nil
}

// setNamePrefix keeps a name of 1 to 16 bytes, or an int as its decimal digits.
func (c *Ctx) setNamePrefix(value []byte) error {
	if len(value) == 0 || len(value) > threadNameBytesMax {
		return errno.EINVAL
	}
	prefix := string(value)
	if len(value) == 4 {
		n := int32(binary.NativeEndian.Uint32(value))
		if n < 1<<24 { // four letters are no small number
			prefix = strconv.Itoa(int(n))
		}
	}
	return c.SetThreadNamePrefix(prefix)
}

// SetThreadNamePrefix keeps THREAD_NAME_PREFIX, 1 to 16 bytes.
func (c *Ctx) SetThreadNamePrefix(prefix string) error {
	if prefix == "" || len(prefix) > threadNameBytesMax {
		return errno.EINVAL
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stored.namePrefix = prefix
	return nil
}

// GetOpt writes a context option's value into buf and returns its size: an int
// of 4 bytes, or THREAD_NAME_PREFIX as a string with its NUL, where buf is larger
// than an int (zmq_ctx_get, zmq_ctx_get_ext). EINVAL where there is no such option
// or buf does not fit. Safe from any goroutine.
func (c *Ctx) GetOpt(id int, buf []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id == option.CtxThreadNamePrefixID && len(buf) != 4 {
		n, e := option.Fill(buf, append([]byte(c.stored.namePrefix), 0))
		return n, e.Err()
	}
	n, ok := c.number(id)
	if !ok || len(buf) != 4 {
		return 0, errno.EINVAL
	}
	size, e := option.Fill(buf, option.AppendInt(nil, n))
	return size, e.Err()
}

// number returns an option that is an int.
//
// +checklocks:c.mu
func (c *Ctx) number(id int) (int, bool) {
	switch id {
	case option.CtxIOThreadsID:
		return c.ioThreads, true
	case option.CtxMaxSocketsID:
		return c.maxSockets, true
	case option.CtxSocketLimitID:
		return SocketsMax, true
	case option.CtxThreadSchedPolicyID:
		return c.stored.schedPolicy, true
	case option.CtxMaxMsgSizeID:
		return c.stored.maxMsgSize, true
	case option.CtxMsgTSizeID:
		return msgTSizeBytes, true
	case option.CtxThreadNamePrefixID:
		n, _ := strconv.Atoi(c.stored.namePrefix) // 0 for what is none, as with libzmq
		return n, true
	case option.CtxIPv6ID:
		return asInt(c.ipv6), true
	case option.CtxBlockyID:
		return asInt(c.blocky), true
	case option.CtxZeroCopyRecvID:
		return asInt(c.stored.zeroCopy), true
	}
	return 0, false
}

func asInt(on bool) int {
	if on {
		return 1
	}
	return 0
}

// storedDefaults are what a new context answers.
func storedDefaults() stored {
	return stored{maxMsgSize: math.MaxInt32, schedPolicy: -1, priority: -1, zeroCopy: true}
}
