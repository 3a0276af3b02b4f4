// SPDX-License-Identifier: MPL-2.0

package transport

// hasAbstract says that "@name" is a name outside the file system. x/sys turns
// the '@' into the leading NUL and leaves a trailing one out of the length, as
// libzmq does (edge case 144).
const hasAbstract = true
