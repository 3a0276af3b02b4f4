// SPDX-License-Identifier: MPL-2.0

package report

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Machine says where a run was made, without names of hosts, users or paths.
type Machine struct {
	CPU     string `json:"cpu"`
	CPUs    int    `json:"cpus"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Kernel  string `json:"kernel"`
	Go      string `json:"go"`
	Libzmq  string `json:"libzmq,omitempty"`
	Command string `json:"command"`
}

// ThisMachine describes the computer; libzmq and command are the caller's.
func ThisMachine(libzmq, command string) Machine {
	return Machine{CPU: cpuModel(), CPUs: runtime.NumCPU(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Kernel: kernel(), Go: runtime.Version(), Libzmq: libzmq, Command: command}
}

func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH + " CPU"
	}
	return parseCPUModel(string(text))
}

// parseCPUModel reads /proc/cpuinfo, which on some architectures has no model.
func parseCPUModel(text string) string {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH + " CPU"
}

// kernel is the system's name and release; the node name is left out.
func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return runtime.GOOS
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}

// DirName names the results of a run by its date and kind of machine.
func (m Machine) DirName(started time.Time) string {
	return fmt.Sprintf("%s-%s-%s-%dcpu", started.Format(time.DateOnly), m.OS, m.Arch, m.CPUs)
}
