// SPDX-License-Identifier: MPL-2.0

package zmq_test

import (
	"context"
	"fmt"
	"net"

	zmq "github.com/zeroloop/zmq"
)

// Connections may be made by any function like net.Dialer.DialContext: that of a
// tls.Dialer, an ssh.Client, or, as here, one that knows names of its own.
func ExampleWithDialer() {
	ctx := context.Background()
	var listener net.ListenConfig
	server := must(zmq.NewSocket(zmq.PULL, zmq.WithListener(listener.Listen)))
	defer server.Close()
	check(server.Bind("tcp://127.0.0.1:*"))
	addresses := map[string]string{"logs.internal:1": server.LastEndpoint()[len("tcp://"):]}

	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, addresses[address])
	}
	client := must(zmq.NewSocket(zmq.PUSH, zmq.WithDialer(dial)))
	defer client.Close()
	check(client.Connect("tcp://logs.internal:1"))
	check(client.Send(ctx, []byte("started")))

	m := must(server.Recv(ctx))
	fmt.Printf("%s\n", m.Bytes())
	// Output: started
}
