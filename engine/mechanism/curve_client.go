// SPDX-License-Identifier: MPL-2.0

package mechanism

import (
	"crypto/rand"
	"encoding/binary"

	"golang.org/x/crypto/nacl/box"
)

// CurveKeys are the long-term keys that one side of CURVE knows.
type CurveKeys struct {
	Public, Secret [keySize]byte // its own; a server's public key is not looked at
	Server         [keySize]byte // a client's: the server's public key
}

// clientState is where a client stands, in this order.
type clientState uint8

const (
	clientSendHello clientState = iota
	clientAwaitWelcome
	clientSendInitiate
	clientAwaitReady
	clientReady
	clientRefused
)

// CurveClient is the client's side of CURVE (libzmq curve_client_t).
type CurveClient struct {
	curve
	state  clientState
	keys   CurveKeys
	public [keySize]byte // C'
	secret [keySize]byte // c'
	hello  [keySize]byte // the key of HELLO and WELCOME
	server [keySize]byte // S'
	cookie [cookieSize]byte
}

// NewCurveClient returns a handshake that has not begun.
func NewCurveClient(l Local, keys CurveKeys) *CurveClient {
	return &CurveClient{curve: curve{local: l, random: rand.Reader}, keys: keys}
}

// Next appends HELLO, later INITIATE.
func (c *CurveClient) Next(dst []byte) ([]byte, bool) {
	switch c.state {
	case clientSendHello:
		c.state = clientAwaitWelcome
		return c.appendHello(dst), true
	case clientSendInitiate:
		c.state = clientAwaitReady
		return c.appendInitiate(dst), true
	}
	return dst, false
}

func (c *CurveClient) appendHello(dst []byte) []byte {
	c.newKeys(&c.public, &c.secret)
	// A server key with which there is no secret is refused by who configures it.
	precompute(&c.hello, &c.keys.Server, &c.secret)
	dst = append(append(dst, helloName...), 1, 0)
	dst = append(dst, make([]byte, helloPaddingSize)...)
	dst = append(dst, c.public[:]...)
	dst, nonce := c.nextShort(dst, nonceHello)
	return box.SealAfterPrecomputation(dst, make([]byte, helloZerosSize), &nonce, &c.hello)
}

// appendInitiate shows the server, which can open the cookie only if it made it,
// who we are: the vouch is made with c, and names C' and S, so that nobody else
// can use it for another connection.
func (c *CurveClient) appendInitiate(dst []byte) []byte {
	var shared [keySize]byte
	precompute(&shared, &c.server, &c.keys.Secret)
	defer clear(shared[:])
	plain := append([]byte(nil), c.keys.Public[:]...)
	plain = grow(plain, longNonceSize)
	c.read(plain[keySize:])
	nonce := longNonce(nonceVouch, plain[keySize:])
	vouch := append(append([]byte(nil), c.public[:]...), c.keys.Server[:]...)
	plain = box.SealAfterPrecomputation(plain, vouch, &nonce, &shared)
	plain = c.local.basic(plain)

	precompute(&shared, &c.server, &c.secret)
	c.establish(&shared, nonceClient, nonceServer)
	dst = append(append(dst, initiateName...), c.cookie[:]...)
	dst, nonce = c.nextShort(dst, nonceInitiate)
	dst = box.SealAfterPrecomputation(dst, plain, &nonce, &shared)
	c.hello = shared // from here on the key of READY
	c.secret, c.keys.Secret = [keySize]byte{}, [keySize]byte{}
	return dst
}

// Process takes WELCOME, READY or ERROR.
func (c *CurveClient) Process(body []byte) error {
	switch {
	case (c.state == clientAwaitWelcome || c.state == clientAwaitReady) && named(body, "\x05ERROR"):
		c.state = clientRefused
		return refusal(body[len("\x05ERROR"):])
	case c.state == clientAwaitWelcome:
		return c.processWelcome(body)
	case c.state == clientAwaitReady:
		return c.processReady(body)
	}
	return strange(body)
}

func (c *CurveClient) processWelcome(body []byte) error {
	w, err := parseCurveWelcome(body)
	if err != nil {
		return err
	}
	nonce := longNonce(nonceWelcome, w.nonce)
	plain, ok := box.OpenAfterPrecomputation(nil, w.sealed, &nonce, &c.hello)
	if !ok {
		return forged("WELCOME")
	}
	copy(c.server[:], plain)
	copy(c.cookie[:], plain[keySize:])
	var probe [keySize]byte
	if !precompute(&probe, &c.server, &c.secret) {
		return forged("WELCOME")
	}
	c.state = clientSendInitiate
	return nil
}

func (c *CurveClient) processReady(body []byte) error {
	r, err := parseCurveReady(body)
	if err != nil {
		return err
	}
	short := binary.BigEndian.Uint64(r.short)
	nonce := shortNonce(nonceReady, short)
	plain, ok := box.OpenAfterPrecomputation(nil, r.sealed, &nonce, &c.hello)
	if !ok {
		return forged("READY")
	}
	clear(c.hello[:])
	c.in.short = short
	c.state = clientReady
	return c.peer.learn(c.local.Type, plain)
}

// Status implements Mechanism.
func (c *CurveClient) Status() Status {
	switch c.state {
	case clientReady:
		return Ready
	case clientRefused:
		return Refused
	}
	return Handshaking
}

// Wipe implements Wiper.
func (c *CurveClient) Wipe() {
	c.wipe()
	c.keys, c.secret, c.hello = CurveKeys{}, [keySize]byte{}, [keySize]byte{}
}

var _ Codec = (*CurveClient)(nil)
