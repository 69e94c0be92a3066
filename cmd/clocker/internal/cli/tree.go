package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"clocker.io/cmd/clocker/internal/client"
)

// inspectTree shows an application or an entity with all its containers. They are read and written as they come: there may
// be many.
func (s *Shell) inspectTree(ctx context.Context, api *client.Client, t target) error {
	path := client.Path("applications", t.app)
	if t.entity != "" {
		path = client.Path("applications", t.app, "entities", t.entity)
	}
	res, err := api.Do(ctx, client.Request{Method: http.MethodGet, Path: path})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	switch s.output {
	case outputName:
		return s.show(nil, nil, t.String())
	case outputJSON, outputYAML:
		return s.document(func(w io.Writer) error {
			_, err := io.Copy(w, res.Body)
			return err
		})
	}
	out := bufio.NewWriter(s.Out)
	tree := &tree{s: s, in: json.NewDecoder(res.Body), out: out}
	show := tree.application
	if t.entity != "" {
		show = tree.entity
	}
	if err := show(); err != nil {
		_ = out.Flush() // as much as came
		var strange *json.SyntaxError
		if errors.As(err, &strange) {
			return &client.Foreign{Base: api.Base, Said: "it sends no JSON"}
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("read the answer: %w", err)
	}
	return out.Flush()
}

// tree writes an application as it is read. The API gives what a thing has in front of its parts.
type tree struct {
	s   *Shell
	in  *json.Decoder
	out *bufio.Writer
}

func (t *tree) application() error {
	var a client.Application
	head := func() {
		fmt.Fprint(t.out, t.s.fields([][2]string{
			{"application", a.Application}, {"uid", a.UID}, {"name", a.Name}, {"cloud", a.Cloud},
			{"state", a.State}, {"reason", a.Reason}, {"up", fmt.Sprintf("%d of %d", a.Up, a.Wanted)}, {"network", a.Network},
		}))
	}
	return t.object(&a, "entities", head, func() error {
		for t.in.More() {
			fmt.Fprintln(t.out)
			if err := t.entity(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tree) entity() error {
	var e client.Entity
	head := func() {
		fmt.Fprint(t.out, t.s.fields([][2]string{{"entity", e.Entity}, {"name", e.Name}, {"image", e.Image},
			{"up", fmt.Sprintf("%d of %d", e.Up, e.Size)}}))
	}
	return t.object(&e, "containers", head, t.containers)
}

// containersAtOnce is how many rows are held for columns that are straight.
const containersAtOnce = 500

func (t *tree) containers() error {
	if !t.in.More() {
		return nil // no table of none
	}
	table := newTableList(t.s, t.out, t.s.containerList())
	for t.in.More() {
		var rows []client.Container
		for t.in.More() && len(rows) < containersAtOnce {
			var c client.Container
			if err := t.in.Decode(&c); err != nil {
				return err
			}
			rows = append(rows, c)
		}
		if err := errors.Join(table.rows.Write(table.cells(rows)), t.out.Flush()); err != nil {
			return err
		}
	}
	return table.end()
}

// object reads an object into a value but for one of its fields, an array whose items each reads. What the value has is told
// before those, or at the end when there are none.
func (t *tree) object(into any, parts string, head func(), each func() error) error {
	if _, err := t.in.Token(); err != nil {
		return err
	}
	fields, told := map[string]json.RawMessage{}, false
	tell := func() error {
		text, err := json.Marshal(fields)
		if err == nil && !told {
			err, told = json.Unmarshal(text, into), true
			head()
		}
		return err
	}
	for t.in.More() {
		name, err := t.in.Token()
		if err != nil {
			return err
		}
		if name != parts {
			var value json.RawMessage
			if err := t.in.Decode(&value); err != nil {
				return err
			}
			fields[fmt.Sprint(name)] = value
			continue
		}
		if err := tell(); err != nil {
			return err
		}
		if err := t.array(each); err != nil {
			return err
		}
	}
	if _, err := t.in.Token(); err != nil {
		return err
	}
	return tell()
}

func (t *tree) array(each func() error) error {
	if begin, err := t.in.Token(); err != nil || begin == nil { // null is an array of none
		return err
	}
	if err := each(); err != nil {
		return err
	}
	_, err := t.in.Token()
	return err
}
