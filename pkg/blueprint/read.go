package blueprint

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxNodes bounds a document after its aliases are followed, so that a few lines cannot unfold into millions.
const maxNodes = 50_000

// read gives the root of a document with aliases followed and merge keys applied. It is nil when there is none to go on
// with; the reason is among the problems.
func read(text []byte, out *collector) *yaml.Node {
	if len(text) > MaxBytes {
		out.add(Problem{Code: TooLarge, Message: fmt.Sprintf("the blueprint is larger than %d MiB", MaxBytes>>20),
			Hint: "is it the right file? Files that containers need go into their images"})
		return nil
	}
	out.lines = Lines(string(text))
	if p, bad := badText(text, out.lines); bad {
		out.add(p)
		return nil
	}
	doc := load(text, out)
	if doc == nil {
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		out.add(Problem{Code: Empty, Message: "the blueprint is empty", Hint: emptyHint})
		return nil
	}
	e := expander{left: maxNodes, open: map[*yaml.Node]bool{}, out: out}
	root, err := e.expand(doc.Content[0])
	if err != nil {
		out.add(*err)
		return nil
	}
	return root
}

const emptyHint = "a blueprint has an id or a name, and services"

// badText finds what the YAML reader refuses without saying where: bytes that are not UTF-8, and control characters.
func badText(text []byte, lines []string) (Problem, bool) {
	if utf8.Valid(text) && bytes.IndexFunc(text, forbidden) < 0 {
		return Problem{}, false
	}
	for i, line := range lines {
		column := 0
		for at := 0; at < len(line); {
			r, size := utf8.DecodeRuneInString(line[at:])
			column++
			p := Problem{Line: i + 1, Column: column}
			switch {
			case r == utf8.RuneError && size <= 1:
				p.Code, p.Message, p.Hint = NotUTF8, "the blueprint is no UTF-8 text", "save the file as UTF-8"
				return p, true
			case forbidden(r):
				p.Code, p.Message = ControlCharacter, fmt.Sprintf("the control character %U cannot stand in YAML", r)
				p.Hint = `remove it; where a value needs it, write it in double quotes, as in "\x1b"`
				return p, true
			}
			at += size
		}
	}
	return Problem{}, false
}

// forbidden are the characters that YAML does not take.
func forbidden(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\r' || r == 0x85:
		return false
	default:
		return r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff
	}
}

// expander follows aliases and merge keys. Nodes are shared, not copied: only walking them costs.
type expander struct {
	left    int
	open    map[*yaml.Node]bool
	aliases bool     // there are some
	path    []string // to what is expanded, as tokens of a JSON pointer
	out     *collector
}

func (e *expander) expand(n *yaml.Node) (*yaml.Node, *Problem) {
	if e.left--; e.left < 0 {
		return nil, e.tooMany(n)
	}
	if n.Kind == yaml.AliasNode {
		e.aliases = true
		if n.Alias == nil || e.open[n.Alias] {
			return nil, &Problem{Code: AliasLoop, Line: n.Line, Column: n.Column, Hint: "name another anchor",
				Message: fmt.Sprintf("alias *%s contains itself", n.Value)}
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
	for i, c := range n.Content {
		e.path = append(e.path, token(n, i))
		x, err := e.expand(c)
		e.path = e.path[:len(e.path)-1]
		if err != nil {
			return nil, err
		}
		full.Content = append(full.Content, x)
	}
	if full.Kind == yaml.MappingNode {
		full.Content = e.merge(full.Content)
	}
	return &full, nil
}

// token is what leads to a child of a list or map.
func token(n *yaml.Node, i int) string {
	if n.Kind == yaml.MappingNode {
		return escape(n.Content[i-i%2].Value)
	}
	return strconv.Itoa(i)
}

func (e *expander) at(n *yaml.Node) node {
	at := node{yaml: n, out: e.out}
	for _, t := range e.path {
		at.path += "/" + t
	}
	return at
}

func (e *expander) tooMany(n *yaml.Node) *Problem {
	p := Problem{Code: OverLimit, Line: n.Line, Column: n.Column, Message: fmt.Sprintf("the blueprint has more than %d values", maxNodes),
		Hint: "is it the right file? Files that containers need go into their images"}
	if e.aliases {
		p.Message += " once its aliases are followed"
		p.Hint = "use fewer aliases; each stands for all that it names"
	}
	return &p
}

// merge applies merge keys (<<): what the map itself says wins, then the first of those merged.
func (e *expander) merge(content []*yaml.Node) []*yaml.Node {
	own := make([]*yaml.Node, 0, len(content))
	var from []*yaml.Node
	var first *yaml.Node // <<
	for i := 0; i+1 < len(content); i += 2 {
		key, v := content[i], content[i+1]
		switch {
		case key.Tag != "!!merge":
			own = append(own, key, v)
			continue
		case first != nil:
			e.at(key).fail(DuplicateKey, "<<: [*one, *other] merges several", "<< is given twice, first on line %d", first.Line)
			continue
		}
		first = key
		if v.Kind != yaml.SequenceNode {
			v = &yaml.Node{Content: []*yaml.Node{v}}
		}
		for _, m := range v.Content {
			if _, ok := e.at(m).fields("what << merges"); ok { // which says what is given twice in it
				from = append(from, m)
			}
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
		for i := 0; i+1 < len(m.Content); i += 2 {
			if k := m.Content[i]; !have[k.Value] {
				have[k.Value] = true
				own = append(own, k, m.Content[i+1])
			}
		}
	}
	return own
}
