// SPDX-License-Identifier: MPL-2.0

package pipe

import "time"

func wait() { time.Sleep(time.Second) }
