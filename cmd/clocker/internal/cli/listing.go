package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

// listing says how a list is shown: the columns of its table, and the name that other commands take.
type listing[T any] struct {
	columns []column[T]
	name    func(T) string
}

type column[T any] struct {
	heading string
	cell    func(T) string
	state   bool // coloured by what it says
	wide    bool // only with -o wide
}

// list walks all pages of a list and writes each as it comes: a list of any length takes no more memory than a page.
func list[T any](s *Shell, c *cobra.Command, path string, query url.Values, l listing[T]) error {
	api, err := s.api()
	if err != nil {
		return err
	}
	return listFrom(c.Context(), s, api, path, query, l)
}

func listFrom[T any](ctx context.Context, s *Shell, api *client.Client, path string, query url.Values, l listing[T]) error {
	out := bufio.NewWriter(s.Out)
	w := newSink(s, out, l)
	err := client.Pages(ctx, api, path, query, func(page []client.Doc[T]) error {
		if err := w.page(page); err != nil {
			return err
		}
		return out.Flush()
	})
	if err != nil {
		return err // what was written shows by its missing end that it is not all
	}
	if err := w.end(); err != nil {
		return err
	}
	return out.Flush()
}

// sink writes a list in one format.
type sink[T any] interface {
	page(items []client.Doc[T]) error
	end() error
}

func newSink[T any](s *Shell, w io.Writer, l listing[T]) sink[T] {
	switch s.output {
	case outputJSON:
		return &jsonList[T]{w: w}
	case outputYAML:
		return &yamlList[T]{w: w}
	case outputName:
		return &nameList[T]{w: w, name: l.name}
	}
	return newTableList(s, w, l)
}

// text is the table of a few items, for those that show them among other things.
func (l listing[T]) text(s *Shell, items []T) string {
	var b bytes.Buffer
	t := newTableList(s, &b, l)
	_ = t.rows.Write(t.cells(items)) // a buffer takes all
	_ = t.end()
	return b.String()
}

type tableList[T any] struct {
	columns []column[T]
	rows    render.Rows
}

func newTableList[T any](s *Shell, w io.Writer, l listing[T]) *tableList[T] {
	t := &tableList[T]{}
	state := -1
	for _, c := range l.columns {
		if c.wide && s.output != outputWide {
			continue
		}
		if c.state {
			state = len(t.columns)
		}
		t.columns = append(t.columns, c)
		t.rows.Heading = append(t.rows.Heading, c.heading)
	}
	t.rows.W, t.rows.Colour = w, s.colourOf(state)
	return t
}

func (t *tableList[T]) cells(items []T) [][]string {
	rows := make([][]string, len(items))
	for i, item := range items {
		rows[i] = make([]string, len(t.columns))
		for j, c := range t.columns {
			rows[i][j] = c.cell(item)
		}
	}
	return rows
}

func (t *tableList[T]) page(page []client.Doc[T]) error {
	items := make([]T, len(page))
	for i, d := range page {
		items[i] = d.Value
	}
	return t.rows.Write(t.cells(items))
}

func (t *tableList[T]) end() error { return t.rows.End() }

// jsonList is one array, indented as a document is.
type jsonList[T any] struct {
	w     io.Writer
	begun bool
}

func (l *jsonList[T]) page(page []client.Doc[T]) error {
	var b bytes.Buffer
	for _, d := range page {
		before := ",\n  "
		if !l.begun {
			before, l.begun = "[\n  ", true
		}
		b.WriteString(before)
		if err := json.Indent(&b, d.Raw, "  ", "  "); err != nil {
			return fmt.Errorf("write the answer as JSON: %w", err)
		}
	}
	_, err := l.w.Write(b.Bytes())
	return err
}

func (l *jsonList[T]) end() error {
	text := "\n]\n"
	if !l.begun {
		text = "[]\n"
	}
	_, err := io.WriteString(l.w, text)
	return err
}

// yamlList is one sequence, written item by item.
type yamlList[T any] struct {
	w     io.Writer
	begun bool
}

func (l *yamlList[T]) page(page []client.Doc[T]) error {
	for _, d := range page {
		text, err := render.YAML(append(append([]byte("["), d.Raw...), ']'))
		if err != nil {
			return err
		}
		if _, err := l.w.Write(text); err != nil {
			return err
		}
		l.begun = true
	}
	return nil
}

func (l *yamlList[T]) end() error {
	if l.begun {
		return nil
	}
	_, err := io.WriteString(l.w, "[]\n")
	return err
}

type nameList[T any] struct {
	w    io.Writer
	name func(T) string
}

func (l *nameList[T]) page(page []client.Doc[T]) error {
	for _, d := range page {
		if _, err := fmt.Fprintln(l.w, l.name(d.Value)); err != nil {
			return err
		}
	}
	return nil
}

func (*nameList[T]) end() error { return nil }
