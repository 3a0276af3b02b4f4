// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"

	"github.com/zeroloop/zmq/engine/zmtp"
	"github.com/zeroloop/zmq/internal/option"
	"golang.org/x/crypto/nacl/box"
	"golang.org/x/crypto/nacl/secretbox"
)

// serverState is where a server stands, in this order.
type serverState uint8

const (
	serverAwaitHello serverState = iota
	serverSendWelcome
	serverAwaitInitiate
	serverAsking
	serverSendReady
	serverReady

	serverSendError
	serverRefused
)

// CurveServer is the server's side of CURVE (libzmq curve_server_t). Between
// WELCOME and INITIATE it knows nothing of the client but the key of a cookie,
// which the client has to bring back.
type CurveServer struct {
	curve
	state  serverState
	asks   bool
	answer int
	secret [keySize]byte // s

	ephemeral [keySize]byte // C', between HELLO and WELCOME
	shared    [keySize]byte // then the key of WELCOME, later that of READY
	cookieKey [keySize]byte
	client    [keySize]byte // C, from INITIATE on
}

// NewCurveServer returns a handshake that has not begun. asks says that an
// authenticator is to be asked about the client's key.
func NewCurveServer(l Local, secret [keySize]byte, asks bool) *CurveServer {
	return &CurveServer{curve: curve{local: l, random: rand.Reader}, secret: secret, asks: asks}
}

// Next appends WELCOME, READY or ERROR.
func (s *CurveServer) Next(dst []byte) ([]byte, bool) {
	switch s.state {
	case serverSendWelcome:
		s.state = serverAwaitInitiate
		return s.appendWelcome(dst), true
	case serverSendReady:
		s.state = serverReady
		return s.appendReady(dst), true
	case serverSendError:
		s.state = serverRefused
		return answerCommand(dst, s.answer)
	}
	return dst, false
}

// Process takes HELLO and INITIATE.
func (s *CurveServer) Process(body []byte) error {
	switch s.state {
	case serverAwaitHello:
		return s.processHello(body)
	case serverAwaitInitiate:
		return s.processInitiate(body)
	case serverAsking:
		return early(body[:min(len(body), len(initiateName))])
	}
	return strange(body)
}

// processHello checks that the client knows S.
func (s *CurveServer) processHello(body []byte) error {
	h, err := parseCurveHello(body)
	if err != nil {
		return err
	}
	copy(s.ephemeral[:], h.client)
	if !precompute(&s.shared, &s.ephemeral, &s.secret) {
		return forged("HELLO")
	}
	short := binary.BigEndian.Uint64(h.short)
	nonce := shortNonce(nonceHello, short)
	var zeros [helloZerosSize]byte
	plain, ok := box.OpenAfterPrecomputation(nil, h.sealed, &nonce, &s.shared)
	if !ok || subtle.ConstantTimeCompare(plain, zeros[:]) == 0 {
		return forged("HELLO")
	}
	s.state = serverSendWelcome
	return nil
}

// appendWelcome makes the keys of the connection, gives them away in the cookie
// and forgets them.
func (s *CurveServer) appendWelcome(dst []byte) []byte {
	var public, secret [keySize]byte
	s.newKeys(&public, &secret)
	s.read(s.cookieKey[:])
	plain := grow(append([]byte(nil), public[:]...), longNonceSize)
	s.read(plain[keySize:])
	nonce := longNonce(nonceCookie, plain[keySize:])
	kept := append(append([]byte(nil), s.ephemeral[:]...), secret[:]...)
	plain = secretbox.Seal(plain, kept, &nonce, &s.cookieKey)

	dst = append(dst, welcomeName...)
	at := len(dst)
	dst = grow(dst, longNonceSize)
	s.read(dst[at:])
	nonce = longNonce(nonceWelcome, dst[at:])
	dst = box.SealAfterPrecomputation(dst, plain, &nonce, &s.shared)
	clear(kept)
	clear(secret[:])
	clear(s.ephemeral[:])
	clear(s.shared[:])
	return dst
}

// processInitiate opens the cookie, then with the keys in it the command, then
// with the client's long-term key the vouch.
func (s *CurveServer) processInitiate(body []byte) error {
	i, err := parseCurveInitiate(body)
	if err != nil {
		return err
	}
	nonce := longNonce(nonceCookie, i.cookieNonce)
	kept, ok := secretbox.Open(nil, i.cookie, &nonce, &s.cookieKey)
	clear(s.cookieKey[:])
	if !ok {
		return forged("cookie")
	}
	var public, secret [keySize]byte
	copy(public[:], kept)
	copy(secret[:], kept[keySize:])
	defer clear(secret[:])
	clear(kept)
	if !precompute(&s.shared, &public, &secret) {
		return forged("INITIATE")
	}
	short := binary.BigEndian.Uint64(i.short)
	nonce = shortNonce(nonceInitiate, short)
	plain, ok := box.OpenAfterPrecomputation(nil, i.sealed, &nonce, &s.shared)
	if !ok {
		return forged("INITIATE")
	}
	if err := s.checkVouch(plain, &public, &secret); err != nil {
		return err
	}
	s.in.short = short
	s.establish(&s.shared, nonceServer, nonceClient)
	s.state = serverSendReady
	if s.asks {
		s.state = serverAsking
	}
	return s.peer.learn(s.local.Type, plain[initiatePlain:])
}

// checkVouch checks that the owner of the long-term key in INITIATE means this
// connection and this server.
func (s *CurveServer) checkVouch(plain []byte, public, secret *[keySize]byte) error {
	copy(s.client[:], plain)
	var shared [keySize]byte
	defer clear(shared[:])
	usable := precompute(&shared, &s.client, secret)
	nonce := longNonce(nonceVouch, plain[keySize:keySize+longNonceSize])
	vouch, ok := box.OpenAfterPrecomputation(nil, plain[keySize+longNonceSize:initiatePlain], &nonce, &shared)
	if !usable || !ok {
		return forged("vouch")
	}
	own := CurvePublicOf(s.secret)
	if subtle.ConstantTimeCompare(vouch[:keySize], public[:])&subtle.ConstantTimeCompare(vouch[keySize:], own[:]) != 1 {
		return &zmtp.ProtocolError{Code: zmtp.ErrorKeyExchange, Msg: "a vouch for another connection or server"}
	}
	return nil
}

func (s *CurveServer) appendReady(dst []byte) []byte {
	dst, nonce := s.nextShort(append(dst, readyName...), nonceReady)
	dst = box.SealAfterPrecomputation(dst, s.local.basic(nil), &nonce, &s.shared)
	clear(s.shared[:])
	clear(s.secret[:])
	return dst
}

// Status implements Mechanism.
func (s *CurveServer) Status() Status {
	switch s.state {
	case serverAsking:
		return Authenticating
	case serverReady:
		return Ready
	case serverSendError, serverRefused:
		return Refused
	}
	return Handshaking
}

// Ask implements Server.
func (s *CurveServer) Ask(r *option.AuthRequest) { r.Mechanism, r.PublicKey = curveName, s.client }

// Answer implements Server.
func (s *CurveServer) Answer(status int) {
	s.answer = status
	switch {
	case s.state != serverAsking:
	case status == statusAccepted:
		s.state = serverSendReady
	case status == statusTemporary:
		s.state = serverRefused
	default:
		s.state = serverSendError
	}
}

// Wipe implements Wiper.
func (s *CurveServer) Wipe() {
	s.wipe()
	clear(s.secret[:])
	clear(s.shared[:])
	clear(s.cookieKey[:])
}

var (
	_ Codec  = (*CurveServer)(nil)
	_ Server = (*CurveServer)(nil)
)
