// SPDX-License-Identifier: MPL-2.0

package spec

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	zmq "github.com/zeroloop/zmq"
)

// meeting is a way for one socket in the centre to come together with others.
type meeting struct {
	transport string
	// centreBinds: otherwise each of the others binds an endpoint of its own.
	centreBinds bool
	bindFirst   bool
}

func (m *meeting) String() string {
	who, when := "others bind", "last"
	if m.centreBinds {
		who = "centre binds"
	}
	if m.bindFirst {
		when = "first"
	}
	return fmt.Sprintf("%s/%s/%s", m.transport, who, when)
}

// join makes the sockets meet; any number of times for a centre.
type join func(centre *zmq.Socket, others ...*zmq.Socket)

// onEachMeeting runs a test on each transport, bind first and connect first, with
// either side bound.
func onEachMeeting(t *testing.T, f func(w *world, meet join)) {
	onMeetings(t, words["all"], f)
}

// onMeetings is onEachMeeting on some transports.
func onMeetings(t *testing.T, transports []string, f func(w *world, meet join)) {
	for _, centreBinds := range []bool{true, false} {
		onOrders(t, transports, centreBinds, f)
	}
}

// onEachOrder is onEachMeeting where it matters which side is bound.
func onEachOrder(t *testing.T, centreBinds bool, f func(w *world, meet join)) {
	onOrders(t, words["all"], centreBinds, f)
}

// onOrders is onEachOrder on some transports.
func onOrders(t *testing.T, transports []string, centreBinds bool, f func(w *world, meet join)) {
	for _, transport := range transports {
		for _, bindFirst := range []bool{true, false} {
			m := meeting{transport, centreBinds, bindFirst}
			t.Run(m.String(), func(t *testing.T) {
				w := newWorld(t)
				w.wire = transport
				f(w, w.join(m))
			})
		}
	}
}

// join makes sockets meet in one way.
func (w *world) join(m meeting) join {
	at := make(map[*zmq.Socket]string) // where centres are bound
	return func(centre *zmq.Socket, others ...*zmq.Socket) {
		w.Helper()
		w.over(m.transport+"://", m.centreBinds, m.bindFirst)
		if m.centreBinds {
			endpoint, bound := at[centre]
			if !bound {
				endpoint = w.free(m.transport)
				at[centre] = endpoint
			}
			w.together(m.bindFirst, bound, endpoint, centre, others...)
			return
		}
		for _, other := range others {
			w.together(m.bindFirst, false, w.free(m.transport), other, centre)
		}
	}
}

// together binds one socket, unless it is bound, and connects the others.
func (w *world) together(first, bound bool, endpoint string, binder *zmq.Socket, connecters ...*zmq.Socket) {
	w.Helper()
	if first && !bound {
		w.must(binder.Bind(endpoint))
	}
	for _, c := range connecters {
		w.connect(c, endpoint)
	}
	if !first && !bound {
		w.must(binder.Bind(endpoint))
	}
}

// boundAgain makes a socket that is bound where another one was: a port may have been
// given to some connection of this machine meanwhile, and is waited for.
func (w *world) boundAgain(typ zmq.SocketType, endpoint string) *zmq.Socket {
	w.Helper()
	s := w.socket(typ)
	err := s.Bind(endpoint)
	for errors.Is(err, zmq.ErrAddrInUse) && w.ctx.Err() == nil {
		err = s.Bind(endpoint)
	}
	w.must(err)
	return s
}

// free returns an endpoint that can be connected to before it is bound.
func (w *world) free(transport string) string {
	w.Helper()
	switch transport {
	case "inproc":
		w.names++
		return fmt.Sprint("inproc://free/", w.names)
	case "ipc":
		return "ipc://" + filepath.Join(w.TempDir(), "s")
	}
	_, port := w.port()
	return "tcp://127.0.0.1:" + port
}
