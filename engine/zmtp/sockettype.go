// SPDX-License-Identifier: MPL-2.0

package zmtp

// socketType is what the handshake knows of a type of socket.
type socketType struct {
	name  string
	peers []string // types that it may talk to
}

// socketTypes is indexed by libzmq's numbers (libzmq
// mechanism_t::check_socket_type).
var socketTypes = [...]socketType{
	0:  {"PAIR", []string{"PAIR"}},
	1:  {"PUB", []string{"SUB", "XSUB"}},
	2:  {"SUB", []string{"PUB", "XPUB"}},
	3:  {"REQ", []string{"REP", "ROUTER"}},
	4:  {"REP", []string{"REQ", "DEALER"}},
	5:  {"DEALER", []string{"REP", "DEALER", "ROUTER"}},
	6:  {"ROUTER", []string{"REQ", "DEALER", "ROUTER"}},
	7:  {"PULL", []string{"PUSH"}},
	8:  {"PUSH", []string{"PULL"}},
	9:  {"XPUB", []string{"SUB", "XSUB"}},
	10: {"XSUB", []string{"PUB", "XPUB"}},
	11: {"STREAM", nil},
	12: {"SERVER", []string{"CLIENT"}},
	13: {"CLIENT", []string{"SERVER"}},
	14: {"RADIO", []string{"DISH"}},
	15: {"DISH", []string{"RADIO"}},
	16: {"GATHER", []string{"SCATTER"}},
	17: {"SCATTER", []string{"GATHER"}},
	18: {"DGRAM", nil},
	19: {"PEER", []string{"PEER"}},
	20: {"CHANNEL", []string{"CHANNEL"}},
}

// SocketTypeName returns the value of Socket-Type for a socket type's number, or
// "" for a number that is none.
func SocketTypeName(number int) string {
	if number < 0 || number >= len(socketTypes) {
		return ""
	}
	return socketTypes[number].name
}

// Compatible reports whether a socket of our type may talk to one of the peer's.
func Compatible(own int, peer string) bool {
	if own < 0 || own >= len(socketTypes) {
		return false
	}
	for _, name := range socketTypes[own].peers {
		if name == peer {
			return true
		}
	}
	return false
}
