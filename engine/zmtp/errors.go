// SPDX-License-Identifier: MPL-2.0

package zmtp

import "fmt"

// ProtocolError says what a peer did that the protocol does not allow. Code is
// one of the constants below, the value of a HANDSHAKE_FAILED_PROTOCOL event.
type ProtocolError struct {
	Code uint32
	Msg  string
}

// Error returns the fault in words.
func (e *ProtocolError) Error() string { return "zmtp: " + e.Msg }

// The faults, with the values of libzmq's ZMQ_PROTOCOL_ERROR_ constants.
const (
	ErrorUnspecified                 = 0x10000000
	ErrorUnexpectedCommand           = 0x10000001
	ErrorInvalidSequence             = 0x10000002
	ErrorKeyExchange                 = 0x10000003
	ErrorMalformedCommandUnspecified = 0x10000011
	ErrorMalformedCommandMessage     = 0x10000012
	ErrorMalformedCommandHello       = 0x10000013
	ErrorMalformedCommandInitiate    = 0x10000014
	ErrorMalformedCommandError       = 0x10000015
	ErrorMalformedCommandReady       = 0x10000016
	ErrorMalformedCommandWelcome     = 0x10000017
	ErrorInvalidMetadata             = 0x10000018
	ErrorCryptographic               = 0x11000001
	ErrorMechanismMismatch           = 0x11000002
	ErrorZAPUnspecified              = 0x20000000
	ErrorZAPMalformedReply           = 0x20000001
	ErrorZAPBadRequestID             = 0x20000002
	ErrorZAPBadVersion               = 0x20000003
	ErrorZAPInvalidStatusCode        = 0x20000004
	ErrorZAPInvalidMetadata          = 0x20000005
	ErrorWSUnspecified               = 0x30000000
)

func fault(code uint32, format string, args ...any) *ProtocolError {
	return &ProtocolError{Code: code, Msg: fmt.Sprintf(format, args...)}
}

// SizeError says that a frame is larger than its receiver allows (EMSGSIZE).
type SizeError struct {
	Size uint64 // bytes announced
	Max  uint64 // bytes allowed
}

// Error returns both sizes.
func (e *SizeError) Error() string {
	return fmt.Sprintf("zmtp: a frame of %d bytes where %d are allowed", e.Size, e.Max)
}
