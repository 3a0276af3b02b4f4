// SPDX-License-Identifier: MPL-2.0

package msg

import "sync/atomic"

// Names of properties that every connection has, or may have.
const (
	PropertySocketType  = "Socket-Type"
	PropertyIdentity    = "Identity"
	PropertyRoutingID   = "Routing-Id"
	PropertyUserID      = "User-Id"
	PropertyPeerAddress = "Peer-Address"
	PropertyFD          = "__fd"
)

// Properties are what is known of the peer that sent a message (libzmq
// metadata_t). They are made once for each connection and shared by its messages;
// after the first of these they must not change.
type Properties struct {
	entries []property

	// shared; atomic: see Outside
	outside atomic.Uintptr
}

type property struct{ name, value string }

// Add enters a property, unless there is one of that name already: of what the
// connection, an authenticator and the peer say, the first counts.
func (p *Properties) Add(name, value string) {
	if _, found := p.Get(name); !found {
		p.entries = append(p.entries, property{name, value})
	}
}

// Get returns a property by its name, with case. p may be nil.
func (p *Properties) Get(name string) (value string, found bool) {
	if p == nil {
		return "", false
	}
	for i := range p.entries {
		if p.entries[i].name == name {
			return p.entries[i].value, true
		}
	}
	return "", false
}

// Behind returns a message of the frames of m from n on, and of what is known of
// their sender. It shares m's memory: m is detached and not used any more.
func Behind(m *Msg, n int) Msg {
	b := New(m.Frames()[n:]...)
	b.props = m.props
	return b
}

// Property returns what is known of the peer that a received message came from:
// "Peer-Address", its numeric address without port, or ":uid:gid:pid" for ipc;
// "Socket-Type" and "Identity" as it told them; "User-Id" as the authenticator
// did; "X-…" and whatever else the two said (zmq_msg_gets). False where there is
// no such property: messages made here, or received over inproc, have none, those
// of ZMTP 1 and 2 peers neither.
func (m *Msg) Property(name string) (value string, found bool) {
	if value, found = m.props.Get(name); !found && name == PropertyIdentity {
		return m.props.Get(PropertyRoutingID)
	}
	return value, found
}

// From says whom m was received from. Nothing is stored where that is known
// already, the usual case.
func (m *Msg) From(p *Properties) {
	if m.props != p {
		m.props = p
	}
}

// Each calls f with every property, in no order that means something.
func (p *Properties) Each(f func(name, value string)) {
	for i := range p.entries {
		f(p.entries[i].name, p.entries[i].value)
	}
}

// Outside is a word for whoever keeps the properties in another form too, 0 at
// first: the C interface's own copy. It is swapped from 0 once.
func (p *Properties) Outside() *atomic.Uintptr { return &p.outside }
