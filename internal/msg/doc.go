// SPDX-License-Identifier: MPL-2.0

// Package msg holds the two forms that a message takes outside a pipe: Msg,
// the application's multipart message, and Part, one frame on its way between
// a socket pattern and a pipe.
package msg
