// SPDX-License-Identifier: MPL-2.0

package zmtp

import "encoding/binary"

// The properties that every READY and INITIATE can carry.
const (
	PropertySocketType = "Socket-Type"
	PropertyIdentity   = "Identity"
)

const valueLenSize = 4

// Property is one entry of a property list.
type Property struct {
	Name, Value []byte
}

// AppendProperty appends one entry; the name has at most 255 bytes.
func AppendProperty(dst []byte, name string, value []byte) []byte {
	dst = binary.BigEndian.AppendUint32(AppendName(dst, name), uint32(len(value)))
	return append(dst, value...)
}

// AppendBasic appends the properties that libzmq sends, in its order:
// Socket-Type, Identity where hasID says so, then extra.
func AppendBasic(dst []byte, typeName string, id []byte, hasID bool, extra []Property) []byte {
	dst = AppendProperty(dst, PropertySocketType, []byte(typeName))
	if hasID {
		dst = AppendProperty(dst, PropertyIdentity, id)
	}
	for i := range extra {
		dst = AppendProperty(dst, string(extra[i].Name), extra[i].Value)
	}
	return dst
}

// AppendReady appends the body of a READY command.
func AppendReady(dst []byte, typeName string, id []byte, hasID bool, extra []Property) []byte {
	return AppendBasic(AppendName(dst, CommandReady), typeName, id, hasID, extra)
}

// Properties walks a property list.
type Properties struct{ rest []byte }

// ParseProperties returns a walk over the entries of list.
func ParseProperties(list []byte) Properties { return Properties{rest: list} }

// Next returns the next entry, as slices of the list; ok is false at its end. A
// list that ends within an entry is an error (libzmq mechanism_t::parse_metadata).
func (p *Properties) Next() (prop Property, ok bool, err error) {
	b := p.rest
	if len(b) == 0 {
		return prop, false, nil
	}
	n := 1 + int(b[0])
	if len(b) < n+valueLenSize {
		return prop, false, fault(ErrorInvalidMetadata, "a property list that ends in a name")
	}
	size := uint64(binary.BigEndian.Uint32(b[n:]))
	value := b[n+valueLenSize:]
	if uint64(len(value)) < size {
		return prop, false, fault(ErrorInvalidMetadata, "a property list that ends in a value")
	}
	p.rest = value[size:]
	return Property{Name: b[1:n], Value: value[:size:size]}, true, nil
}
