// SPDX-License-Identifier: MPL-2.0

package zmtp

// Version is what both ends of a connection speak. Later versions are greater.
type Version uint8

// The versions that a greeting can lead to.
const (
	V1Unversioned Version = iota // ZMTP 1.0 from before there were greetings
	V1                           // ZMTP 1.0 framing behind a greeting
	V2
	V3_0
	V3_1
)

// String returns the version as the RFCs write it.
func (v Version) String() string {
	switch v {
	case V1Unversioned, V1:
		return "1.0"
	case V2:
		return "2.0"
	case V3_0:
		return "3.0"
	}
	return "3.1"
}

// Legacy reports whether frames have the form of ZMTP 1.
func (v Version) Legacy() bool { return v <= V1 }
