package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/pack"
	"clocker.io/cmd/clocker/internal/render"
	"clocker.io/docs"
	"clocker.io/pkg/blueprint"

	"github.com/spf13/cobra"
)

// validation is what `clocker validate` was given.
type validation struct {
	context, format, explain string
	tolerant                 bool
}

// Validated is what was found in blueprints, as -o json has it.
type Validated struct {
	Valid bool            `json:"valid"`
	Files []ValidatedFile `json:"files"`
}

// ValidatedFile is what was found in one of them.
type ValidatedFile struct {
	File        string         `json:"file"`
	Valid       bool           `json:"valid"`
	Application string         `json:"application,omitempty"`
	Errors      []client.Fault `json:"errors"`
	Warnings    []client.Fault `json:"warnings"`

	text       string
	entities   int
	containers int
}

func (s *Shell) validate() *cobra.Command {
	var v validation
	c := &cobra.Command{
		Use: "validate FILE|-...", Short: "Check blueprints, without a server",
		Long: `Says everything that is wrong with blueprints, each with its place, what would be right, and the code of a page in
docs/errors; --explain CODE shows that page. What only a running Clocker knows is not looked at: which clouds there
are, and whether images can be had.

-o json writes {valid, files: [{file, valid, application, errors, warnings}]}, where an error or a warning is what the
API answers to a deploy, too: {pointer, line, column, code, detail, hint, docs}. Lines and columns count from 1, columns
in characters. --format gcc writes lines that editors jump to, --format sarif what code scanners read.

Exit codes: 0 all are valid, 1 one is not, 2 wrong usage or a file that cannot be read.`,
		Args: func(_ *cobra.Command, args []string) error {
			if (len(args) == 0) == (v.explain == "") {
				return &usageError{"name one or more files, or --explain CODE: clocker validate FILE|-..."}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if v.explain != "" {
				return s.explainCode(v.explain)
			}
			return s.runValidate(c.Context(), v, args)
		},
	}
	c.Flags().StringVar(&v.context, "context", "", "directory that the blueprint's Dockerfiles build from; its files are looked for")
	c.Flags().BoolVar(&v.tolerant, "tolerant", false, "warn of unknown keys and pass over them")
	c.Flags().StringVar(&v.format, "format", "", "what to write instead of text: gcc or sarif")
	c.Flags().StringVar(&v.explain, "explain", "", "show the page about a code")
	return c
}

func (s *Shell) explainCode(code string) error {
	page, known := docs.Error(code)
	if !known {
		return &usageError{fmt.Sprintf("there is no code %q; codes are the names of the pages that errors point to", code)}
	}
	_, err := s.Out.Write(page)
	return err
}

func (s *Shell) runValidate(ctx context.Context, v validation, files []string) error {
	opts := blueprint.Options{Later: true, Tolerant: v.tolerant}
	if v.context != "" {
		names, err := pack.Files(v.context)
		if err != nil {
			return &usageError{err.Error()}
		}
		opts.Context = &blueprint.Context{Files: names}
	}
	all := Validated{Valid: true, Files: []ValidatedFile{}}
	var unread []string
	for _, file := range files {
		text, err := s.read(ctx, file)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			unread = append(unread, err.Error())
			continue
		}
		f := validated(fileName(file), text, opts)
		all.Valid = all.Valid && f.Valid
		all.Files = append(all.Files, f)
	}
	if err := s.showValidated(v.format, all); err != nil {
		return err
	}
	if len(unread) > 0 {
		return &usageError{strings.Join(unread, "; ")}
	}
	return all.err()
}

func validated(file string, text []byte, opts blueprint.Options) ValidatedFile {
	app, found := blueprint.Parse(text, opts)
	f := ValidatedFile{File: file, Valid: len(found.Problems) == 0, Application: app.ID, Errors: clientFaults(found.Problems),
		Warnings: clientFaults(found.Warnings), text: string(text), entities: len(app.Entities)}
	for _, e := range app.Entities {
		f.containers += e.Size
	}
	return f
}

func clientFaults(problems []blueprint.Problem) []client.Fault {
	list := []client.Fault{}
	for _, p := range problems {
		list = append(list, client.Fault{Pointer: p.Pointer, Line: p.Line, Column: p.Column, Code: string(p.Code),
			Detail: p.Message, Hint: p.Hint, Docs: p.Code.Page()})
	}
	return list
}

// err is nil when all are valid.
func (v Validated) err() error {
	wrong, problems := 0, 0
	for _, f := range v.Files {
		problems += len(f.Errors)
		if !f.Valid {
			wrong++
		}
	}
	switch {
	case wrong == 0:
		return nil
	case len(v.Files) == 1 && problems == 1:
		return errors.New("the blueprint has a problem")
	case len(v.Files) == 1:
		return errors.New("the blueprint has " + count(problems, "problem"))
	default:
		return fmt.Errorf("%d of %d blueprints have problems, %d together", wrong, len(v.Files), problems)
	}
}

func (s *Shell) showValidated(format string, v Validated) error {
	var text string
	switch {
	case format == "gcc" && s.output == outputTable:
		text = render.GCC(v.findings())
	case format == "sarif" && s.output == outputTable:
		text = render.SARIF(v.findings(), version().Version)
	case format != "":
		return &usageError{fmt.Sprintf("--format %s is not known here: gcc or sarif, without -o", format)}
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return s.show(raw, func() string { return v.text(s.outPaint()) })
	}
	_, err := io.WriteString(s.Out, text)
	return err
}

func (v Validated) text(p render.Paint) string {
	var b strings.Builder
	for _, f := range v.Files {
		b.WriteString(render.Faults(f.File, f.text, faults(f.Errors), p))
		b.WriteString(render.Warnings(f.File, f.text, faults(f.Warnings), p))
		if f.Valid {
			fmt.Fprintf(&b, "%s: application %s, %s, %s\n", f.File, f.Application, count(f.entities, "service"), count(f.containers, "container"))
		}
	}
	return b.String()
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (v Validated) findings() []render.Finding {
	var list []render.Finding
	for _, f := range v.Files {
		for _, e := range faults(f.Errors) {
			list = append(list, render.Finding{File: f.File, Level: "error", Fault: e})
		}
		for _, w := range faults(f.Warnings) {
			list = append(list, render.Finding{File: f.File, Level: "warning", Fault: w})
		}
	}
	return list
}
