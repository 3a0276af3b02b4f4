// SPDX-License-Identifier: MPL-2.0

// Package peer turns a Go messaging library into a driver process with the
// grammar of package wire. A library supplies Open and, if it has one, Proxy;
// the roles, the timing and the histogram are the same for all.
//
// Reading order: peer.go (what a library supplies, the command line), roles.go
// (what each command does), latency.go, life.go.
package peer

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/zeroloop/zmq/bench/internal/wire"
)

// Config says what socket a role wants.
type Config struct {
	Kind     string // a command of package wire: wire.Push is a PUSH socket, and so on
	Endpoint string // tcp://127.0.0.1:0 binds a port the system chooses
	Connect  bool   // connect to Endpoint instead of binding it
	Size     int    // bytes of one message, for peers whose transport has no messages
	Conns    int    // connections the socket will have in this measurement
	Curve    bool   // secure the connections; who binds is the server
}

// Socket is one endpoint of a pattern, used by one goroutine.
type Socket interface {
	// Endpoint is the bound endpoint with the port the system chose.
	Endpoint() string
	// SendN sends n messages of size bytes with undefined contents, each on
	// its own: a batch interface of the library is not used.
	SendN(size, n int) error
	// RecvN receives n messages and returns the sum of their sizes.
	RecvN(n int) (bytes int64, err error)
	// Serve sends each message back to where it came from until it fails.
	// Only for wire.Rep and wire.Router.
	Serve() error
}

// Library is one peer of the comparison.
type Library struct {
	Version  string   // name and version, as shown in the report
	Commands []string // what it can do; nil for all
	Open     func(Config) (Socket, error)
	Curve    bool     // Open heeds Config.Curve
	More     []string // what it can do besides, where Commands is nil
	// OpenProxy binds both sides of the proxy that kind, a command of package
	// wire, names; run forwards until it fails. Nil if the library has no proxy.
	OpenProxy func(kind, front, back string) (bound [2]string, run func() error, err error)
	// Turn is how many messages of a size a sender with several connections
	// gives to each in turn. Nil is 1.
	Turn func(size int) int
}

// args is the parsed command line of a role.
type args struct {
	Config
	back  string // proxy only
	count int
	life  *life
}

type role func(*Library, args) error

// roles is in the order in which version lists the commands.
var roles = []struct {
	name string
	run  role
}{
	{wire.Pull, rolePull}, {wire.Push, rolePush},
	{wire.Rep, roleServe}, {wire.Req, roleReq},
	{wire.Pub, rolePub}, {wire.Sub, roleSub},
	{wire.Router, roleServe}, {wire.Dealer, roleDealer},
	{wire.Proxy, roleProxy},
	{wire.InprocThr, roleInprocThr}, {wire.InprocLat, roleInprocLat},
	{wire.PairServe, roleServe}, {wire.Pair, roleReq}, {wire.InprocPair, roleInprocPair},
	{wire.PubProxy, roleProxy}, {wire.CallProxy, roleProxy},
	{wire.SharedPush, roleSharedPush}, {wire.RatePush, roleRatePush}, {wire.RatePull, roleRatePull},
	{wire.IdleServer, roleIdleServer}, {wire.IdleClient, roleIdleClient}, {wire.Topics, roleTopics},
}

// plainRoles is how many of roles every library has.
const plainRoles = 11

// Main runs the command line of a driver and never returns.
func Main(l Library) {
	if err := run(&l, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(l *Library, argv []string) error {
	if len(argv) == 0 {
		return errors.New("usage: version | <command> <arguments>")
	}
	if argv[0] == "version" {
		return json.NewEncoder(os.Stdout).Encode(wire.Version{Version: l.Version, Commands: l.commands()})
	}
	name, curve := strings.CutPrefix(argv[0], wire.CurvePrefix)
	for _, r := range roles {
		if r.name != name || !(wire.Version{Commands: l.commands()}).Has(argv[0]) {
			continue
		}
		a, err := parse(name, argv[1:])
		if err != nil {
			return err
		}
		a.Curve = curve
		a.life = watchStdin()
		return r.run(l, a)
	}
	return fmt.Errorf("unknown command: %s", argv[0])
}

func (l *Library) commands() []string {
	var all []string
	for _, r := range roles[:plainRoles] {
		if r.name != wire.Proxy || l.OpenProxy != nil {
			all = append(all, r.name)
		}
	}
	if l.Curve {
		all = append(all, wire.CurvePull, wire.CurvePush, wire.CurveRep, wire.CurveReq)
	}
	if l.Commands != nil {
		return l.Commands
	}
	return append(all, l.More...)
}

// parse reads the arguments after the command; see package wire.
func parse(command string, argv []string) (args, error) {
	a := args{Config: Config{Kind: command, Conns: 1}, count: 1}
	if !strings.HasPrefix(command, "inproc") && command != wire.Topics {
		if len(argv) == 0 {
			return a, fmt.Errorf("%s: an endpoint is missing", command)
		}
		switch command {
		case wire.Push, wire.Req, wire.Sub, wire.Dealer, wire.Pair, wire.SharedPush, wire.RatePush, wire.IdleClient:
			a.Connect = true
		}
		a.Endpoint = argv[0]
		if mark := strings.IndexAny(a.Endpoint, "@>"); mark == 0 {
			a.Connect = a.Endpoint[0] == '>'
			a.Endpoint = a.Endpoint[1:]
		}
		argv = argv[1:]
	}
	switch command {
	case wire.Proxy, wire.PubProxy, wire.CallProxy:
		if len(argv) != 1 {
			return a, errors.New("usage: proxy <front> <back>")
		}
		a.back = strings.TrimPrefix(argv[0], "@")
		return a, nil
	}
	numbers := []*int{&a.Size, &a.count, &a.Conns}
	if len(argv) == 0 || len(argv) > len(numbers) {
		return a, fmt.Errorf("usage: %s [endpoint] <size> [count] [conns]", command)
	}
	for i, text := range argv {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return a, fmt.Errorf("%s: %q is not a number of at least 1", command, text)
		}
		*numbers[i] = n
	}
	return a, nil
}
