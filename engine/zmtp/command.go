// SPDX-License-Identifier: MPL-2.0

package zmtp

import "encoding/binary"

// The names of the commands (RFC 23, RFC 37; JOIN and LEAVE as libzmq has them).
const (
	CommandReady     = "READY"
	CommandError     = "ERROR"
	CommandSubscribe = "SUBSCRIBE"
	CommandCancel    = "CANCEL"
	CommandPing      = "PING"
	CommandPong      = "PONG"
	CommandJoin      = "JOIN"
	CommandLeave     = "LEAVE"
)

// PingContextBytesMax is how much context a PING has, and how much of a longer
// one is answered.
const PingContextBytesMax = 16

const pingTTLSize = 2

// AppendName appends the name that a command begins with, at most 255 bytes.
func AppendName(dst []byte, name string) []byte {
	return append(append(dst, byte(len(name))), name...)
}

// ParseCommand takes the body of a command frame apart.
func ParseCommand(body []byte) (name, payload []byte, err error) {
	if len(body) == 0 || body[0] == 0 || len(body)-1 < int(body[0]) {
		return nil, nil, fault(ErrorMalformedCommandUnspecified, "a command without a whole name")
	}
	n := 1 + int(body[0])
	return body[1:n], body[n:], nil
}

// AppendSubscribe appends the body of SUBSCRIBE.
func AppendSubscribe(dst, topic []byte) []byte {
	return append(AppendName(dst, CommandSubscribe), topic...)
}

// AppendCancel appends the body of CANCEL.
func AppendCancel(dst, topic []byte) []byte {
	return append(AppendName(dst, CommandCancel), topic...)
}

// AppendJoin appends the body of JOIN.
func AppendJoin(dst []byte, group string) []byte {
	return append(AppendName(dst, CommandJoin), group...)
}

// AppendLeave appends the body of LEAVE.
func AppendLeave(dst []byte, group string) []byte {
	return append(AppendName(dst, CommandLeave), group...)
}

// AppendPing appends the body of PING. ttl is in tenths of a second; the context
// is cut at PingContextBytesMax.
func AppendPing(dst []byte, ttl uint16, context []byte) []byte {
	dst = binary.BigEndian.AppendUint16(AppendName(dst, CommandPing), ttl)
	return append(dst, context[:min(len(context), PingContextBytesMax)]...)
}

// ParsePing reads what follows the name in PING. A context that is too long is
// cut, as libzmq does when it answers.
func ParsePing(payload []byte) (ttl uint16, context []byte, err error) {
	if len(payload) < pingTTLSize {
		return 0, nil, fault(ErrorMalformedCommandUnspecified, "a PING of %d bytes", len(payload))
	}
	context = payload[pingTTLSize:]
	return binary.BigEndian.Uint16(payload), context[:min(len(context), PingContextBytesMax)], nil
}

// AppendPong appends the body of PONG, which echoes the context.
func AppendPong(dst, context []byte) []byte {
	return append(AppendName(dst, CommandPong), context[:min(len(context), PingContextBytesMax)]...)
}

// AppendError appends the body of ERROR; the reason is cut at 255 bytes.
func AppendError(dst []byte, reason string) []byte {
	return AppendName(AppendName(dst, CommandError), reason[:min(len(reason), 255)])
}

// ParseError reads the reason that follows the name in ERROR.
func ParseError(payload []byte) (reason []byte, err error) {
	if len(payload) == 0 || len(payload)-1 < int(payload[0]) {
		return nil, fault(ErrorMalformedCommandError, "an ERROR without a whole reason")
	}
	return payload[1 : 1+int(payload[0])], nil
}
