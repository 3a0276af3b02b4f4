// Package pipe is a fixture.
package pipe
