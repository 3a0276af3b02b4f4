// SPDX-License-Identifier: MPL-2.0

package pipe

import _ "github.com/zeroloop/zmq/internal/arch"
