// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// netSpace makes a network that nobody else sees, with the two ends of a cable, and
// runs what follows in it.
const netSpace = `
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
ip link set lo up && ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up || exit
exec "$0" "$@"`

// TestUDPMulticastIPv6: a group of IPv6, by the interface in front or behind. There is
// no route for such ones on the loopback interface, so that the test runs itself again
// where there is another.
func TestUDPMulticastIPv6(t *testing.T) {
	const inside = "ZEROLOOP_NET_SPACE"
	if os.Getenv(inside) == "" {
		cmd := exec.Command("unshare", "-rn", "sh", "-c", netSpace, os.Args[0], "-test.run=^TestUDPMulticastIPv6$")
		cmd.Env = append(os.Environ(), inside+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil && !bytes.Contains(out, []byte("FAIL")) {
			t.Skipf("no network of its own: %v %s", err, out)
		}
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	for i, form := range []string{"udp://v0;[ff02::7:7]:%d", "udp://[ff05::7:8%%v0]:%d"} {
		t.Run(form, func(t *testing.T) {
			w, ep := newWorld(t), fmt.Sprintf(form, 5000+i)
			one, _ := w.bound(zmq.DISH, ep, zmq.WithIPv6(true))
			two, _ := w.bound(zmq.DISH, ep, zmq.WithIPv6(true))
			w.join(one, "g")
			w.join(two, "g")
			radio := w.connected(zmq.RADIO, ep, zmq.WithIPv6(true))
			w.persist(radio, one, "g", "hello")
			w.persist(radio, two, "g", "hello")
		})
	}
}
