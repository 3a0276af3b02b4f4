// SPDX-License-Identifier: MPL-2.0

//go:build !race && !invariants

package buf

// checked says that references are watched for being released too often; not here.
const checked = false
