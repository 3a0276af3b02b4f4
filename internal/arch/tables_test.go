// SPDX-License-Identifier: MPL-2.0

package arch

import "strings"

// modulePath is the import path of the module's root package.
const modulePath = "github.com/zeroloop/zmq"

// The sizes in lines, from the first to the last, comments included.
const (
	fileLinesMax = 700
	funcLinesMax = 70
)

// layers says on which line of the picture each package stands. A package
// imports packages of lower lines only. In a family all packages below the
// path stand on the line too, and may import each other.
var layers = []struct {
	pkg    string // path in the module; "" is the root package
	line   int
	family bool
}{
	{"cmd", 7, true},
	{"perf", 7, true},
	{"bench", 7, true},
	{"interop", 7, true},
	{"spec", 7, true},

	{"", 6, false},

	{"socket", 5, false},

	{"engine", 4, false},
	{"internal/simnet", 4, false},

	{"pipe", 3, false},
	{"transport", 3, false},
	{"engine/mechanism", 3, false},

	{"reactor", 2, false},
	{"engine/zmtp", 2, false},

	{"poller", 1, false},
	{"pipe/ypipe", 1, false},
	{"internal/msg", 1, false},
	{"internal/option", 1, false},
	{"internal/mtrie", 1, false},

	{"internal/arch", 0, false},
	{"internal/invariant", 0, false},
	{"internal/biased", 0, false},
	{"internal/errno", 0, false},
	{"internal/buf", 0, false},
	{"internal/leaktest", 0, false},
	{"internal/z85", 0, false},
}

// testOnly lists packages that only _test.go files may import, and noImport
// those that nobody may.
var (
	testOnly = []string{"internal/leaktest", "internal/simnet"}
	noImport = []string{"internal/arch"}
)

// thirdParty says which packages of other modules the shipped code may import,
// and where: in the packages listed and those below them, or anywhere.
var thirdParty = []struct {
	path  string // with its sub-packages if it ends in a slash
	into  []string
	where string // for the finding
}{
	{"golang.org/x/sys/", nil, "anywhere"},
	{"github.com/valyala/bytebufferpool", nil, "anywhere"},
	{"github.com/panjf2000/gnet/v2/pkg/socket", []string{"transport"}, "transport"},
	{"golang.org/x/crypto/", []string{"engine/mechanism"}, "engine/mechanism"},
	{"github.com/gobwas/ws", []string{"engine", "transport"}, "engine, transport"},
	{"github.com/alecthomas/kong", []string{"cmd"}, "cmd"},
	{"github.com/HdrHistogram/hdrhistogram-go", []string{"cmd"}, "cmd"},
}

// cgoAllowed lists where import "C" is allowed.
var cgoAllowed = []string{"cmd/libzmq", "bench"}

// bannedNames are names of files and directories that say nothing. A version
// like v2 is banned too, but for the versions of the protocol in zmtpVersions.
var bannedNames = []string{
	"util", "utils", "common", "helper", "helpers", "types", "misc", "new", "old", "stuff", "tmp",
}

// zmtpVersions is the one directory whose files may be called v1, v2, v3.
const zmtpVersions = "engine/zmtp"

// sizeExceptions lists what may be longer than the bounds, with the reason: a
// file by its path, a function by path and name like "pipe/pipe.go Pipe.Read".
// An entry that is not needed any more is a finding.
var sizeExceptions = map[string]string{}

// layerOf returns the line of a package and the family it belongs to.
func layerOf(pkg string) (line int, family string, known bool) {
	for _, l := range layers {
		if l.pkg == pkg || l.family && isBelow(pkg, l.pkg) {
			if l.family {
				family = l.pkg
			}
			return l.line, family, true
		}
	}
	return 0, "", false
}

// isBelow reports whether pkg is dir or in it.
func isBelow(pkg, dir string) bool {
	return pkg == dir || strings.HasPrefix(pkg, dir+"/")
}

// isBelowAny reports whether pkg is one of dirs or in one of them.
func isBelowAny(pkg string, dirs []string) bool {
	for _, dir := range dirs {
		if isBelow(pkg, dir) {
			return true
		}
	}
	return false
}
