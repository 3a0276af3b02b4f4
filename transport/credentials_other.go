// SPDX-License-Identifier: MPL-2.0

//go:build dragonfly || netbsd || openbsd

package transport

// PeerCredentials returns false: these systems do not tell.
func PeerCredentials(int) (Credentials, bool) { return Credentials{}, false }

// credentials returns "": libzmq does not know who an ipc peer is here either.
func credentials(int) string { return "" }
