// SPDX-License-Identifier: MPL-2.0

package option

import (
	"math"

	"github.com/zeroloop/zmq/internal/errno"
	"github.com/zeroloop/zmq/internal/z85"
)

// securityRows choose the mechanism as a side effect; the last one that was set
// wins (edge case 76).
var securityRows = []Row{
	{ID: MechanismID, Name: "MECHANISM", exact: true,
		get: func(o *Options, dst []byte) []byte { return AppendInt(dst, o.Mechanism) }},
	serverRole(PlainServerID, "PLAIN_SERVER", MechanismPlain),
	credential(PlainUsernameID, "PLAIN_USERNAME", func(o *Options) *string { return &o.PlainUsername }),
	credential(PlainPasswordID, "PLAIN_PASSWORD", func(o *Options) *string { return &o.PlainPassword }),
	serverRole(CurveServerID, "CURVE_SERVER", MechanismCurve),
	curveKey(CurvePublicKeyID, "CURVE_PUBLICKEY", func(o *Options) *[32]byte { return &o.CurvePublic }),
	curveKey(CurveSecretKeyID, "CURVE_SECRETKEY", func(o *Options) *[32]byte { return &o.CurveSecret }),
	curveKey(CurveServerKeyID, "CURVE_SERVERKEY", func(o *Options) *[32]byte { return &o.CurveServer }).
		then(func(o *Options) { o.AsServer = false }),
	text(ZAPDomainID, "ZAP_DOMAIN", 1, math.MaxUint8, func(o *Options) *string { return &o.ZAPDomain }),
	flag(ZAPEnforceDomainID, "ZAP_ENFORCE_DOMAIN", anyInt, func(o *Options) *bool { return &o.ZAPEnforce }),
	text(WSSKeyPEMID, "WSS_KEY_PEM", 0, math.MaxInt32, func(o *Options) *string { return &o.WSSKeyPEM }).mute(),
	text(WSSCertPEMID, "WSS_CERT_PEM", 0, math.MaxInt32, func(o *Options) *string { return &o.WSSCertPEM }).mute(),
	text(WSSTrustPEMID, "WSS_TRUST_PEM", 0, math.MaxInt32, func(o *Options) *string { return &o.WSSTrustPEM }).mute(),
	text(WSSHostnameID, "WSS_HOSTNAME", 0, math.MaxInt32, func(o *Options) *string { return &o.WSSHostname }).mute(),
	flag(WSSTrustSystemID, "WSS_TRUST_SYSTEM", strict, func(o *Options) *bool { return &o.WSSTrustSystem }).mute(),
}

// serverRole makes the socket a mechanism's server, or, off, one of NULL.
func serverRole(id int, name string, mechanism int) Row {
	r := flag(id, name, strict, func(o *Options) *bool { return &o.AsServer }).then(func(o *Options) {
		o.Mechanism = MechanismNull
		if o.AsServer {
			o.Mechanism = mechanism
		}
	})
	r.get = func(o *Options, dst []byte) []byte {
		if o.AsServer && o.Mechanism == mechanism {
			return AppendInt(dst, 1)
		}
		return AppendInt(dst, 0)
	}
	return r
}

// The forms of a CURVE key: bytes, text, and text with a NUL.
const (
	curveKeyBytes = 32
	curveKeyChars = 40
)

// ParseCurveKey reads a key of 32 bytes, or 40 characters of Z85, which may have a
// NUL behind them.
func ParseCurveKey(b []byte) (key [curveKeyBytes]byte, e errno.Errno) {
	switch {
	case len(b) == curveKeyBytes:
		copy(key[:], b)
		return key, errno.OK
	case len(b) == curveKeyChars+1 && b[curveKeyChars] == 0:
		b = b[:curveKeyChars]
	case len(b) != curveKeyChars:
		return key, errno.EINVAL
	}
	k, err := z85.Decode(string(b))
	if err != nil {
		return key, errno.EINVAL
	}
	copy(key[:], k)
	return key, errno.OK
}

// curveKeyText turns what a key's row has got into text where the buffer is made
// for that.
func curveKeyText(value []byte) []byte {
	text, _ := z85.Append(nil, value) // fails for other sizes only
	return append(text, 0)
}

// curveKey is a key, which makes the socket a CURVE one.
func curveKey(id int, name string, p func(*Options) *[32]byte) Row {
	return Row{
		ID: id, Name: name, exact: true, other: curveKeyText,
		set: func(o *Options, b []byte) errno.Errno {
			key, e := ParseCurveKey(b)
			if e == errno.OK {
				*p(o) = key
				o.Mechanism = MechanismCurve
			}
			return e
		},
		get: func(o *Options, dst []byte) []byte { return append(dst, p(o)[:]...) },
	}
}

// credential is a name or password, which makes the socket a PLAIN client; NULL
// goes back to the NULL mechanism.
func credential(id int, name string, p func(*Options) *string) Row {
	r := text(id, name, 1, math.MaxUint8, p).then(func(o *Options) {
		o.AsServer = false
		o.Mechanism = MechanismPlain
	})
	set := r.set
	r.set = func(o *Options, b []byte) errno.Errno {
		if b == nil {
			o.Mechanism = MechanismNull
			return errno.OK
		}
		return set(o, b)
	}
	return r
}
