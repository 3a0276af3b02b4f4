// SPDX-License-Identifier: MPL-2.0

package socket

import (
	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/pipe"
	"github.com/zeroloop/zmq/transport"
)

const schemeUDP = "udp"

// carries says whether sockets of this type may use a transport in a direction: udp
// is for RADIO to connect and DISH and DGRAM to bind, and DGRAM knows nothing else
// (libzmq socket_base_t::check_protocol, bind, connect_internal).
func (b *Base) carries(scheme string, bind bool) errno.Errno {
	ok := b.opts.Type != option.Dgram
	if scheme == schemeUDP {
		ok = b.opts.Type == option.Radio && !bind || bind && (b.opts.Type == option.Dish || b.opts.Type == option.Dgram)
	}
	if !ok {
		return errno.ENOCOMPATPROTO
	}
	return errno.OK
}

// openUDP binds or connects a udp endpoint. For a datagram socket either is done
// when the call returns.
func (b *Base) openUDP(endpoint string, bind bool) (*pipe.Pipe, error) {
	opts := b.takeSnapshot()
	topts := engine.TransportOptions(&opts)
	loop := b.ctx.choose(opts.Affinity)
	if loop == nil {
		return nil, errno.EMTHREAD
	}
	open := transport.DialUDP
	if bind {
		open = transport.ListenUDP
	}
	d, err := open(endpoint, &topts)
	if err != nil {
		return nil, err
	}
	if bind {
		endpoint = d.Endpoint()
	}
	ours, theirs := engine.NewPipe(&opts)
	u := engine.NewDatagrams(loop, b, opts.Type, d, theirs)
	ours.Owner, ours.Endpoint = u, endpoint
	if !b.Adopt(u, endpoint) {
		u.Discard()
		return nil, errno.ENOTSOCK
	}
	b.endpoint.Store(&endpoint)
	b.attach(ours, true)
	u.Start()
	return ours, nil
}
