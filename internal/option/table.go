// SPDX-License-Identifier: MPL-2.0

package option

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/zeroloop/zmq/internal/errno"
)

// Row is one option: how a value of zmq_setsockopt becomes a field of Options, and
// back (libzmq options_t::setsockopt and getsockopt).
type Row struct {
	ID   int
	Name string // behind ZMQ_ in zmq.h

	types uint32 // bit set of the socket types that accept it; 0 is all
	text  bool   // a string, which is got with a NUL
	exact bool   // getting wants a buffer of just this size
	set   func(o *Options, value []byte) errno.Errno
	get   func(o *Options, dst []byte) []byte
	other func(value []byte) []byte // a second form, got with a buffer of its size
}

// IsText reports whether the value is a string, which Get ends with a NUL.
func (r *Row) IsText() bool { return r.text }

// Gettable reports whether Get answers.
func (r *Row) Gettable() bool { return r.get != nil }

// Settable reports whether a socket type accepts the option in Set.
func (r *Row) Settable(typ int) bool {
	return r.set != nil && (r.types == 0 || r.types>>typ&1 != 0)
}

// Set gives o a value in zmq_setsockopt's encoding: ints of 4 bytes in the
// machine's order, strings without NUL; nil stands for NULL. EINVAL where the
// option, the value or its size is wrong, or o's socket type does not accept it;
// then o is as it was. The value is copied. o must not be in use meanwhile.
func Set(o *Options, id int, value []byte) errno.Errno {
	r := Find(id)
	if r == nil || !r.Settable(o.Type) {
		return errno.EINVAL
	}
	return r.set(o, value)
}

// SetInt is Set with a C int.
func SetInt(o *Options, id, n int) errno.Errno {
	if n < math.MinInt32 || n > math.MaxInt32 {
		return errno.EINVAL
	}
	return Set(o, id, AppendInt(nil, n))
}

// Get writes an option's value into buf and returns its size. Ints want a buffer
// of their own size; of a longer value's buffer the rest is zeroed. EINVAL where
// the option is unknown or can only be set, or the buffer does not fit.
func Get(o *Options, id int, buf []byte) (int, errno.Errno) {
	r := Find(id)
	if r == nil || r.get == nil {
		return 0, errno.EINVAL
	}
	value := r.get(o, nil)
	if r.other != nil && len(buf) != len(value) {
		value = r.other(value)
	}
	if r.exact && len(buf) != len(value) {
		return 0, errno.EINVAL
	}
	return Fill(buf, value)
}

// Fill copies value to the front of buf and zeroes the rest; EINVAL where buf is
// too short.
func Fill(buf, value []byte) (int, errno.Errno) {
	if len(buf) < len(value) {
		return 0, errno.EINVAL
	}
	clear(buf[copy(buf, value):])
	return len(value), errno.OK
}

// Find returns an option's row, or nil.
func Find(id int) *Row {
	if id < 0 || id >= len(byID) {
		return nil
	}
	return byID[id]
}

// byID finds a row by its number.
var byID = func() (rows [TopicsCountID + 1]*Row) {
	for i := range table {
		rows[table[i].ID] = &table[i]
	}
	return rows
}()

// Rows returns the table, which must not be changed.
func Rows() []Row { return table }

// table has every option that is a field. What concerns a socket that exists,
// subscriptions, events and endpoints, is handled by package socket.
var table = concat(flowRows, networkRows, patternRows, securityRows, storedRows)

func concat(groups ...[]Row) (rows []Row) {
	for _, g := range groups {
		rows = append(rows, g...)
	}
	return rows
}

var flowRows = []Row{
	{ID: AffinityID, Name: "AFFINITY", exact: true,
		set: func(o *Options, b []byte) errno.Errno {
			if len(b) != 8 {
				return errno.EINVAL
			}
			o.Affinity = binary.NativeEndian.Uint64(b)
			return errno.OK
		},
		get: func(o *Options, dst []byte) []byte { return binary.NativeEndian.AppendUint64(dst, o.Affinity) }},
	{ID: MaxMsgSizeID, Name: "MAXMSGSIZE", exact: true,
		set: func(o *Options, b []byte) errno.Errno {
			if len(b) != 8 {
				return errno.EINVAL
			}
			o.MaxMsgSize = int64(binary.NativeEndian.Uint64(b))
			return errno.OK
		},
		get: func(o *Options, dst []byte) []byte {
			return binary.NativeEndian.AppendUint64(dst, uint64(o.MaxMsgSize))
		}},
	{ID: TypeID, Name: "TYPE", exact: true,
		get: func(o *Options, dst []byte) []byte { return AppendInt(dst, o.Type) }},
	{ID: ThreadSafeID, Name: "THREAD_SAFE",
		get: func(o *Options, dst []byte) []byte { return AppendInt(dst, threadSafe(o.Type)) }},
	binaryText(RoutingIDID, "ROUTING_ID", 1, math.MaxUint8, func(o *Options) *[]byte { return &o.RoutingID }),
	atLeast(SndHWMID, "SNDHWM", 0, func(o *Options) *int { return &o.SendHWM }),
	atLeast(RcvHWMID, "RCVHWM", 0, func(o *Options) *int { return &o.RecvHWM }),
	millis(LingerID, "LINGER", -1, func(o *Options) *time.Duration { return &o.Linger }),
	millis(SndTimeoID, "SNDTIMEO", -1, func(o *Options) *time.Duration { return &o.SendWait }),
	millis(RcvTimeoID, "RCVTIMEO", -1, func(o *Options) *time.Duration { return &o.RecvWait }),
	flag(ImmediateID, "IMMEDIATE", strict, func(o *Options) *bool { return &o.Immediate }),
	flag(ConflateID, "CONFLATE", strict, func(o *Options) *bool { return &o.Conflate }),
	binaryText(HelloMsgID, "HELLO_MSG", 0, math.MaxInt32, func(o *Options) *[]byte { return &o.HelloMsg }).mute(),
	binaryText(DisconnectMsgID, "DISCONNECT_MSG", 0, math.MaxInt32, func(o *Options) *[]byte { return &o.DisconnectMsg }).mute(),
	binaryText(HiccupMsgID, "HICCUP_MSG", 0, math.MaxInt32, func(o *Options) *[]byte { return &o.HiccupMsg }).mute(),
}

// threadSafe is what THREAD_SAFE answers: 1 for the types that libzmq lets many
// threads use. Here every type is.
func threadSafe(typ int) int {
	switch typ {
	case Server, Client, Radio, Dish, Gather, Scatter, Peer, Channel:
		return 1
	}
	return 0
}

var patternRows = []Row{
	flag(RouterMandatoryID, "ROUTER_MANDATORY", positive, func(o *Options) *bool { return &o.RouterMandatory }).only(Router, Rep).mute(),
	flag(RouterHandoverID, "ROUTER_HANDOVER", positive, func(o *Options) *bool { return &o.RouterHandover }).only(Router, Rep).mute(),
	flag(RouterRawID, "ROUTER_RAW", positive, func(o *Options) *bool { return &o.RouterRaw }).only(Router, Rep).mute(),
	number(RouterNotifyID, "ROUTER_NOTIFY", 0, NotifyConnect|NotifyDisconnect, func(o *Options) *int { return &o.RouterNotify }).only(Router, Rep),
	flag(ProbeRouterID, "PROBE_ROUTER", positive, func(o *Options) *bool { return &o.ProbeRouter }).only(Router, Dealer, Req, Rep).mute(),
	binaryText(ConnectRoutingIDID, "CONNECT_ROUTING_ID", 1, math.MaxInt32, func(o *Options) *[]byte { return &o.ConnectRoutingID }).
		only(Router, Stream, Rep).mute(),
	flag(ReqCorrelateID, "REQ_CORRELATE", positive, func(o *Options) *bool { return &o.ReqCorrelate }).only(Req).mute(),
	flag(ReqRelaxedID, "REQ_RELAXED", positive, func(o *Options) *bool { return &o.ReqRelaxed }).only(Req).mute(),
	flag(XPubVerboseID, "XPUB_VERBOSE", positive, func(o *Options) *bool { return &o.XPubVerbose }).
		only(XPub, Pub).mute().then(func(o *Options) { o.XPubVerboser = false }),
	flag(XPubVerboserID, "XPUB_VERBOSER", positive, func(o *Options) *bool { return &o.XPubVerboser }).
		only(XPub, Pub).mute().then(func(o *Options) { o.XPubVerbose = o.XPubVerboser }),
	flag(XPubNoDropID, "XPUB_NODROP", positive, func(o *Options) *bool { return &o.XPubNoDrop }).only(XPub, Pub, Radio).mute(),
	flag(XPubManualID, "XPUB_MANUAL", positive, func(o *Options) *bool { return &o.XPubManual }).only(XPub, Pub).mute(),
	flag(XPubManualLastValueID, "XPUB_MANUAL_LAST_VALUE", positive, func(o *Options) *bool { return &o.XPubManualLast }).
		only(XPub, Pub).mute().then(func(o *Options) { o.XPubManual = o.XPubManualLast }),
	binaryText(XPubWelcomeMsgID, "XPUB_WELCOME_MSG", 0, math.MaxInt32, func(o *Options) *[]byte { return &o.XPubWelcome }).only(XPub, Pub).mute(),
	flag(OnlyFirstSubscribeID, "ONLY_FIRST_SUBSCRIBE", positive, func(o *Options) *bool { return &o.OnlyFirstSub }).only(XPub, Pub, XSub).mute(),
	flag(XSubVerboseUnsubscribeID, "XSUB_VERBOSE_UNSUBSCRIBE", anyInt, func(o *Options) *bool { return &o.VerboseUnsub }).only(XSub).mute(),
	flag(InvertMatchingID, "INVERT_MATCHING", anyInt, func(o *Options) *bool { return &o.InvertMatching }),
	flag(StreamNotifyID, "STREAM_NOTIFY", strict, func(o *Options) *bool { return &o.StreamNotify }).only(Stream).mute(),
}
