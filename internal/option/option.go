// SPDX-License-Identifier: MPL-2.0

package option

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Socket types, with libzmq's numbers.
const (
	Pair = iota
	Pub
	Sub
	Req
	Rep
	Dealer
	Router
	Pull
	Push
	XPub
	XSub
	Stream
	Server
	Client
	Radio
	Dish
	Gather
	Scatter
	Dgram
	Peer
	Channel
)

// Forever is the duration that never ends: LINGER, SNDTIMEO and RCVTIMEO -1.
const Forever time.Duration = -1

// The mechanisms, with libzmq's numbers.
const (
	MechanismNull = iota
	MechanismPlain
	MechanismCurve
	MechanismGSSAPI
)

// What to do with a message for which there is no room.
const (
	Block int32 = iota
	DropNewest
	DropOldest
)

// The bits of RECONNECT_STOP.
const (
	StopConnRefused = 1 << iota
	StopHandshakeFailed
	StopAfterDisconnect
)

// The bits of ROUTER_NOTIFY.
const (
	NotifyConnect = 1 << iota
	NotifyDisconnect
)

// Property is one entry of METADATA.
type Property struct{ Name, Value string }

// Options are the settings of one socket. Sessions and listeners get a copy
// when they are made, so that a later change does not reach them (libzmq
// options_t); the fields that act at once say so.
type Options struct {
	Type int

	// identity and flow
	RoutingID    []byte        // 1 to 255 bytes, or empty
	SendHWM      int           // messages, 0 is no limit; acts at once
	RecvHWM      int           // messages, 0 is no limit; acts at once
	SendHWMBytes int64         // besides, in bytes with frame headers, 0 is no limit
	RecvHWMBytes int64         // the same
	WhenFull     int32         // Block and others; acts at once but for DropOldest
	Affinity     uint64        // bit set of I/O loops, 0 is any
	Linger       time.Duration // Forever or how long to flush after close; acts at once
	SendWait     time.Duration // SNDTIMEO; acts at once
	RecvWait     time.Duration // RCVTIMEO; acts at once
	Immediate    bool
	Conflate     bool
	MaxMsgSize   int64 // bytes of one frame; negative is no limit

	// connections
	ReconnectInterval    time.Duration // 0 or less: never reconnect
	ReconnectIntervalMax time.Duration // above 0: doubling up to here
	HandshakeInterval    time.Duration // 0 is no limit
	ConnectTimeout       time.Duration // 0 is the system's
	Backlog              int
	SendBuffer           int // SO_SNDBUF bytes, -1 is the system's
	RecvBuffer           int // SO_RCVBUF bytes, -1 is the system's
	IPv6                 bool
	TOS                  int
	Keepalive            int // -1 system, 0 off, 1 on
	KeepaliveCount       int
	KeepaliveIdle        int // seconds
	KeepaliveInterval    int // seconds
	MaxRT                int // milliseconds, TCP_USER_TIMEOUT
	BindToDevice         string
	Priority             int
	BusyPoll             int
	UseFD                int            // -1 is none
	InBatchSize          int            // bytes; raw data is handed over in pieces of at most this
	OutBatchSize         int            // bytes; stored
	ReconnectStop        int            // StopConnRefused and others
	Metadata             []Property     // X- properties that the handshake sends, sorted; never changed in place
	AcceptFilters        []netip.Prefix // who may connect by tcp; empty is anyone; never changed in place
	IPCFilterPID         []int          // who may connect by ipc; all three empty is anyone; never changed in place
	IPCFilterUID         []int
	IPCFilterGID         []int
	SocksProxy           string // host:port, or empty
	SocksUsername        string
	SocksPassword        string
	Dial                 func(ctx context.Context, network, address string) (net.Conn, error)     // instead of our own, or nil
	Listen               func(ctx context.Context, network, address string) (net.Listener, error) // the same
	MulticastHops        int
	MulticastLoop        bool
	MulticastMaxTPDU     int           // bytes; pgm and norm only, stored
	Rate                 int           // kbit/s; pgm and norm only, stored
	RecoveryInterval     time.Duration // pgm only, stored
	LoopbackFastpath     bool          // Windows only, stored

	// security
	Mechanism                                       int  // MechanismNull and others
	AsServer                                        bool // the mechanism's server
	PlainUsername                                   string
	PlainPassword                                   string
	CurvePublic                                     [32]byte
	CurveSecret                                     [32]byte
	CurveServer                                     [32]byte // the server's public key
	ZAPDomain                                       string
	ZAPEnforce                                      bool
	Authenticator                                   Authenticator // instead of ZAP, where it is set
	ConnectionsMax                                  int           // of one listener; 0 is no limit
	HandshakesMax                                   int           // unfinished handshakes of one listener
	WSSKeyPEM, WSSCertPEM, WSSTrustPEM, WSSHostname string        // PEM text, and the name to expect
	WSSTrustSystem                                  bool

	// messages that the library sends or makes
	HelloMsg      []byte
	DisconnectMsg []byte
	HiccupMsg     []byte

	// heartbeats
	HeartbeatInterval time.Duration // 0 is off
	HeartbeatTimeout  time.Duration // negative: the interval
	HeartbeatTTL      time.Duration // whole deciseconds

	// patterns; these act at once
	RouterMandatory  bool
	RouterHandover   bool
	RouterRaw        bool
	ProbeRouter      bool
	ReqCorrelate     bool
	ReqRelaxed       bool
	XPubVerbose      bool
	XPubVerboser     bool
	XPubNoDrop       bool
	XPubManual       bool
	XPubWelcome      []byte
	InvertMatching   bool
	StreamNotify     bool
	RouterNotify     int // NotifyConnect | NotifyDisconnect
	XPubManualLast   bool
	OnlyFirstSub     bool
	VerboseUnsub     bool
	ConnectRoutingID []byte // used up by the next connect
}

// HandshakesMaxDefault is how many connections of one listener may be in their
// handshake at a time.
const HandshakesMaxDefault = 1000

// SecurityRequired reports whether a peer must speak ZMTP 3: older versions know
// no mechanisms (libzmq session_base_t::zap_enabled).
func (o *Options) SecurityRequired() bool {
	return o.Mechanism != MechanismNull || o.ZAPDomain != "" || o.Authenticator != nil
}

// Defaults returns what a new socket of a type starts with.
func Defaults(typ int) Options {
	o := Options{
		Type:              typ,
		SendHWM:           1000,
		RecvHWM:           1000,
		Linger:            Forever,
		SendWait:          Forever,
		RecvWait:          Forever,
		MaxMsgSize:        -1,
		ReconnectInterval: 100 * time.Millisecond,
		HandshakeInterval: 30 * time.Second,
		Backlog:           100,
		SendBuffer:        -1,
		RecvBuffer:        -1,
		Keepalive:         -1,
		KeepaliveCount:    -1,
		KeepaliveIdle:     -1,
		KeepaliveInterval: -1,
		UseFD:             -1,
		HeartbeatTimeout:  -1,
		StreamNotify:      true,
		InBatchSize:       8192,
		OutBatchSize:      8192,
		MulticastHops:     1,
		MulticastLoop:     true,
		MulticastMaxTPDU:  1500,
		Rate:              100,
		RecoveryInterval:  10 * time.Second,
		HandshakesMax:     HandshakesMaxDefault,
	}
	switch typ {
	case Sub, XSub, Dish:
		o.Linger = 0
	}
	return o
}

// Conflating reports whether CONFLATE acts for this socket type (libzmq
// options_t::get_effective_conflate_option).
func (o *Options) Conflating() bool {
	if !o.Conflate {
		return false
	}
	switch o.Type {
	case Dealer, Pull, Push, Pub, Sub:
		return true
	}
	return false
}

// SendsRoutingID reports whether READY carries this type's identity (libzmq
// mechanism_t::add_basic_properties).
func (o *Options) SendsRoutingID() bool {
	return o.Type == Req || o.Type == Dealer || o.Type == Router
}

// TakesRoutingID reports whether this type wants to know its peers' identities
// (libzmq options_t::recv_routing_id).
func (o *Options) TakesRoutingID() bool {
	return o.Type == Router || o.Type == Rep
}

// Raw reports whether connections carry bytes instead of ZMTP.
func (o *Options) Raw() bool {
	return o.Type == Stream || o.Type == Router && o.RouterRaw
}
