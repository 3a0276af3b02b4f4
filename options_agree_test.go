// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	zmq "github.com/zeroloop/zmq"
)

// sameOption is one option by name and by number in zmq.h with its value in C's form.
type sameOption struct {
	name   string
	option zmq.Option
	number int
	value  string
}

// sameInts are options that take a number, with values within and without the limits.
func sameInts() (same []sameOption) {
	add := func(name string, number int, o func(int) zmq.Option, values ...int) {
		for _, n := range values {
			same = append(same, sameOption{name, o(n), number, cInt(n)})
		}
	}
	ms := func(o func(time.Duration) zmq.Option) func(int) zmq.Option {
		return func(n int) zmq.Option { return o(time.Duration(n) * time.Millisecond) }
	}
	add("SNDHWM", 23, zmq.WithSendHWM, 0, 5, -1)
	add("RCVHWM", 24, zmq.WithRecvHWM, 0, 5, -1)
	add("LINGER", 17, ms(zmq.WithLinger), 0, 7, -1)
	add("SNDTIMEO", 28, ms(zmq.WithSendTimeout), 0, 7, -1)
	add("RCVTIMEO", 27, ms(zmq.WithRecvTimeout), 0, 7, -1)
	add("RECONNECT_IVL", 18, ms(zmq.WithReconnectInterval), 0, 7, -1)
	add("RECONNECT_IVL_MAX", 21, ms(zmq.WithReconnectIntervalMax), 0, 7, -1)
	add("HANDSHAKE_IVL", 66, ms(zmq.WithHandshakeInterval), 0, 7, -1)
	add("CONNECT_TIMEOUT", 79, ms(zmq.WithConnectTimeout), 0, 7, -1)
	add("HEARTBEAT_IVL", 75, ms(zmq.WithHeartbeatInterval), 0, 7, -1)
	add("HEARTBEAT_TIMEOUT", 77, ms(zmq.WithHeartbeatTimeout), 0, 7)
	add("HEARTBEAT_TTL", 76, ms(zmq.WithHeartbeatTTL), 0, 99, 100, 6553599, 6553600, -1)
	add("BACKLOG", 19, zmq.WithBacklog, 0, 7, -1)
	add("SNDBUF", 11, zmq.WithSendBuffer, 0, 7, -1, -2)
	add("RCVBUF", 12, zmq.WithRecvBuffer, 0, 7, -1, -2)
	add("TOS", 57, zmq.WithTOS, 0, 7, -1)
	add("TCP_KEEPALIVE", 34, zmq.WithTCPKeepalive, -1, 0, 1, 2, -2)
	add("TCP_KEEPALIVE_CNT", 35, zmq.WithTCPKeepaliveCount, -1, 7, -2)
	add("TCP_KEEPALIVE_IDLE", 36, zmq.WithTCPKeepaliveIdle, -1, 7, -2)
	add("TCP_KEEPALIVE_INTVL", 37, zmq.WithTCPKeepaliveInterval, -1, 7, -2)
	add("RECONNECT_STOP", 109, zmq.WithReconnectStop, 0, 7, 8, -1)
	add("ROUTER_NOTIFY", 97, zmq.WithRouterNotify, 0, 3, 4, -1)
	for name, o := range map[string]struct {
		number int
		option func(bool) zmq.Option
	}{
		"IMMEDIATE": {39, zmq.WithImmediate}, "CONFLATE": {54, zmq.WithConflate}, "IPV6": {42, zmq.WithIPv6},
		"ROUTER_MANDATORY": {33, zmq.WithRouterMandatory}, "ROUTER_HANDOVER": {56, zmq.WithRouterHandover},
		"ROUTER_RAW": {41, zmq.WithRouterRaw}, "PROBE_ROUTER": {51, zmq.WithProbeRouter},
		"REQ_CORRELATE": {52, zmq.WithReqCorrelate}, "REQ_RELAXED": {53, zmq.WithReqRelaxed},
		"XPUB_VERBOSE": {40, zmq.WithXPubVerbose}, "XPUB_VERBOSER": {78, zmq.WithXPubVerboser},
		"XPUB_NODROP": {69, zmq.WithXPubNoDrop}, "XPUB_MANUAL": {71, zmq.WithXPubManual},
		"XPUB_MANUAL_LAST_VALUE": {98, zmq.WithXPubManualLastValue}, "INVERT_MATCHING": {74, zmq.WithInvertMatching},
		"STREAM_NOTIFY": {73, zmq.WithStreamNotify}, "ONLY_FIRST_SUBSCRIBE": {108, zmq.WithOnlyFirstSubscribe},
		"XSUB_VERBOSE_UNSUBSCRIBE": {115, zmq.WithXSubVerboseUnsubscribe}, "MULTICAST_LOOP": {96, zmq.WithMulticastLoop},
		"PLAIN_SERVER": {44, zmq.WithPlainServer}, "CURVE_SERVER": {47, zmq.WithCurveServer},
		"ZAP_ENFORCE_DOMAIN": {93, zmq.WithZAPEnforceDomain},
	} {
		same = append(same, sameOption{name, o.option(true), o.number, cInt(1)}, sameOption{name, o.option(false), o.number, cInt(0)})
	}
	return same
}

// sameTexts are options that take bytes.
func sameTexts() (same []sameOption) {
	word := func(o func(string) zmq.Option) func([]byte) zmq.Option {
		return func(b []byte) zmq.Option { return o(string(b)) }
	}
	for _, o := range []struct {
		name   string
		number int
		option func([]byte) zmq.Option
	}{
		{"ROUTING_ID", 5, zmq.WithRoutingID}, {"CONNECT_ROUTING_ID", 61, zmq.WithConnectRoutingID},
		{"XPUB_WELCOME_MSG", 72, zmq.WithXPubWelcomeMsg}, {"HELLO_MSG", 110, zmq.WithHelloMsg},
		{"DISCONNECT_MSG", 111, zmq.WithDisconnectMsg}, {"HICCUP_MSG", 114, zmq.WithHiccupMsg},
		{"BINDTODEVICE", 92, word(zmq.WithBindToDevice)}, {"SOCKS_PROXY", 68, word(zmq.WithSocksProxy)},
		{"SOCKS_USERNAME", 99, word(zmq.WithSocksUsername)}, {"SOCKS_PASSWORD", 100, word(zmq.WithSocksPassword)},
		{"PLAIN_USERNAME", 45, word(zmq.WithPlainUsername)}, {"PLAIN_PASSWORD", 46, word(zmq.WithPlainPassword)},
		{"ZAP_DOMAIN", 55, word(zmq.WithZAPDomain)},
	} {
		for _, value := range []string{"", "x", strings.Repeat("x", 16), strings.Repeat("x", 255), strings.Repeat("x", 256)} {
			same = append(same, sameOption{o.name, o.option([]byte(value)), o.number, value})
		}
	}
	for n, value := range map[int64]string{-1: "\xff\xff\xff\xff\xff\xff\xff\xff", 7: "\x07\x00\x00\x00\x00\x00\x00\x00"} {
		value = string(binary.NativeEndian.AppendUint64(nil, binary.LittleEndian.Uint64([]byte(value))))
		same = append(same, sameOption{"MAXMSGSIZE", zmq.WithMaxMsgSize(n), 22, value}, sameOption{"AFFINITY", zmq.WithAffinity(uint64(n)), 4, value})
	}
	return same
}

// TestOptionsAgreeWithTheirNumbers: an option does the same by its function and by
// its number: socket types that take it, limits, and what can be read back.
func TestOptionsAgreeWithTheirNumbers(t *testing.T) {
	const mechanism = 43
	w := newWorld(t)
	for typ := zmq.PAIR; typ <= zmq.CHANNEL; typ++ {
		for _, x := range append(sameInts(), sameTexts()...) {
			a, b := w.socket(typ), w.socket(typ)
			named, numbered := a.Set(x.option), b.SetSockOpt(x.number, []byte(x.value))
			if (named == nil) != (numbered == nil) {
				t.Errorf("%v, %s %.20q: %v by name, %v by number", typ, x.name, x.value, named, numbered)
			}
			for _, number := range []int{x.number, mechanism} {
				one, err := a.SockOpt(number)
				two, err2 := b.SockOpt(number)
				if string(one) != string(two) || (err == nil) != (err2 == nil) {
					t.Errorf("%v, %s %.20q: option %d is %q by name, %q by number", typ, x.name, x.value, number, one, two)
				}
			}
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
