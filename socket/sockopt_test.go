// SPDX-License-Identifier: MPL-2.0

package socket_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/option"
	"github.com/zeroloop/zmq/internal/z85"
	"github.com/zeroloop/zmq/socket"
)

// openType makes a socket of a type in a context of its own.
func openType(t *testing.T, typ int) *socket.Base {
	t.Helper()
	c := socket.NewCtx()
	b, err := c.New(typ, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.Close()
		if err := c.Term(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b
}

func cInt(n int) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(int32(n))) }

// getInt reads an option of 4 bytes.
func getInt(t *testing.T, b *socket.Base, id int) int {
	t.Helper()
	var buf [4]byte
	if n, err := b.GetSockOpt(id, buf[:]); err != nil || n != 4 {
		t.Fatalf("option %d: %d bytes, %v", id, n, err)
	}
	return int(int32(binary.NativeEndian.Uint32(buf[:])))
}

// intOptions are the options with an int value that can be set and got: defaults
// and limits as in zmq_setsockopt(3).
var intOptions = []struct {
	id, def, low, high int
}{
	{option.RateID, 100, 1, math.MaxInt32},
	{option.RecoveryIvlID, 10000, 0, math.MaxInt32},
	{option.SndbufID, -1, -1, math.MaxInt32},
	{option.RcvbufID, -1, -1, math.MaxInt32},
	{option.LingerID, -1, -1, math.MaxInt32},
	{option.ReconnectIvlID, 100, -1, math.MaxInt32},
	{option.BacklogID, 100, 0, math.MaxInt32},
	{option.ReconnectIvlMaxID, 0, 0, math.MaxInt32},
	{option.SndHWMID, 1000, 0, math.MaxInt32},
	{option.RcvHWMID, 1000, 0, math.MaxInt32},
	{option.MulticastHopsID, 1, 1, math.MaxInt32},
	{option.RcvTimeoID, -1, -1, math.MaxInt32},
	{option.SndTimeoID, -1, -1, math.MaxInt32},
	{option.IPv4OnlyID, 1, 0, 1},
	{option.TCPKeepaliveID, -1, -1, 1},
	{option.TCPKeepaliveCntID, -1, -1, math.MaxInt32},
	{option.TCPKeepaliveIdleID, -1, -1, math.MaxInt32},
	{option.TCPKeepaliveIntvlID, -1, -1, math.MaxInt32},
	{option.ImmediateID, 0, 0, 1},
	{option.IPv6ID, 0, 0, 1},
	{option.PlainServerID, 0, 0, 1},
	{option.CurveServerID, 0, 0, 1},
	{option.ConflateID, 0, 0, 1},
	{option.TOSID, 0, 0, math.MaxInt32},
	{option.HandshakeIvlID, 30000, 0, math.MaxInt32},
	{option.HeartbeatIvlID, 0, 0, math.MaxInt32},
	{option.ConnectTimeoutID, 0, 0, math.MaxInt32},
	{option.TCPMaxRTID, 0, 0, math.MaxInt32},
	{option.MulticastMaxTPDUID, 1500, 1, math.MaxInt32},
	{option.UseFDID, -1, -1, math.MaxInt32},
	{option.RouterNotifyID, 0, 0, 3},
	{option.InBatchSizeID, 8192, 1, math.MaxInt32},
	{option.OutBatchSizeID, 8192, 1, math.MaxInt32},
	{option.PriorityID, 0, 0, math.MaxInt32},
}

// TestSockOptInts: defaults, limits and sizes of the options that are ints; a
// value that is refused changes nothing.
func TestSockOptInts(t *testing.T) {
	b := openType(t, option.Router)
	for _, c := range intOptions {
		if got := getInt(t, b, c.id); got != c.def {
			t.Errorf("option %d is %d, want %d", c.id, got, c.def)
		}
		for _, n := range []int{c.low, c.high} {
			if err := b.SetSockOpt(c.id, cInt(n)); err != nil {
				t.Errorf("option %d refuses %d: %v", c.id, n, err)
			}
			if got := getInt(t, b, c.id); got != n {
				t.Errorf("option %d is %d after it was set to %d", c.id, got, n)
			}
		}
		bad := [][]byte{nil, {}, {1}, make([]byte, 5), make([]byte, 8), cInt(c.low - 1)}
		if c.high != math.MaxInt32 {
			bad = append(bad, cInt(c.high+1))
		}
		for _, v := range bad {
			if err := b.SetSockOpt(c.id, v); !errors.Is(err, errno.EINVAL) {
				t.Errorf("option %d takes %x: %v", c.id, v, err)
			}
		}
		if got := getInt(t, b, c.id); got != c.high {
			t.Errorf("option %d is %d after refusals, want %d", c.id, got, c.high)
		}
		for _, size := range []int{0, 3, 5} {
			if _, err := b.GetSockOpt(c.id, make([]byte, size)); !errors.Is(err, errno.EINVAL) {
				t.Errorf("option %d fills %d bytes: %v", c.id, size, err)
			}
		}
	}
}

// TestSockOptTruths: options that take any int, with their defaults: as it is, or as
// whether it is 0.
func TestSockOptTruths(t *testing.T) {
	for _, c := range []struct {
		id, def int
		truth   bool
	}{
		{option.InvertMatchingID, 0, true}, {option.ZAPEnforceDomainID, 0, true}, {option.LoopbackFastpathID, 0, true},
		{option.MulticastLoopID, 1, true}, {option.ReconnectStopID, 0, false}, {option.BusyPollID, 0, false},
	} {
		b := openType(t, option.Sub)
		if got := getInt(t, b, c.id); got != c.def {
			t.Errorf("option %d is %d, want %d", c.id, got, c.def)
		}
		for _, n := range []int{7, math.MinInt32, 0, math.MaxInt32, -1} {
			want := n
			if c.truth && n != 0 {
				want = 1
			}
			if err := b.SetSockOpt(c.id, cInt(n)); err != nil || getInt(t, b, c.id) != want {
				t.Errorf("option %d is %d after it was set to %d: %v", c.id, getInt(t, b, c.id), n, err)
			}
		}
		if err := b.SetSockOpt(c.id, []byte{1}); !errors.Is(err, errno.EINVAL) {
			t.Errorf("option %d takes a byte: %v", c.id, err)
		}
	}
}

// TestSockOptWords: options of 64 bits, of both signs, and of nothing else.
func TestSockOptWords(t *testing.T) {
	for id, def := range map[int]uint64{option.AffinityID: 0, option.MaxMsgSizeID: math.MaxUint64} {
		b := openType(t, option.Push)
		for _, n := range []uint64{def, 0, 1, 1 << 63, math.MaxUint64} {
			var buf [8]byte
			size, err := b.GetSockOpt(id, buf[:])
			if err != nil || size != 8 || binary.NativeEndian.Uint64(buf[:]) != def {
				t.Errorf("option %d is %x, want %x; %v", id, buf, def, err)
			}
			if err := b.SetSockOpt(id, binary.NativeEndian.AppendUint64(nil, n)); err != nil {
				t.Errorf("option %d refuses %x: %v", id, n, err)
			}
			def = n
		}
		for _, size := range []int{0, 4, 7, 9} {
			if err := b.SetSockOpt(id, make([]byte, size)); !errors.Is(err, errno.EINVAL) {
				t.Errorf("option %d takes %d bytes: %v", id, size, err)
			}
			if _, err := b.GetSockOpt(id, make([]byte, size)); !errors.Is(err, errno.EINVAL) {
				t.Errorf("option %d fills %d bytes: %v", id, size, err)
			}
		}
	}
}

// TestSockOptHeartbeats: its default stands for the interval and cannot be set;
// the time to live is kept in deciseconds.
func TestSockOptHeartbeats(t *testing.T) {
	b := openType(t, option.Dealer)
	if got := getInt(t, b, option.HeartbeatTimeoutID); got != -1 {
		t.Errorf("HEARTBEAT_TIMEOUT is %d", got)
	}
	if err := b.SetSockOpt(option.HeartbeatTimeoutID, cInt(-1)); !errors.Is(err, errno.EINVAL) {
		t.Errorf("HEARTBEAT_TIMEOUT -1: %v", err)
	}
	for id, steps := range map[int][][2]int{
		option.HeartbeatTimeoutID: {{0, 0}, {1, 1}, {math.MaxInt32, math.MaxInt32}},
		option.HeartbeatTTLID:     {{0, 0}, {99, 0}, {100, 100}, {6553599, 6553500}},
	} {
		for _, x := range steps {
			if err := b.SetSockOpt(id, cInt(x[0])); err != nil || getInt(t, b, id) != x[1] {
				t.Errorf("option %d is %d after it was set to %d: %v", id, getInt(t, b, id), x[0], err)
			}
		}
	}
	if err := b.SetSockOpt(option.HeartbeatTTLID, cInt(6553600)); !errors.Is(err, errno.EINVAL) {
		t.Errorf("HEARTBEAT_TTL 6553600: %v", err)
	}
}

// TestSockOptSideEffects: options of XPUB that set another one.
func TestSockOptSideEffects(t *testing.T) {
	o := option.Defaults(option.XPub)
	for i, c := range []struct {
		id, value                          int
		verbose, verboser, manual, manual1 bool
	}{
		{option.XPubVerboserID, 1, true, true, false, false},
		{option.XPubVerboseID, 1, true, false, false, false},
		{option.XPubVerboserID, 0, false, false, false, false},
		{option.XPubManualLastValueID, 1, false, false, true, true},
		{option.XPubManualLastValueID, 0, false, false, false, false},
	} {
		if e := option.SetInt(&o, c.id, c.value); e != errno.OK {
			t.Error(e)
		}
		got := []bool{o.XPubVerbose, o.XPubVerboser, o.XPubManual, o.XPubManualLast}
		if want := []bool{c.verbose, c.verboser, c.manual, c.manual1}; !slices.Equal(got, want) {
			t.Errorf("after step %d: %v, want %v", i, got, want)
		}
	}
}

// TestSockOptTypes: an option that belongs to some socket types is refused by the
// others, and one that can only be set cannot be got.
func TestSockOptTypes(t *testing.T) {
	for id, takers := range map[int][]int{
		option.RouterMandatoryID:        {option.Router, option.Rep},
		option.RouterHandoverID:         {option.Router, option.Rep},
		option.RouterRawID:              {option.Router, option.Rep},
		option.ProbeRouterID:            {option.Router, option.Rep, option.Dealer, option.Req},
		option.ReqCorrelateID:           {option.Req},
		option.ReqRelaxedID:             {option.Req},
		option.XPubVerboseID:            {option.XPub, option.Pub},
		option.XPubVerboserID:           {option.XPub, option.Pub},
		option.XPubNoDropID:             {option.XPub, option.Pub, option.Radio},
		option.XPubManualID:             {option.XPub, option.Pub},
		option.XPubManualLastValueID:    {option.XPub, option.Pub},
		option.OnlyFirstSubscribeID:     {option.XPub, option.Pub, option.XSub},
		option.XSubVerboseUnsubscribeID: {option.XSub},
		option.StreamNotifyID:           {option.Stream},
		option.ConnectRoutingIDID:       {option.Router, option.Rep, option.Stream}, // an int is four bytes
		option.XPubWelcomeMsgID:         {option.XPub, option.Pub},
		option.SubscribeID:              {option.Sub},
		option.UnsubscribeID:            {option.Sub},
	} {
		for typ := option.Pair; typ <= option.Channel; typ++ {
			b := openType(t, typ)
			taken := b.SetSockOpt(id, cInt(1)) == nil
			want := false
			for _, x := range takers {
				want = want || x == typ
			}
			if taken != want {
				t.Errorf("option %d taken by %s: %t, want %t", id, socket.TypeName(typ), taken, want)
			}
			if _, err := b.GetSockOpt(id, make([]byte, 4)); !errors.Is(err, errno.EINVAL) {
				t.Errorf("option %d can be got from %s: %v", id, socket.TypeName(typ), err)
			}
		}
	}
}

// TestSockOptTexts: strings come back with a NUL and the rest of the buffer zeroed.
func TestSockOptTexts(t *testing.T) {
	b := openType(t, option.Dealer)
	for _, c := range []struct {
		id       int
		value    string
		longest  int
		empty    bool // may be set to nothing
		nul      bool
		sideways int // the mechanism that it chooses
	}{
		{option.RoutingIDID, "me", 255, false, false, 0},
		{option.BindToDeviceID, "lo", 16, true, true, 0},
		{option.ZAPDomainID, "global", 255, false, true, 0},
		{option.SocksProxyID, "127.0.0.1:1080", 4096, true, true, 0},
		{option.SocksUsernameID, "u", 255, true, true, 0},
		{option.SocksPasswordID, "p", 255, true, true, 0},
		{option.PlainUsernameID, "admin", 255, false, true, option.MechanismPlain},
		{option.PlainPasswordID, "secret", 255, false, true, option.MechanismPlain},
	} {
		want := []byte(c.value)
		if c.nul {
			want = append(want, 0)
		}
		if err := b.SetSockOpt(c.id, []byte(c.value)); err != nil {
			t.Errorf("option %d refuses %q: %v", c.id, c.value, err)
		}
		buf := bytes.Repeat([]byte{0xee}, len(want)+7)
		n, err := b.GetSockOpt(c.id, buf)
		if err != nil || !bytes.Equal(buf[:n], want) || !bytes.Equal(buf[n:], make([]byte, 7)) {
			t.Errorf("option %d is %q (%d), %v", c.id, buf, n, err)
		}
		if _, err := b.GetSockOpt(c.id, buf[:len(want)-1]); !errors.Is(err, errno.EINVAL) {
			t.Errorf("option %d fills a buffer that is too short: %v", c.id, err)
		}
		if err := b.SetSockOpt(c.id, []byte{}); (err == nil) != c.empty {
			t.Errorf("option %d set to nothing: %v", c.id, err)
		}
		if err := b.SetSockOpt(c.id, bytes.Repeat([]byte{'x'}, c.longest)); err != nil {
			t.Errorf("option %d refuses its longest value: %v", c.id, err)
		}
		if c.longest <= 255 {
			if err := b.SetSockOpt(c.id, bytes.Repeat([]byte{'x'}, c.longest+1)); !errors.Is(err, errno.EINVAL) {
				t.Errorf("option %d takes too much: %v", c.id, err)
			}
		}
		if got := getInt(t, b, option.MechanismID); got != c.sideways {
			t.Errorf("after option %d the mechanism is %d, want %d", c.id, got, c.sideways)
		}
	}
	if err := b.SetSockOpt(option.PlainUsernameID, nil); err != nil || getInt(t, b, option.MechanismID) != 0 {
		t.Errorf("NULL does not reset the mechanism: %v", err)
	}
}

// TestSockOptCurveKeys: a key chooses CURVE; the server's key also the client's
// role.
func TestSockOptCurveKeys(t *testing.T) {
	b := openType(t, option.Dealer)
	key := bytes.Repeat([]byte{7}, 32)
	for _, id := range []int{option.CurvePublicKeyID, option.CurveSecretKeyID, option.CurveServerKeyID} {
		if err := b.SetSockOpt(option.CurveServerID, cInt(1)); err != nil {
			t.Fatal(err)
		}
		if err := b.SetSockOpt(id, key); err != nil {
			t.Errorf("key %d: %v", id, err)
		}
		var got [32]byte
		if n, err := b.GetSockOpt(id, got[:]); err != nil || !bytes.Equal(got[:n], key) {
			t.Errorf("key %d is %x, %v", id, got[:n], err)
		}
		if m := getInt(t, b, option.MechanismID); m != option.MechanismCurve {
			t.Errorf("after key %d the mechanism is %d", id, m)
		}
		if server := getInt(t, b, option.CurveServerID); (server == 0) != (id == option.CurveServerKeyID) {
			t.Errorf("after key %d the socket's role as server is %d", id, server)
		}
		// The same key as text, with a NUL and without, and back.
		text, _ := z85.Encode(key)
		var back [41]byte
		for _, form := range []string{text, text + "\x00"} {
			if err := b.SetSockOpt(id, make([]byte, 32)); err != nil {
				t.Error(err)
			}
			if err := b.SetSockOpt(id, []byte(form)); err != nil {
				t.Errorf("key %d as %q: %v", id, form, err)
			}
			if n, err := b.GetSockOpt(id, back[:]); err != nil || string(back[:n]) != text+"\x00" {
				t.Errorf("key %d is %q, %v", id, back[:n], err)
			}
		}
		for _, bad := range []string{text[:39], text + "x", text + "\x00\x00", " " + text[1:]} {
			if err := b.SetSockOpt(id, []byte(bad)); !errors.Is(err, errno.EINVAL) {
				t.Errorf("key %d takes %q: %v", id, bad, err)
			}
		}
		if err := b.SetSockOpt(id, key[:31]); !errors.Is(err, errno.EINVAL) {
			t.Errorf("key %d takes 31 bytes: %v", id, err)
		}
	}
}

// TestSockOptSpecial: those that ask the socket itself.
func TestSockOptSpecial(t *testing.T) {
	b := openType(t, option.XPub)
	if err := b.Bind("inproc://special"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64)
	if n, err := b.GetSockOpt(option.LastEndpointID, buf); err != nil || string(buf[:n]) != "inproc://special\x00" {
		t.Errorf("LAST_ENDPOINT is %q, %v", buf[:n], err)
	}
	for id, want := range map[int]int{
		option.TypeID: option.XPub, option.RcvmoreID: 0, option.ThreadSafeID: 0,
		option.EventsID: socket.PollOut, option.TopicsCountID: 0,
	} {
		if got := getInt(t, b, id); got != want {
			t.Errorf("option %d is %d, want %d", id, got, want)
		}
	}
	for _, id := range []int{option.EventsID, option.TopicsCountID, option.RcvmoreID, option.ThreadSafeID} {
		if n, err := b.GetSockOpt(id, buf); err != nil || n != 4 {
			t.Errorf("option %d in a larger buffer: %d bytes, %v", id, n, err)
		}
	}
	for _, id := range []int{-1, 0, 1, 10, 67, 1000, math.MinInt32, option.GSSAPIServerID} {
		if _, err := b.GetSockOpt(id, buf); !errors.Is(err, errno.EINVAL) {
			t.Errorf("option %d can be got: %v", id, err)
		}
		if err := b.SetSockOpt(id, cInt(1)); !errors.Is(err, errno.EINVAL) {
			t.Errorf("option %d can be set: %v", id, err)
		}
	}
	if _, err := openType(t, option.Pull).GetSockOpt(option.TopicsCountID, buf); !errors.Is(err, errno.EINVAL) {
		t.Errorf("a PULL has topics: %v", err)
	}
}

// TestSockOptMetadata: X- names only, values of 4 bytes in all are refused as
// libzmq does.
func TestSockOptMetadata(t *testing.T) {
	b := openType(t, option.Push)
	for value, ok := range map[string]bool{
		"X-key:value": true, "X-key:other": true, "X-a:b:c": true,
		"X-:1": false, "X-:12": true, "key:value": false, "X-key": false, "X-key:": false, ":v": false, "": false,
	} {
		if err := b.SetSockOpt(option.MetadataID, []byte(value)); (err == nil) != ok {
			t.Errorf("METADATA %q: %v", value, err)
		}
	}
}

// TestSockOptAfterTheEnd: ETERM after the context's end, ENOTSOCK after the
// socket's.
func TestSockOptAfterTheEnd(t *testing.T) {
	c := socket.NewCtx()
	b, err := c.New(option.Pull, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Shutdown()
	check := func(want errno.Errno) {
		t.Helper()
		if err := b.SetSockOpt(option.LingerID, cInt(0)); !errors.Is(err, want) {
			t.Errorf("set: %v, want %v", err, want)
		}
		if _, err := b.GetSockOpt(option.LingerID, make([]byte, 4)); !errors.Is(err, want) {
			t.Errorf("get: %v, want %v", err, want)
		}
	}
	check(errno.ETERM)
	_ = b.Close()
	check(errno.ENOTSOCK)
	if err := c.Term(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestCtxOpts: the context's options by number.
func TestCtxOpts(t *testing.T) {
	c := socket.NewCtx()
	get := func(id int) int {
		t.Helper()
		var buf [4]byte
		if n, err := c.GetOpt(id, buf[:]); err != nil || n != 4 {
			t.Fatalf("context option %d: %d bytes, %v", id, n, err)
		}
		return int(int32(binary.NativeEndian.Uint32(buf[:])))
	}
	for _, x := range []struct{ id, def, low, high int }{
		{option.CtxIOThreadsID, 1, 0, 16},
		{option.CtxMaxSocketsID, 1023, 1, 65535},
		{option.CtxMaxMsgSizeID, math.MaxInt32, 0, math.MaxInt32},
		{option.CtxThreadSchedPolicyID, -1, 0, 3},
		{option.CtxIPv6ID, 0, 0, 1},
		{option.CtxBlockyID, 1, 0, 1},
		{option.CtxZeroCopyRecvID, 1, 0, 1},
	} {
		if got := get(x.id); got != x.def {
			t.Errorf("context option %d is %d, want %d", x.id, got, x.def)
		}
		for _, n := range []int{x.low, x.high} {
			if err := c.SetOpt(x.id, cInt(n)); err != nil || get(x.id) != n {
				t.Errorf("context option %d set to %d: %v", x.id, n, err)
			}
		}
		if err := c.SetOpt(x.id, cInt(x.low-1)); !errors.Is(err, errno.EINVAL) {
			t.Errorf("context option %d takes %d: %v", x.id, x.low-1, err)
		}
	}
	for _, id := range []int{option.CtxIPv6ID, option.CtxBlockyID, option.CtxZeroCopyRecvID} {
		if err := c.SetOpt(id, cInt(7)); err != nil || get(id) != 1 {
			t.Errorf("context option %d is %d after it was set to 7: %v", id, get(id), err)
		}
	}
	if n := get(option.CtxThreadNamePrefixID); n != 0 {
		t.Errorf("THREAD_NAME_PREFIX is %d", n)
	}
	if get(option.CtxSocketLimitID) != 65535 || get(option.CtxMsgTSizeID) != 64 {
		t.Error("SOCKET_LIMIT or MSG_T_SIZE is wrong")
	}
	if err := c.SetOpt(option.CtxMaxSocketsID, cInt(65536)); !errors.Is(err, errno.EINVAL) {
		t.Errorf("MAX_SOCKETS above SOCKET_LIMIT: %v", err)
	}
	for _, step := range []struct {
		id, cpu int
		ok      bool
	}{{8, 3, false}, {7, 3, true}, {7, 3, true}, {8, 3, true}, {8, 3, false}, {7, -1, false}} {
		if err := c.SetOpt(step.id, cInt(step.cpu)); (err == nil) != step.ok {
			t.Errorf("context option %d, cpu %d: %v", step.id, step.cpu, err)
		}
	}
	buf := make([]byte, 32)
	for _, n := range []int{0, 1234, -1} {
		if err := c.SetOpt(option.CtxThreadNamePrefixID, cInt(n)); err != nil || get(option.CtxThreadNamePrefixID) != n {
			t.Errorf("THREAD_NAME_PREFIX %d as a number: %v", n, err)
		}
	}
	if err := c.SetOpt(option.CtxThreadNamePrefixID, []byte("worker")); err != nil || get(option.CtxThreadNamePrefixID) != 0 {
		t.Error(err)
	}
	if n, err := c.GetOpt(option.CtxThreadNamePrefixID, buf); err != nil || string(buf[:n]) != "worker\x00" {
		t.Errorf("THREAD_NAME_PREFIX is %q, %v", buf[:n], err)
	}
	if err := c.SetOpt(option.CtxThreadNamePrefixID, make([]byte, 17)); !errors.Is(err, errno.EINVAL) {
		t.Errorf("THREAD_NAME_PREFIX takes 17 bytes: %v", err)
	}
}

// TestOptionTable: every row that can be got and set takes its own value back,
// whatever the socket type; no two have one number.
func TestOptionTable(t *testing.T) {
	seen := make(map[int]bool)
	for _, r := range option.Rows() {
		if seen[r.ID] || r.Name == "" || option.Find(r.ID).Name != r.Name {
			t.Errorf("option %d is there twice, or has no name", r.ID)
		}
		seen[r.ID] = true
		for typ := option.Pair; typ <= option.Channel; typ++ {
			o := option.Defaults(typ)
			buf := make([]byte, 64)
			var value []byte
			for _, size := range []int{4, 8, 32, 64} {
				if n, e := option.Get(&o, r.ID, buf[:size]); e == errno.OK {
					value = buf[:n]
					break
				}
			}
			if (value != nil) != r.Gettable() {
				t.Errorf("option %s (%d) of type %d is %x", r.Name, r.ID, typ, value)
			}
			if !r.Gettable() || !r.Settable(typ) || len(value) == 0 {
				continue
			}
			if r.IsText() {
				value = []byte("x")
			}
			e := option.Set(&o, r.ID, value)
			// The default of HEARTBEAT_TIMEOUT is a value that cannot be set.
			if (e == errno.OK) == (r.ID == option.HeartbeatTimeoutID) {
				t.Errorf("option %s (%d) of type %d refuses %x: %v", r.Name, r.ID, typ, value, e)
			}
		}
	}
}
