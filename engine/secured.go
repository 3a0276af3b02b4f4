// SPDX-License-Identifier: MPL-2.0

// The part of the slow lane where a mechanism encodes the frames.
// Previous: slow.go (drainFrames, frame). Next: engine/mechanism (Decode, Encode).

package engine

import (
	"errors"

	"github.com/zeroloop/zmq/engine/mechanism"
	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/buf"
	"github.com/zeroloop/zmq/internal/msg"
)

// pushSecured decodes one frame and hands it over: a large body into memory of
// its own, a small one in its place.
func (e *Stream) pushSecured(f zmtp.Frame) error {
	if f.Flags != 0 {
		return e.undecodable(&zmtp.ProtocolError{Code: zmtp.ErrorUnspecified, Msg: "flags outside of an encoded frame"})
	}
	size := len(f.Body) - e.codec.Overhead()
	if size < msg.RefBytesMin {
		flags, body, err := e.codec.Decode(nil, f.Body)
		if err != nil {
			return e.undecodable(err)
		}
		_, err = e.push(zmtp.Frame{Flags: flags, Body: body})
		return err
	}
	body := buf.NewBody(size)
	flags, data, err := e.codec.Decode(body.Bytes(), f.Body)
	if err == nil && flags&zmtp.FlagCommand == 0 {
		return e.pushBody(flags, body)
	}
	if err == nil {
		_, err = e.push(zmtp.Frame{Flags: flags, Body: data})
	} else {
		err = e.undecodable(err)
	}
	body.Release()
	return err
}

// pushBody hands over a body that nobody else has. It takes over the reference.
func (e *Stream) pushBody(flags byte, body *buf.Body) error {
	p := msg.Part{Data: body.Bytes(), Body: body, Flags: flags & zmtp.FlagMore}
	err := e.in.envelope.frame(flags, uint64(len(p.Data)))
	if err == nil {
		e.pipe.Write(&p)
	}
	p.Drop()
	return err
}

// undecodable reports a frame that the peer cannot have made so: the connection
// ends, with an event as if it had not begun (libzmq
// curve_mechanism_base_t::check_validity).
func (e *Stream) undecodable(err error) error {
	var proto *zmtp.ProtocolError
	if errors.As(err, &proto) {
		e.event(EventHandshakeFailedProtocol, int64(proto.Code), &Error{Reason: ProtocolBroken, Remote: e.remote, Err: err})
	}
	return err
}

// frameSecured appends one part in the mechanism's encoding. A subscription is a
// command in there, or a message where the peer speaks ZMTP 3.0 (edge case 31).
func (e *Stream) frameSecured(dst []byte, f *msg.Part) []byte {
	switch {
	case f.Flags&msg.Subscribe != 0 && e.version == zmtp.V3_1:
		return appendSecured(dst, e.codec, zmtp.FlagCommand, zmtp.AppendSubscribe(nil, f.Data[1:]))
	case f.Flags&msg.Cancel != 0 && e.version == zmtp.V3_1:
		return appendSecured(dst, e.codec, zmtp.FlagCommand, zmtp.AppendCancel(nil, f.Data[1:]))
	case f.Flags&msg.Join != 0:
		return appendSecured(dst, e.codec, zmtp.FlagCommand, zmtp.AppendJoin(nil, string(f.Data)))
	case f.Flags&msg.Leave != 0:
		return appendSecured(dst, e.codec, zmtp.FlagCommand, zmtp.AppendLeave(nil, string(f.Data)))
	}
	return appendSecured(dst, e.codec, f.Flags&(msg.More|msg.Command), f.Data)
}

func appendSecured(dst []byte, c mechanism.Codec, flags byte, body []byte) []byte {
	return c.Encode(zmtp.AppendHeader(dst, 0, c.Overhead()+len(body)), flags, body)
}

// sendCommand sends a command between messages: queued as it is, and, where
// frames are encoded, encoded only when it is its turn, as the order of encoding
// is that of the wire. Runs on the loop.
func (e *Stream) sendCommand(body []byte) {
	if e.codec == nil {
		e.sendBytes(appendCommand(nil, body))
		return
	}
	e.ctlMu.Lock()
	if len(e.ctlPlain)+len(body) <= ctlBytesMax {
		e.ctlPlain = appendCommand(e.ctlPlain, body)
		e.ctlReady.Store(true)
	}
	e.ctlMu.Unlock()
	e.tryOut()
}

// encodeCommands appends queued commands in the mechanism's encoding. Runs on the
// holder.
func (e *Stream) encodeCommands(dst, plain []byte) []byte {
	for len(plain) > 0 {
		flags, size, n := zmtp.ParseHeader(plain)
		end := n + int(size)
		dst = appendSecured(dst, e.codec, flags&zmtp.FlagCommand, plain[n:end])
		plain = plain[end:]
	}
	return dst
}

// wipe forgets the mechanism's keys. Called when nobody en- or decodes any more.
func (e *Stream) wipe() {
	if w, ok := e.mech.(mechanism.Wiper); ok {
		w.Wipe()
	}
}
