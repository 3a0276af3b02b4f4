// SPDX-License-Identifier: MPL-2.0

package report

import (
	"fmt"
	"image/color"
	"io"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	_ "gonum.org/v1/plot/vg/vgsvg" // registers the format

	"github.com/zeroloop/zmq/bench/internal/scenario"
)

const (
	plotWidth  = 22 * vg.Centimeter
	plotHeight = 13 * vg.Centimeter
	barWidth   = 24 // points
	lineWidth  = 1.5
)

// palette gives each peer of the catalogue its colour; the first two, this
// library and libzmq, stand out.
var palette = []color.RGBA{
	{200, 30, 30, 255}, {30, 80, 200, 255}, {240, 130, 120, 255}, {110, 160, 230, 255}, {20, 140, 70, 255},
	{230, 150, 20, 255}, {130, 70, 160, 255}, {60, 170, 170, 255}, {90, 90, 90, 255}, {160, 160, 160, 255},
}

func (r *Run) color(peer string) color.Color {
	for i, d := range r.Drivers {
		if d.Name == peer {
			return palette[i%len(palette)]
		}
	}
	return color.Black
}

// Plot is one SVG file of the report.
type Plot struct {
	Name  string // without extension
	run   *Run
	s     *scenario.Scenario
	value value
}

// Plots lists the plots of a run: one per scenario, and one more for the 99 %
// round trip where there is one.
func (r *Run) Plots() []Plot {
	var list []Plot
	for _, s := range r.scenarios() {
		if main := mainValue(s); r.has(s, main) {
			list = append(list, Plot{s.Name, r, s, main})
		}
		if r.has(s, p99) {
			list = append(list, Plot{s.Name + "-p99", r, s, p99})
		}
	}
	return list
}

// WriteSVG draws a line per peer over the scenario's axis, or a bar per peer
// where there is one point only. Both axes are logarithmic.
func (p Plot) WriteSVG(w io.Writer) error {
	fig := plot.New()
	fig.Title.Text = p.s.Title
	fig.Y.Label.Text = p.value.title
	fig.Y.Scale = plot.LogScale{}
	fig.Y.Tick.Marker = plot.LogTicks{Prec: -1}
	fig.Legend.Top = true
	fig.Add(plotter.NewGrid())
	var err error
	if cases := p.run.cases(p.s); len(cases) == 1 {
		p.addBars(fig, cases[0])
	} else {
		err = p.addLines(fig, cases)
	}
	if err != nil {
		return err
	}
	to, err := fig.WriterTo(plotWidth, plotHeight, "svg")
	if err != nil {
		return err
	}
	_, err = to.WriteTo(w)
	return err
}

func (p Plot) addLines(fig *plot.Plot, cases []scenario.Case) error {
	fig.X.Label.Text = p.s.Axis.String()
	fig.X.Scale = plot.LogScale{}
	var ticks plot.ConstantTicks
	for _, c := range cases {
		ticks = append(ticks, plot.Tick{Value: float64(c.Point()), Label: strconv.Itoa(c.Point())})
	}
	fig.X.Tick.Marker = ticks
	for i, peer := range p.run.peers(p.s) {
		var points plotter.XYs
		for _, c := range cases {
			cell := p.run.cell(c, peer)
			if cell == nil {
				continue
			}
			if s := cell.summary(p.value); s.N > 0 && s.Median > 0 {
				points = append(points, plotter.XY{X: float64(c.Point()), Y: s.Median})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, dots.Color = p.run.color(peer), p.run.color(peer)
		line.Width = lineWidth
		dots.Shape = shapes[i%len(shapes)]
		fig.Add(line, dots)
		fig.Legend.Add(peer, line, dots)
	}
	return nil
}

var shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{},
	draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}}

// addBars draws the peers of a single point side by side.
func (p Plot) addBars(fig *plot.Plot, c scenario.Case) {
	fig.X.Label.Text = c.Label()
	var names []string
	for _, peer := range p.run.peers(p.s) {
		s := p.run.cell(c, peer).summary(p.value)
		if s.N == 0 || s.Median <= 0 {
			continue
		}
		fig.Add(bar{x: float64(len(names)), y: s.Median, color: p.run.color(peer),
			label: human(s.Median)})
		names = append(names, peer)
	}
	fig.X.Min, fig.X.Max = -0.5, float64(len(names))-0.5
	fig.NominalX(names...)
}

// bar is a plot.Plotter that stands on the axis: gonum's own begins at 0,
// which a logarithmic axis does not have.
type bar struct {
	x, y  float64
	color color.Color
	label string
}

// Plot implements plot.Plotter.
func (b bar) Plot(c draw.Canvas, fig *plot.Plot) {
	toX, toY := fig.Transforms(&c)
	left, right := toX(b.x)-barWidth/2, toX(b.x)+barWidth/2
	bottom, top := c.Min.Y, toY(b.y)
	c.FillPolygon(b.color, []vg.Point{{X: left, Y: bottom}, {X: left, Y: top},
		{X: right, Y: top}, {X: right, Y: bottom}})
	style := fig.X.Tick.Label
	style.XAlign, style.YAlign = draw.XCenter, draw.YBottom
	c.FillText(style, vg.Point{X: toX(b.x), Y: top}, b.label)
}

// DataRange implements plot.DataRanger; the margins keep the lowest bar and
// the highest label visible.
func (b bar) DataRange() (xmin, xmax, ymin, ymax float64) {
	return b.x - 0.5, b.x + 0.5, b.y / 2, b.y * 1.5
}

// String names the plot in errors.
func (p Plot) String() string { return fmt.Sprintf("plot %s", p.Name) }
