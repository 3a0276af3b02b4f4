// SPDX-License-Identifier: MPL-2.0

package peer

import (
	"runtime/debug"
	"strings"
)

// ModuleVersion is the version of a module that this program was built with,
// without the leading v, or "?" if the program does not contain it.
func ModuleVersion(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "?"
	}
	for _, m := range info.Deps {
		if m.Path == path {
			return strings.TrimPrefix(m.Version, "v")
		}
	}
	return "?"
}
