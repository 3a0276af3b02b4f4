// SPDX-License-Identifier: MPL-2.0

// Previous: dial.go. Next: pump.go takes the connection over.

package transport

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"syscall"
	"time"
)

// The numbers of RFC 1928 and RFC 1929.
const (
	socksVersion         = 5
	socksNoAuth          = 0
	socksPassword        = 2
	socksNoMethod        = 0xff
	socksPasswordVersion = 1
	socksConnect         = 1
	socksIPv4            = 1
	socksName            = 3
	socksIPv6            = 4
)

// socksTextBytesMax is the longest name, user and password: they have one byte of
// length.
const socksTextBytesMax = 255

// socksPatience is how long a proxy may take to connect us.
const socksPatience = 30 * time.Second

// dialSocks connects to addr through the SOCKS5 proxy of the options (libzmq
// socks_connecter_t). Names are the proxy's to resolve.
func dialSocks(ctx context.Context, addr string, o *Options) (net.Conn, error) {
	parsed, errno := parseTCPConnect(addr)
	if errno != 0 {
		return nil, errno
	}
	var source *hostPort
	if parsed.hasSource {
		source = &parsed.source
	}
	conn, err := dialProxy(ctx, source, o)
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return nil, syscall.EINVAL
	}
	free := bounded(ctx, conn, socksPatience)
	err = askSocks(conn, parsed.target, o.SocksUsername, o.SocksPassword)
	if ended := free(); err == nil {
		err = ended
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// askSocks has the proxy at the other end of conn connect to a target. It reads
// not one byte more than the proxy's answers. Errors: EACCES for a proxy that does
// not let us in, EPROTO for one that does not speak SOCKS5, what the proxy says of
// the target, and conn's.
func askSocks(conn io.ReadWriter, target hostPort, user, password string) error {
	request, errno := socksRequest(target)
	if errno != 0 {
		return errno
	}
	if err := greetSocks(conn, user, password); err != nil {
		return err
	}
	if _, err := conn.Write(request); err != nil {
		return err
	}
	return readSocksReply(conn)
}

// greetSocks agrees with the proxy on how to authenticate, and does it. A user
// name, or a password, offers that method too.
func greetSocks(conn io.ReadWriter, user, password string) error {
	greeting := []byte{socksVersion, 1, socksNoAuth}
	named := user != "" || password != ""
	if named {
		greeting = []byte{socksVersion, 2, socksNoAuth, socksPassword}
	}
	if _, err := conn.Write(greeting); err != nil {
		return err
	}
	var choice [2]byte
	if _, err := io.ReadFull(conn, choice[:]); err != nil {
		return err
	}
	switch {
	case choice[0] != socksVersion:
		return syscall.EPROTO
	case choice[1] == socksNoAuth:
		return nil
	case choice[1] == socksPassword && named:
		return logIn(conn, user, password)
	case choice[1] == socksNoMethod:
		return syscall.EACCES
	}
	return syscall.EPROTO
}

// logIn is the sub-negotiation of RFC 1929.
func logIn(conn io.ReadWriter, user, password string) error {
	if len(user) > socksTextBytesMax || len(password) > socksTextBytesMax {
		return syscall.EINVAL
	}
	b := []byte{socksPasswordVersion, byte(len(user))}
	b = append(b, user...)
	b = append(b, byte(len(password)))
	b = append(b, password...)
	if _, err := conn.Write(b); err != nil {
		return err
	}
	var status [2]byte
	if _, err := io.ReadFull(conn, status[:]); err != nil {
		return err
	}
	if status[0] != socksPasswordVersion {
		return syscall.EPROTO
	}
	if status[1] != 0 {
		return syscall.EACCES
	}
	return nil
}

// socksRequest asks to connect: a numeric address as it is, without its zone, and
// anything else as a name.
func socksRequest(target hostPort) ([]byte, syscall.Errno) {
	b := []byte{socksVersion, socksConnect, 0}
	a, numeric := target.literal()
	switch {
	case numeric && a.Is4():
		b = append(b, socksIPv4)
		b = append(b, a.AsSlice()...)
	case numeric:
		b = append(b, socksIPv6)
		b = append(b, a.AsSlice()...)
	case len(target.host) > socksTextBytesMax:
		return nil, syscall.EINVAL
	default:
		b = append(b, socksName, byte(len(target.host)))
		b = append(b, target.host...)
	}
	return binary.BigEndian.AppendUint16(b, target.port), 0
}

// readSocksReply reads the proxy's answer, whose address does not matter.
func readSocksReply(conn io.Reader) error {
	var b [4 + 1 + socksTextBytesMax + 2]byte // a header, a length, the longest name, a port
	if _, err := io.ReadFull(conn, b[:4]); err != nil {
		return err
	}
	if b[0] != socksVersion {
		return syscall.EPROTO
	}
	if b[1] != 0 {
		return socksErrno(b[1])
	}
	rest := 2
	switch b[3] {
	case socksIPv4:
		rest += net.IPv4len
	case socksIPv6:
		rest += net.IPv6len
	case socksName:
		if _, err := io.ReadFull(conn, b[4:5]); err != nil {
			return err
		}
		rest += int(b[4])
	default:
		return syscall.EPROTO
	}
	_, err := io.ReadFull(conn, b[:rest])
	return err
}

// socksErrno is what a reply of RFC 1928, section 6, means here.
func socksErrno(reply byte) syscall.Errno {
	switch reply {
	case 2:
		return syscall.EACCES
	case 3:
		return syscall.ENETUNREACH
	case 4:
		return syscall.EHOSTUNREACH
	case 5:
		return syscall.ECONNREFUSED
	case 6:
		return syscall.ETIMEDOUT
	case 7:
		return syscall.EOPNOTSUPP
	case 8:
		return syscall.EAFNOSUPPORT
	}
	return syscall.EPROTO
}
