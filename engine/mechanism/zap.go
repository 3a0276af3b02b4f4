// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"strconv"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/option"
)

// ZAP, the protocol between a server and its authenticator (RFC 27, libzmq
// zap_client_t). Only the frames; the socket carries them.

const (
	zapVersion   = "1.0"
	zapRequestID = "1"
	// ZAPReplyFrames is how many frames a reply has, the delimiter included.
	ZAPReplyFrames = 7
	// ZAPEndpoint is the inproc name that a handler binds.
	ZAPEndpoint = "zeromq.zap.01"
)

// Verdict is an authenticator's answer.
type Verdict struct {
	Status     int    // 200, 300, 400 or 500
	Reason     string // of a refusal, for events and logs
	UserID     string
	Properties []zmtp.Property // of the peer's messages
}

// Accepted reports whether the peer may come in.
func (v *Verdict) Accepted() bool { return v.Status == statusAccepted }

// ZAPRequest returns the frames of a request, the empty delimiter first.
func ZAPRequest(r *option.AuthRequest) [][]byte {
	frames := [][]byte{
		nil, []byte(zapVersion), []byte(zapRequestID), []byte(r.Domain), []byte(r.Address),
		r.RoutingID, []byte(r.Mechanism),
	}
	return append(frames, r.Credentials()...)
}

// ParseZAPReply reads a reply of ZAPReplyFrames frames for a socket of type own.
// The errors are *zmtp.ProtocolError, in the order in which libzmq looks (edge
// cases 59, 60).
func ParseZAPReply(own int, frames [][]byte) (v Verdict, err error) {
	switch {
	case len(frames) != ZAPReplyFrames:
		return v, zapFault(zmtp.ErrorZAPMalformedReply, strconv.Itoa(len(frames))+" frames")
	case len(frames[0]) != 0:
		return v, zapFault(zmtp.ErrorZAPUnspecified, "no empty delimiter")
	case string(frames[1]) != zapVersion:
		return v, zapFault(zmtp.ErrorZAPBadVersion, "version "+quote(frames[1]))
	case string(frames[2]) != zapRequestID:
		return v, zapFault(zmtp.ErrorZAPBadRequestID, "request id "+quote(frames[2]))
	}
	switch string(frames[3]) {
	case "200", "300", "400", "500":
		v.Status = 100 * int(frames[3][0]-'0')
	default:
		return v, zapFault(zmtp.ErrorZAPInvalidStatusCode, "status "+quote(frames[3]))
	}
	var told Peer
	if err := told.learn(own, frames[6]); err != nil {
		return Verdict{}, zapFault(zmtp.ErrorZAPInvalidMetadata, err.Error())
	}
	v.Reason, v.UserID, v.Properties = string(frames[4]), string(frames[5]), told.Properties
	return v, nil
}

func zapFault(code uint32, what string) error {
	return &zmtp.ProtocolError{Code: code, Msg: "the authenticator's reply: " + what}
}
