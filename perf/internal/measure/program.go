// SPDX-License-Identifier: MPL-2.0

package measure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Exit codes of the programs.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// messageBytesMax bounds the size of a message: what a slip of the finger asks
// for should not take the machine's memory.
const messageBytesMax = 1 << 30

// Program is one of the perf programs.
type Program struct {
	Name     string // as it stands in the usage line
	About    string // one sentence for the help text
	Endpoint string // what the first argument is called; "" where there is none
	Count    string // what the last argument is called

	// Run measures and writes its report to w. It returns after everything was
	// sent and all sockets are closed.
	Run func(ctx context.Context, a Args, w io.Writer) error
}

// Args are the arguments of a program.
type Args struct {
	Endpoint string
	Size     int // of each message in bytes
	Count    int // messages, or round trips
}

// Main runs p with the arguments of the process and returns its exit code: 0, 1
// where the measurement failed, 2 for wrong arguments.
func Main(p *Program) int { return p.main(os.Args[1:], os.Stdout, os.Stderr) }

func (p *Program) main(args []string, stdout, stderr io.Writer) int {
	for _, a := range args {
		if a == "-h" || a == "--help" {
			fmt.Fprintf(stdout, "%s\n\n%s\n", p.usage(), p.About)
			return exitOK
		}
	}
	a, err := p.parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n%s\n", p.Name, err, p.usage())
		return exitUsage
	}
	if err := p.Run(context.Background(), a, stdout); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", p.Name, err)
		return exitFailure
	}
	return exitOK
}

// names are the arguments as the usage line calls them.
func (p *Program) names() []string {
	if p.Endpoint == "" {
		return []string{"message-size", p.Count}
	}
	return []string{p.Endpoint, "message-size", p.Count}
}

func (p *Program) usage() string {
	return "usage: " + p.Name + " <" + strings.Join(p.names(), "> <") + ">"
}

// parse reads the arguments, which all programs take in the same order.
func (p *Program) parse(args []string) (a Args, err error) {
	names := p.names()
	if len(args) != len(names) {
		return a, fmt.Errorf("%d arguments, want %d", len(args), len(names))
	}
	if p.Endpoint != "" {
		a.Endpoint = args[0]
		if !strings.Contains(a.Endpoint, "://") {
			return a, fmt.Errorf("<%s> %q is not of the form transport://address", p.Endpoint, a.Endpoint)
		}
		args = args[1:]
	}
	if a.Size, err = number("message-size", args[0], 0, messageBytesMax); err != nil {
		return a, err
	}
	a.Count, err = number(p.Count, args[1], 1, maxCount)
	return a, err
}

// maxCount is as far as libzmq's programs count.
const maxCount = 1<<31 - 1

func number(name, text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		return 0, fmt.Errorf("<%s> %q is not a number", name, text)
	case err != nil || n < low || n > high:
		return 0, fmt.Errorf("<%s> %s is not between %d and %d", name, text, low, high)
	}
	return n, nil
}
