// SPDX-License-Identifier: MPL-2.0

// Command zmq shows what ZeroMQ does, without any set-up: both ends of every
// connection are in the one process.
//
//	zmq demo
//	zmq curve keygen
//	zmq version
//
// Next: demo.go, patterns.go, figures.go; curve.go.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
	zmq "github.com/zeroloop/zmq"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

const about = `ZeroMQ in pure Go.

Brokerless messaging between goroutines, processes and machines: request-reply,
publish-subscribe, pipelines. "zmq demo" shows all three in a few seconds, with
nothing to install and nothing to configure.`

// commands are the subcommands and their flags.
type commands struct {
	Demo    demoCommand    `cmd:"" help:"Show request-reply, publish-subscribe and a pipeline, both ends in this process, and measure them. Takes about two seconds."`
	Curve   curveCommand   `cmd:"" help:"Keys of CURVE, the encryption of ZeroMQ."`
	Version versionCommand `cmd:"" help:"Print the versions of this program, of Go, and of the libzmq and ZMTP that it follows."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// exit is what kong's exit function panics with, after the help text.
type exit int

// run is the program but for its surroundings. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	var c commands
	parser, err := kong.New(&c,
		kong.Name("zmq"),
		kong.Description(about),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 80}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(stdout, (*io.Writer)(nil)))
	if err != nil {
		fmt.Fprintln(stderr, "zmq:", err)
		return exitFailure
	}
	defer func() {
		if e := recover(); e != nil {
			x, ours := e.(exit)
			if !ours {
				panic(e)
			}
			code = int(x)
		}
	}()
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "zmq: %v\nRun \"zmq --help\" for usage.\n", err)
		return exitUsage
	}
	if err := command.Run(); err != nil {
		fmt.Fprintln(stderr, "zmq:", err)
		return exitFailure
	}
	return exitOK
}

// versionCommand prints versions.
type versionCommand struct{}

// Run does it; kong gives it the writer.
func (versionCommand) Run(w io.Writer) error {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	major, minor, patch := zmq.Version()
	_, err := fmt.Fprintf(w, "zeroloop %s, %s %s/%s\nfollows libzmq %d.%d.%d, speaks ZMTP 3.1 and all before it\n",
		version, runtime.Version(), runtime.GOOS, runtime.GOARCH, major, minor, patch)
	return err
}
