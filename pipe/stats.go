// SPDX-License-Identifier: MPL-2.0

package pipe

// Written returns how many messages this end has written, since the pipe was
// made; conflating pipes do not count. Runs on the writer.
func (p *Pipe) Written() uint64 { return p.out.c.written }

// Taken returns how many messages this end has read. Runs on the reader.
func (p *Pipe) Taken() uint64 { return p.in.c.taken + uint64(p.run.taken()) }

// TakenByPeer returns how many of the messages that this end wrote the other end
// has read, as it last told: up to half of the high-water mark late. Any
// goroutine.
func (p *Pipe) TakenByPeer() uint64 { return p.out.c.read.Load() }

// PeerSink returns who owns the other end, nil before SetSink. Runs where that
// happens before.
func (p *Pipe) PeerSink() Sink { return p.peer.sink }
