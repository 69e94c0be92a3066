package blueprint

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxNodes bounds a document after its aliases are followed, so that a few lines cannot unfold into millions.
const maxNodes = 50_000

// read gives the root of a document with aliases followed and merge keys applied. It is nil when there is none to go on
// with; the reason is among the problems.
func read(text []byte, out *collector) *yaml.Node {
	if p, bad := badText(text); bad {
		out.add(p)
		return nil
	}
	var doc yaml.Node
	if err := yaml.Load(text, &doc); err != nil {
		out.add(syntaxProblem(err))
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		out.add(Problem{Line: 1, Column: 1, Message: "the blueprint is empty", Hint: emptyHint})
		return nil
	}
	e := expander{left: maxNodes, open: map[*yaml.Node]bool{}}
	root, err := e.expand(doc.Content[0])
	if err != nil {
		out.add(*err)
		return nil
	}
	return root
}

const emptyHint = "a blueprint has an id or a name, and services"

// badText finds text that is not UTF-8, which the YAML reader refuses without a position.
func badText(text []byte) (Problem, bool) {
	if utf8.Valid(text) {
		return Problem{}, false
	}
	valid := 0
	for valid < len(text) {
		r, size := utf8.DecodeRune(text[valid:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		valid += size
	}
	line := bytes.Count(text[:valid], []byte("\n")) + 1
	column := utf8.RuneCount(text[bytes.LastIndexByte(text[:valid], '\n')+1:valid]) + 1
	return Problem{Line: line, Column: column, Message: "the blueprint is no UTF-8 text", Hint: "save the file as UTF-8"}, true
}

func syntaxProblem(err error) Problem {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return Problem{Message: "the blueprint is no YAML: " + err.Error()}
	}
	message := strings.TrimPrefix(le.Message, "yaml: ")
	switch {
	case strings.HasPrefix(message, "no documents"):
		return Problem{Line: 1, Column: 1, Message: "the blueprint is empty", Hint: emptyHint}
	case strings.HasPrefix(message, "expected single document"):
		return Problem{Message: "the file holds several YAML documents", Hint: "deploy one blueprint at a time"}
	}
	p := Problem{Line: le.Mark.Line, Column: le.Mark.Column, Message: "the blueprint is no YAML: " + message}
	switch {
	case strings.Contains(message, "cannot start any token"):
		p.Hint = "indent with spaces, not tabs, and quote text that starts with @ or `"
	case strings.Contains(message, "mapping values are not allowed"):
		p.Hint = "quote text that holds a colon and a space"
	case le.ContextMsg != "":
		p.Hint = le.ContextMsg
		if le.ContextMark.Line > 0 {
			p.Hint += fmt.Sprintf(" that starts at line %d, column %d", le.ContextMark.Line, le.ContextMark.Column)
		}
	}
	return p
}

// expander follows aliases and merge keys. Nodes are shared, not copied: only walking them costs.
type expander struct {
	left int
	open map[*yaml.Node]bool
}

func (e *expander) expand(n *yaml.Node) (*yaml.Node, *Problem) {
	if e.left--; e.left < 0 {
		return nil, &Problem{Line: n.Line, Column: n.Column,
			Message: fmt.Sprintf("the blueprint has more than %d values once its aliases are followed", maxNodes)}
	}
	if n.Kind == yaml.AliasNode {
		if n.Alias == nil || e.open[n.Alias] {
			return nil, &Problem{Line: n.Line, Column: n.Column, Message: fmt.Sprintf("alias *%s contains itself", n.Value)}
		}
		e.open[n.Alias] = true
		defer delete(e.open, n.Alias)
		return e.expand(n.Alias)
	}
	if len(n.Content) == 0 {
		return n, nil
	}
	if !e.open[n] {
		e.open[n] = true
		defer delete(e.open, n)
	}
	full := *n
	full.Content = make([]*yaml.Node, 0, len(n.Content))
	for _, c := range n.Content {
		x, err := e.expand(c)
		if err != nil {
			return nil, err
		}
		full.Content = append(full.Content, x)
	}
	if full.Kind == yaml.MappingNode {
		full.Content = merge(full.Content)
	}
	return &full, nil
}

// merge applies merge keys (<<): what the map itself says wins, then the first of those merged.
func merge(content []*yaml.Node) []*yaml.Node {
	own := make([]*yaml.Node, 0, len(content))
	var from []*yaml.Node
	for i := 0; i+1 < len(content); i += 2 {
		switch v := content[i+1]; {
		case content[i].Tag != "!!merge":
			own = append(own, content[i], v)
		case v.Kind == yaml.SequenceNode:
			from = append(from, v.Content...)
		default:
			from = append(from, v)
		}
	}
	if len(from) == 0 {
		return own
	}
	have := map[string]bool{}
	for i := 0; i < len(own); i += 2 {
		have[own[i].Value] = true
	}
	for _, m := range from {
		for i := 0; m.Kind == yaml.MappingNode && i+1 < len(m.Content); i += 2 {
			if k := m.Content[i]; !have[k.Value] {
				have[k.Value] = true
				own = append(own, k, m.Content[i+1])
			}
		}
	}
	return own
}
