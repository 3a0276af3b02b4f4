// SPDX-License-Identifier: MPL-2.0

package report

import (
	"encoding/json"
	"io"
	"time"
)

type jsonPeer struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Version string `json:"version,omitempty"`
	Absent  string `json:"absent,omitempty"`
	Install string `json:"install,omitempty"`
}

type jsonCell struct {
	Scenario string  `json:"scenario"`
	Size     int     `json:"size"`
	Conns    int     `json:"conns"`
	Peer     string  `json:"peer"`
	Count    int     `json:"count"`
	Error    string  `json:"error,omitempty"`
	Rounds   []Round `json:"rounds"`
}

type jsonRun struct {
	Started  string     `json:"started"`
	Complete bool       `json:"complete"`
	Rounds   int        `json:"rounds"`
	Machine  Machine    `json:"machine"`
	Peers    []jsonPeer `json:"peers"`
	Cells    []jsonCell `json:"cells"`
}

// WriteJSON writes every round of the run, and where it was made.
func (r *Run) WriteJSON(w io.Writer) error {
	out := jsonRun{Started: r.Started.UTC().Format(time.RFC3339), Complete: r.Complete,
		Rounds: r.Rounds, Machine: r.Machine}
	for _, d := range r.Drivers {
		p := jsonPeer{Name: d.Name, Title: d.Title, Version: d.Version.Version, Absent: d.Absent}
		if d.Absent != "" {
			p.Install = d.Install
		}
		out.Peers = append(out.Peers, p)
	}
	for _, c := range r.Cells {
		out.Cells = append(out.Cells, jsonCell{c.Case.Name, c.Case.Size, c.Case.N, c.Peer, c.Count,
			c.Error, c.Rounds})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(out)
}
