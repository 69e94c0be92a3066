package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"strconv"
	"strings"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/pack"
	"clocker.io/cmd/clocker/internal/render"
	"clocker.io/pkg/blueprint"

	"github.com/spf13/cobra"
)

// deployment is what `clocker deploy` was given.
type deployment struct {
	waiting
	file, context string
	dryRun        bool
	tolerant      bool
}

func (s *Shell) deploy() *cobra.Command {
	var d deployment
	c := named(&cobra.Command{
		Use: "deploy FILE|-", Short: "Deploy an application from its blueprint", Args: exactly("FILE"),
		Long: `Sends a blueprint, and with --context the directory that its Dockerfiles build from. Files that the
directory's .dockerignore names stay here; what is sent is at most 32 MiB, packed.`,
		RunE: func(c *cobra.Command, args []string) error {
			d.file = args[0]
			return s.runDeploy(c.Context(), d)
		},
	})
	c.Flags().StringVar(&d.context, "context", "", "directory that the blueprint's Dockerfiles build from")
	c.Flags().BoolVar(&d.dryRun, "dry-run", false, "say what would be deployed, and deploy nothing")
	c.Flags().BoolVar(&d.tolerant, "tolerant", false, "warn of unknown keys and pass over them")
	d.flags(c)
	return c
}

func (s *Shell) runDeploy(ctx context.Context, d deployment) error {
	api, err := s.api()
	if err != nil {
		return err
	}
	text, err := s.read(ctx, d.file)
	if err != nil {
		return err
	}
	r, err := s.deployRequest(d, text)
	if err != nil {
		return err
	}
	explain := func(err error) error { return placed(err, d.file, text) }
	if d.dryRun {
		plan, err := client.Call[client.Plan](ctx, api, r)
		if err != nil {
			return explain(err)
		}
		s.warn(d.file, text, plan.Value.Warnings)
		return s.show(plan.Raw, func() string { return s.planText(plan.Value) }, plan.Value.Application)
	}
	send := func(ctx context.Context) (client.Doc[client.Accepted], error) {
		a, err := client.Call[client.Accepted](ctx, api, r)
		s.warn(d.file, text, a.Value.Warnings)
		return a, explain(err)
	}
	if !d.wait {
		a, err := send(ctx)
		if err != nil {
			return unanswered(ctx, err)
		}
		return s.accepted(a.Value.Application, a)
	}
	op, err := s.follow(ctx, following{api: api, limit: d.timeout, send: send})
	if err != nil {
		return s.withReasons(ctx, api, err)
	}
	return s.deployed(ctx, api, op)
}

// read gives the text of a blueprint, or so much of it that it is refused for its size.
func (s *Shell) read(ctx context.Context, file string) ([]byte, error) {
	in := s.stdin(ctx)
	if file != "-" {
		f, err := os.Open(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, &usageError{"there is no file " + file}
		case err != nil:
			return nil, fmt.Errorf("read the blueprint: %w", err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, &usageError{file + " is a directory: name the file of the blueprint"}
		}
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, blueprint.MaxBytes+1)) // one more is enough to be refused
	if err != nil {
		return nil, fmt.Errorf("read the blueprint: %w", err)
	}
	return text, nil
}

// warn tells what a tolerant reader passed over.
func (s *Shell) warn(file string, text []byte, warnings []client.Fault) {
	fmt.Fprint(s.Err, render.Warnings(fileName(file), string(text), faults(warnings), s.errPaint()))
}

// fileName is the name of a file in messages.
func fileName(file string) string {
	if file == "-" {
		return "stdin"
	}
	return file
}

// placed gives a refusal of the blueprint the file that it is about.
func placed(err error, file string, text []byte) error {
	var p *client.Problem
	if !errors.As(err, &p) || len(p.Errors) == 0 {
		return err
	}
	return &badFile{name: fileName(file), text: string(text), problem: p}
}

func (s *Shell) deployRequest(d deployment, text []byte) (client.Request, error) {
	if len(text) > blueprint.MaxBytes {
		return client.Request{}, &usageError{fmt.Sprintf("%s is larger than %s, and no blueprint is: is it the right file? Files that containers need go into their images",
			fileName(d.file), render.Size(blueprint.MaxBytes))}
	}
	r := client.Request{Method: http.MethodPost, Path: client.Path("applications"), Body: text, ContentType: "application/yaml"}
	r.Query = url.Values{}
	for name, on := range map[string]bool{"dry_run": d.dryRun, "tolerant": d.tolerant} {
		if on {
			r.Query.Set(name, "true")
		}
	}
	if d.context == "" {
		return r, nil
	}
	a, err := pack.Directory(d.context, pack.Limit)
	if err != nil {
		return r, err
	}
	if len(a.Skipped) > 0 {
		s.say("left out of the context, as they are no files: %s", strings.Join(a.Skipped, ", "))
	}
	s.say("context %s: %d files, %s packed, sha256 %s", d.context, a.Files, render.Size(int64(len(a.Data))), a.Digest[:12])
	r.Body, r.ContentType, err = multipartBody(text, a.Data)
	return r, err
}

func multipartBody(blueprint, context []byte) (body []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	parts := []struct {
		name, file, kind string
		data             []byte
	}{
		{"blueprint", "blueprint.yaml", "application/yaml", blueprint},
		{"context", "context.tar.gz", "application/gzip", context},
	}
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q; filename=%q`, p.name, p.file))
		h.Set("Content-Type", p.kind)
		part, err := w.CreatePart(h)
		if err != nil {
			return nil, "", err
		}
		if _, err := part.Write(p.data); err != nil {
			return nil, "", err
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

func (s *Shell) planText(p client.Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s would be deployed to %s: %s, %s memory and %s cores reserved", p.Application, p.Cloud,
		count(p.Containers, "container"), render.Size(p.Memory), render.Number(p.Cores))
	if p.Network != "" {
		b.WriteString(", network " + p.Network)
	}
	b.WriteString("\n")
	var rows [][]string
	for _, e := range p.Entities {
		rows = append(rows, []string{e.Entity, strconv.Itoa(e.Size), e.Image, strings.Join(e.Ports, " "), strings.Join(e.WaitsFor, " ")})
	}
	b.WriteString(s.table(-1, []string{"ENTITY", "MEMBERS", "IMAGE", "PORTS", "WAITS FOR"}, rows))
	for _, note := range p.Notes {
		b.WriteString("note: " + note + "\n")
	}
	return b.String()
}
