package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

// The formats of data. People read table and wide, whose columns may change; json and yaml have the API's fields, which
// are a contract; name has what other commands take, one a line.
const (
	outputTable = "table"
	outputWide  = "wide"
	outputJSON  = "json"
	outputYAML  = "yaml"
	outputName  = "name"
)

var formats = []string{outputTable, outputWide, outputJSON, outputYAML, outputName}

const formatsKey = "formats"

// formatted says which formats a command has; one that does not say has all but name.
func formatted(c *cobra.Command, has ...string) *cobra.Command {
	if c.Annotations == nil {
		c.Annotations = map[string]string{}
	}
	c.Annotations[formatsKey] = strings.Join(has, " ")
	return c
}

// named is for commands that show what has a name.
func named(c *cobra.Command) *cobra.Command { return formatted(c, formats...) }

func formatsOf(c *cobra.Command) []string {
	if has, ok := c.Annotations[formatsKey]; ok {
		return strings.Fields(has)
	}
	return slices.DeleteFunc(slices.Clone(formats), func(f string) bool { return f == outputName })
}

// checkOutput settles the format before a command does anything.
func (s *Shell) checkOutput(c *cobra.Command) error {
	if s.quiet {
		if c.Flags().Changed("output") && s.output != outputName {
			return &usageError{fmt.Sprintf("-q is short for -o name, and does not go with -o %s", s.output)}
		}
		s.output = outputName
	}
	if !slices.Contains(formats, s.output) {
		return &usageError{fmt.Sprintf("-o %s is not known: %s", s.output, either(formats))}
	}
	if has := formatsOf(c); !slices.Contains(has, s.output) {
		return &usageError{fmt.Sprintf("%s has no -o %s: %s", c.CommandPath(), s.output, either(has))}
	}
	return nil
}

// either is a choice in words: table, json or yaml.
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

func (s *Shell) json() bool { return s.output == outputJSON }

// forPeople says that data is written as text.
func (s *Shell) forPeople() bool { return s.output == outputTable || s.output == outputWide }

// show writes data that is one document: what the API said with -o json or yaml, its names with -o name, else the text.
func (s *Shell) show(raw json.RawMessage, text func() string, names ...string) error {
	switch s.output {
	case outputJSON:
		return s.writeJSON(raw)
	case outputYAML:
		return s.writeYAML(raw)
	case outputName:
		for _, name := range names {
			if _, err := fmt.Fprintln(s.Out, name); err != nil {
				return err
			}
		}
		return nil
	}
	_, err := io.WriteString(s.Out, text())
	return err
}

// document shows, with -o json or yaml, a document that is written in pieces. JSON goes on as it comes, so that it may be of
// any length; YAML is made of the whole.
func (s *Shell) document(write func(io.Writer) error) error {
	if s.output == outputYAML {
		var raw bytes.Buffer
		if err := write(&raw); err != nil {
			return err
		}
		return s.writeYAML(raw.Bytes())
	}
	out := render.NewIndenter(s.Out)
	if err := write(out); err != nil {
		_ = out.Close() // what was written shows by its missing end that it is not all
		return err
	}
	return out.Close()
}

func (s *Shell) writeJSON(raw json.RawMessage) error {
	enc := json.NewEncoder(s.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(raw)
}

func (s *Shell) writeYAML(raw json.RawMessage) error {
	text, err := render.YAML(raw)
	if err != nil {
		return err
	}
	_, err = s.Out.Write(text)
	return err
}

// table is a table for standard output whose column of states is coloured; -1 for none.
func (s *Shell) table(state int, heading []string, rows [][]string) string {
	return render.Table{Heading: heading, Rows: rows, Colour: s.colourOf(state)}.String()
}

// colourOf colours the cells of a column of states.
func (s *Shell) colourOf(state int) func(column int, cell string) string {
	p := s.outPaint()
	return func(column int, cell string) string {
		if column == state {
			return p.State(cell)
		}
		return cell
	}
}
