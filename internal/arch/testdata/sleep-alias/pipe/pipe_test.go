// SPDX-License-Identifier: MPL-2.0

package pipe

import clock "time"

var wait = clock.Sleep
