// SPDX-License-Identifier: MPL-2.0

package option

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/zeroloop/zmq/internal/errno"
)

const (
	// deviceBytesMax is the longest name of an interface, BINDTODEVICE.
	deviceBytesMax = 16
	// ttlMillisMax is the longest HEARTBEAT_TTL: 16 bits of deciseconds.
	ttlMillisMax = math.MaxUint16*100 + 99
	// filtersMax bounds how many entries each accept filter may have.
	filtersMax = 4096
	// metadataBytesMax bounds one X- property's name, as ZMTP does.
	metadataBytesMax = math.MaxUint8
	// metadataMax bounds how many X- properties a socket may have.
	metadataMax = 256
)

var networkRows = []Row{
	atLeast(SndbufID, "SNDBUF", -1, func(o *Options) *int { return &o.SendBuffer }),
	atLeast(RcvbufID, "RCVBUF", -1, func(o *Options) *int { return &o.RecvBuffer }),
	atLeast(BacklogID, "BACKLOG", 0, func(o *Options) *int { return &o.Backlog }),
	millis(ReconnectIvlID, "RECONNECT_IVL", -1, func(o *Options) *time.Duration { return &o.ReconnectInterval }),
	millis(ReconnectIvlMaxID, "RECONNECT_IVL_MAX", 0, func(o *Options) *time.Duration { return &o.ReconnectIntervalMax }),
	atLeast(ReconnectStopID, "RECONNECT_STOP", math.MinInt32, func(o *Options) *int { return &o.ReconnectStop }), // other bits do nothing
	millis(HandshakeIvlID, "HANDSHAKE_IVL", 0, func(o *Options) *time.Duration { return &o.HandshakeInterval }),
	millis(ConnectTimeoutID, "CONNECT_TIMEOUT", 0, func(o *Options) *time.Duration { return &o.ConnectTimeout }),
	millis(HeartbeatIvlID, "HEARTBEAT_IVL", 0, func(o *Options) *time.Duration { return &o.HeartbeatInterval }),
	millis(HeartbeatTimeoutID, "HEARTBEAT_TIMEOUT", 0, func(o *Options) *time.Duration { return &o.HeartbeatTimeout }),
	heartbeatTTL(),
	flag(IPv6ID, "IPV6", strict, func(o *Options) *bool { return &o.IPv6 }),
	ipv4Only(),
	atLeast(TOSID, "TOS", 0, func(o *Options) *int { return &o.TOS }),
	atLeast(PriorityID, "PRIORITY", 0, func(o *Options) *int { return &o.Priority }),
	atLeast(BusyPollID, "BUSY_POLL", math.MinInt32, func(o *Options) *int { return &o.BusyPoll }),
	text(BindToDeviceID, "BINDTODEVICE", 0, deviceBytesMax, func(o *Options) *string { return &o.BindToDevice }),
	atLeast(UseFDID, "USE_FD", -1, func(o *Options) *int { return &o.UseFD }),
	number(TCPKeepaliveID, "TCP_KEEPALIVE", -1, 1, func(o *Options) *int { return &o.Keepalive }),
	atLeast(TCPKeepaliveCntID, "TCP_KEEPALIVE_CNT", -1, func(o *Options) *int { return &o.KeepaliveCount }),
	atLeast(TCPKeepaliveIdleID, "TCP_KEEPALIVE_IDLE", -1, func(o *Options) *int { return &o.KeepaliveIdle }),
	atLeast(TCPKeepaliveIntvlID, "TCP_KEEPALIVE_INTVL", -1, func(o *Options) *int { return &o.KeepaliveInterval }),
	atLeast(TCPMaxRTID, "TCP_MAXRT", 0, func(o *Options) *int { return &o.MaxRT }),
	{ID: TCPAcceptFilterID, Name: "TCP_ACCEPT_FILTER", set: addAcceptFilter},
	processFilter(IPCFilterPIDID, "IPC_FILTER_PID", func(o *Options) *[]int { return &o.IPCFilterPID }),
	processFilter(IPCFilterUIDID, "IPC_FILTER_UID", func(o *Options) *[]int { return &o.IPCFilterUID }),
	processFilter(IPCFilterGIDID, "IPC_FILTER_GID", func(o *Options) *[]int { return &o.IPCFilterGID }),
	{ID: MetadataID, Name: "METADATA", set: addMetadata},
	text(SocksProxyID, "SOCKS_PROXY", 0, math.MaxInt32, func(o *Options) *string { return &o.SocksProxy }),
	text(SocksUsernameID, "SOCKS_USERNAME", 0, math.MaxUint8, func(o *Options) *string { return &o.SocksUsername }),
	text(SocksPasswordID, "SOCKS_PASSWORD", 0, math.MaxUint8, func(o *Options) *string { return &o.SocksPassword }),
	atLeast(InBatchSizeID, "IN_BATCH_SIZE", 1, func(o *Options) *int { return &o.InBatchSize }),
	atLeast(OutBatchSizeID, "OUT_BATCH_SIZE", 1, func(o *Options) *int { return &o.OutBatchSize }),
	atLeast(MulticastHopsID, "MULTICAST_HOPS", 1, func(o *Options) *int { return &o.MulticastHops }),
	flag(MulticastLoopID, "MULTICAST_LOOP", anyInt, func(o *Options) *bool { return &o.MulticastLoop }),
}

// storedRows are options of transports that are not here, or of other systems:
// they are kept and answered, and do nothing else.
var storedRows = []Row{
	atLeast(RateID, "RATE", 1, func(o *Options) *int { return &o.Rate }),
	millis(RecoveryIvlID, "RECOVERY_IVL", 0, func(o *Options) *time.Duration { return &o.RecoveryInterval }),
	atLeast(MulticastMaxTPDUID, "MULTICAST_MAXTPDU", 1, func(o *Options) *int { return &o.MulticastMaxTPDU }),
	flag(LoopbackFastpathID, "LOOPBACK_FASTPATH", anyInt, func(o *Options) *bool { return &o.LoopbackFastpath }),
}

// heartbeatTTL is a time that is kept in whole deciseconds (edge case 46).
func heartbeatTTL() Row {
	r := millis(HeartbeatTTLID, "HEARTBEAT_TTL", 0, func(o *Options) *time.Duration { return &o.HeartbeatTTL })
	set := r.set
	r.set = func(o *Options, b []byte) errno.Errno {
		if n, e := parseInt(b); e != errno.OK || n > ttlMillisMax {
			return errno.EINVAL
		}
		e := set(o, b)
		o.HeartbeatTTL = o.HeartbeatTTL.Truncate(100 * time.Millisecond)
		return e
	}
	return r
}

// ipv4Only is IPV6 the other way round.
func ipv4Only() Row {
	var off bool
	r := flag(IPv4OnlyID, "IPV4ONLY", strict, func(*Options) *bool { return &off })
	r.set = func(o *Options, b []byte) errno.Errno {
		n, e := parseInt(b)
		if e != errno.OK || n != 0 && n != 1 {
			return errno.EINVAL
		}
		o.IPv6 = n == 0
		return errno.OK
	}
	r.get = func(o *Options, dst []byte) []byte {
		if o.IPv6 {
			return AppendInt(dst, 0)
		}
		return AppendInt(dst, 1)
	}
	return r
}

// addAcceptFilter adds "address[/bits]"; nothing at all clears the list.
func addAcceptFilter(o *Options, b []byte) errno.Errno {
	if len(b) == 0 {
		o.AcceptFilters = nil
		return errno.OK
	}
	if len(b) > math.MaxUint8 || len(o.AcceptFilters) >= filtersMax {
		return errno.EINVAL
	}
	p, ok := parsePrefix(strings.TrimRight(string(b), "\x00"))
	if !ok {
		return errno.EINVAL
	}
	o.AcceptFilters = append(slices.Clip(o.AcceptFilters), p)
	return errno.OK
}

// parsePrefix reads an address, all of which must fit, or a network.
func parsePrefix(s string) (netip.Prefix, bool) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		return netip.PrefixFrom(a, a.BitLen()), err == nil && a.Zone() == ""
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err == nil
}

// Accepts reports whether TCP_ACCEPT_FILTER lets an address connect.
func (o *Options) Accepts(a netip.Addr) bool {
	if len(o.AcceptFilters) == 0 {
		return true
	}
	for _, p := range o.AcceptFilters {
		if p.Contains(a) || p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// processFilter is a list of C ints that grows; nothing at all clears it.
func processFilter(id int, name string, p func(*Options) *[]int) Row {
	return Row{ID: id, Name: name, set: func(o *Options, b []byte) errno.Errno {
		list := p(o)
		if len(b) == 0 {
			*list = nil
			return errno.OK
		}
		n, e := parseInt(b)
		if e != errno.OK || len(*list) >= filtersMax {
			return errno.EINVAL
		}
		*list = append(slices.Clip(*list), int(uint32(n)))
		return errno.OK
	}}
}

// FiltersIPC reports whether an IPC_FILTER is set.
func (o *Options) FiltersIPC() bool {
	return len(o.IPCFilterPID) > 0 || len(o.IPCFilterUID) > 0 || len(o.IPCFilterGID) > 0
}

// AcceptsProcess reports whether the IPC_FILTERs let a process connect: any one
// that fits is enough.
func (o *Options) AcceptsProcess(uid, gid, pid int) bool {
	return !o.FiltersIPC() || slices.Contains(o.IPCFilterUID, uid) ||
		slices.Contains(o.IPCFilterGID, gid) || slices.Contains(o.IPCFilterPID, pid)
}

// addMetadata adds "X-name:value". A name that is there already stays; a value of
// 4 bytes in all is taken for an int and refused (edge case 14).
func addMetadata(o *Options, b []byte) errno.Errno {
	name, value, ok := strings.Cut(string(b), ":")
	if len(b) == intSize || !ok || value == "" || !strings.HasPrefix(name, "X-") || len(name) > metadataBytesMax {
		return errno.EINVAL
	}
	at, found := slices.BinarySearchFunc(o.Metadata, name, func(p Property, name string) int {
		return strings.Compare(p.Name, name)
	})
	if found {
		return errno.OK
	}
	if len(o.Metadata) >= metadataMax {
		return errno.EINVAL
	}
	value, _, _ = strings.Cut(value, "\x00")
	o.Metadata = slices.Insert(slices.Clone(o.Metadata), at, Property{name, value})
	return errno.OK
}
