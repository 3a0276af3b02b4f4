// SPDX-License-Identifier: MPL-2.0

// Previous: events.go. Next: the monitoring socket, whose Base sends.

package socket

import (
	"context"
	"encoding/binary"
	"sync"

	"github.com/zeroloop/zmq/engine"
	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/msg"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/transport"
)

// The forms of monitoring messages.
const (
	MonitorV1 = 1
	MonitorV2 = 2
)

// monitor sends what a watcher collects through a socket of its own.
type monitor struct {
	out     *Base // bound to the monitor's endpoint
	version int
	next    func(context.Context) (engine.Event, bool)
	stop    func()          // ends the watch
	ctx     context.Context // ends when nobody should be waited for any more
	cancel  context.CancelFunc
	done    chan struct{} // the endpoint is free again
}

// monitoring is a socket's monitor. The lock is held while one is started or
// stopped, never by the socket's events.
type monitoring struct {
	mu sync.Mutex
	// +checklocks:mu
	m *monitor
}

// Monitor sends the events in mask, from now on, as messages to who connects to
// an inproc endpoint (libzmq zmq_socket_monitor_versioned). typ is PAIR, PUB or
// PUSH; the sending socket counts as one of the context's. Version 1 has two
// frames: event (2 bytes) and value (4), in the machine's order, and the bound
// side's or the named endpoint; version 2 has the event, the number of values and
// each value, of 8 bytes, and the local and the remote endpoint. A monitor before
// it is stopped; with an empty endpoint that is all. Events wait for a consumer,
// the latest 4096 of them; the socket never does. The last one is MONITOR_STOPPED.
// Errors: EINVAL, EPROTONOSUPPORT, EADDRINUSE, EMFILE, ETERM, ENOTSOCK. Safe from
// any goroutine.
func (b *Base) Monitor(endpoint string, mask engine.EventType, version, typ int) error {
	if e := b.check(); e != 0 {
		return e
	}
	b.monitoring.mu.Lock()
	defer b.monitoring.mu.Unlock()
	if endpoint == "" {
		b.stopMonitor()
		return nil
	}
	if err := checkMonitor(endpoint, mask, version, typ); err != nil {
		return err
	}
	b.stopMonitor()
	out, err := b.ctx.New(typ, func(o *option.Options) error { o.Linger = 0; return nil })
	if err != nil {
		return err
	}
	if err := out.Bind(endpoint); err != nil {
		_ = out.Close()
		return err
	}
	b.startMonitor(out, mask, version)
	return nil
}

func checkMonitor(endpoint string, mask engine.EventType, version, typ int) error {
	scheme, _, err := transport.Split(endpoint)
	switch {
	case err != nil:
		return err
	case version != MonitorV1 && version != MonitorV2, version == MonitorV1 && mask > engine.EventAll:
		return errno.EINVAL
	case scheme != "inproc":
		return errno.EPROTONOSUPPORT
	case typ != option.Pair && typ != option.Pub && typ != option.Push:
		return errno.EINVAL
	}
	return nil
}

// startMonitor runs under monitoring.mu.
func (b *Base) startMonitor(out *Base, mask engine.EventType, version int) {
	m := &monitor{out: out, version: version, done: make(chan struct{})}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.next, m.stop = b.watch(mask, m.cancel)
	b.monitoring.m = m
	go m.run()
}

// stopMonitor waits until the monitor has sent MONITOR_STOPPED and its endpoint
// is free. Runs under monitoring.mu.
func (b *Base) stopMonitor() {
	m := b.monitoring.m
	if m == nil {
		return
	}
	b.monitoring.m = nil
	m.cancel()
	<-m.done
}

// run sends events until the watch has ended. As long as the socket lives it
// waits for the consumer; afterwards it sends what there is room for.
func (m *monitor) run() {
	defer func() {
		if v := recover(); v != nil {
			m.out.ctx.home().Caught(v) // it costs the monitor
		}
	}()
	defer close(m.done)
	defer func() { _ = m.out.Close() }()
	defer m.stop()
	defer m.cancel()
	var line msg.Msg
	for {
		e, ok := m.next(m.ctx)
		if !ok {
			return
		}
		line.Close()
		m.frame(&line, &e)
		err := m.out.Send(m.ctx, &line, true)
		if m.ctx.Err() != nil && err == m.ctx.Err() {
			err = m.out.Send(context.Background(), &line, false)
		}
		if no := errno.From(err); no == errno.ETERM || no == errno.ENOTSOCK {
			return
		}
	}
}

// frame writes an event as a message.
func (m *monitor) frame(line *msg.Msg, e *engine.Event) {
	if m.version == MonitorV1 {
		b := binary.NativeEndian.AppendUint16(nil, uint16(e.Type))
		line.Append(binary.NativeEndian.AppendUint32(b, uint32(e.Value)))
		line.Append([]byte(e.Named()))
		return
	}
	values := []int64{e.Value}
	if e.Type == engine.EventPipesStats {
		values = append(values, e.Inward)
	}
	line.Append(binary.NativeEndian.AppendUint64(nil, uint64(e.Type)))
	line.Append(binary.NativeEndian.AppendUint64(nil, uint64(len(values))))
	for _, v := range values {
		line.Append(binary.NativeEndian.AppendUint64(nil, uint64(v)))
	}
	line.Append([]byte(e.Local))
	line.Append([]byte(e.Remote))
}
