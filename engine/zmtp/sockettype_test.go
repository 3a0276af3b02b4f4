// SPDX-License-Identifier: MPL-2.0

package zmtp

import (
	"strings"
	"testing"
)

// fits lists the pairs of types that may talk to each other: RFC 28 to 31 and
// 41 to 52, in either order.
const fits = `
PAIR-PAIR PUB-SUB PUB-XSUB XPUB-SUB XPUB-XSUB REQ-REP REQ-ROUTER DEALER-REP
DEALER-DEALER DEALER-ROUTER ROUTER-ROUTER PUSH-PULL CLIENT-SERVER RADIO-DISH
SCATTER-GATHER PEER-PEER CHANNEL-CHANNEL`

// typeNames in the order of libzmq's numbers.
var typeNames = strings.Fields(`PAIR PUB SUB REQ REP DEALER ROUTER PULL PUSH XPUB XSUB STREAM
	SERVER CLIENT RADIO DISH GATHER SCATTER DGRAM PEER CHANNEL`)

func TestSocketTypeNames(t *testing.T) {
	for i, want := range typeNames {
		if got := SocketTypeName(i); got != want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
	for _, none := range []int{-1, len(typeNames), 1 << 30} {
		if got := SocketTypeName(none); got != "" {
			t.Errorf("%d: %q", none, got)
		}
	}
}

// TestCompatible checks all 21 times 21 pairs, and that both sides always come
// to the same answer.
func TestCompatible(t *testing.T) {
	want := map[string]bool{}
	for _, pair := range strings.Fields(fits) {
		a, b, _ := strings.Cut(pair, "-")
		want[a+" "+b], want[b+" "+a] = true, true
	}
	if len(typeNames) != 21 {
		t.Fatalf("%d types", len(typeNames))
	}
	for i, a := range typeNames {
		for j, b := range typeNames {
			if got := Compatible(i, b); got != want[a+" "+b] {
				t.Errorf("%s with %s: %v", a, b, got)
			}
			if Compatible(i, b) != Compatible(j, a) {
				t.Errorf("%s and %s do not agree", a, b)
			}
		}
		for _, name := range []string{"", "PAI", "PAIRS", "pair", strings.ToLower(a), a + "\x00"} {
			if Compatible(i, name) {
				t.Errorf("%s with %q", a, name)
			}
		}
	}
	for _, none := range []int{-1, 21, 1 << 30} {
		for _, b := range append(typeNames, "") {
			if Compatible(none, b) {
				t.Errorf("type %d with %q", none, b)
			}
		}
	}
}
