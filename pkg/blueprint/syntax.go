package blueprint

import (
	"fmt"
	"strings"
)

// prefix starts an expression of the Brooklyn DSL.
const prefix = "$brooklyn:"

// maxDepth bounds calls within calls.
const maxDepth = 16

// expr is a parsed expression: a literal, or calls joined by points, component("x").attributeWhenReady("y").
type expr struct {
	at      node // where it stands
	literal string
	chain   []call // empty for a literal
}

type call struct {
	at   node
	name string
	args []expr
	bare bool // written without ( ), which only the last call of a map key may be
}

// isExpression reports whether text is an expression rather than itself.
func isExpression(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), prefix) }

// syntaxError says what the reader of expressions met, and where in the text (bytes).
type syntaxError struct {
	offset  int
	message string
}

// exprReader reads one expression out of a text.
type exprReader struct {
	text string
	pos  int
	at   node
}

// readExpr parses the whole text of a node.
func readExpr(n node, allowBare bool) (expr, *syntaxError) {
	r := &exprReader{text: n.yaml.Value, at: n}
	if zero := strings.IndexByte(r.text, 0); zero >= 0 {
		return expr{}, &syntaxError{offset: zero, message: "it holds a zero byte"}
	}
	e, err := r.expr(0, allowBare)
	if err != nil {
		return expr{}, err
	}
	if r.skip(); r.pos < len(r.text) {
		return expr{}, r.wrong("nothing may follow the expression")
	}
	return e, nil
}

func (r *exprReader) wrong(format string, args ...any) *syntaxError {
	message := fmt.Sprintf(format, args...)
	if r.pos >= len(r.text) {
		message += "; the text ends here"
	} else {
		message += fmt.Sprintf("; here stands %q", clip(r.text[r.pos:]))
	}
	return &syntaxError{offset: r.pos, message: message}
}

func (r *exprReader) skip() {
	for r.pos < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.pos]) >= 0 {
		r.pos++
	}
}

func (r *exprReader) take(c byte) bool {
	r.skip()
	if r.pos < len(r.text) && r.text[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

func (r *exprReader) expr(depth int, allowBare bool) (expr, *syntaxError) {
	r.skip()
	if depth > maxDepth {
		return expr{}, r.wrong("calls are nested more than %d deep", maxDepth)
	}
	start := r.pos
	if r.pos < len(r.text) {
		switch c := r.text[r.pos]; {
		case c == '"' || c == '\'':
			s, err := r.quoted(c)
			return expr{at: r.at.shifted(start), literal: s}, err
		case c >= '0' && c <= '9' || c == '-':
			return expr{at: r.at.shifted(start), literal: r.while("-.0123456789")}, nil
		}
	}
	r.pos += len(prefix) * boolInt(strings.HasPrefix(r.text[r.pos:], prefix))
	e := expr{at: r.at.shifted(start)}
	for {
		c, err := r.call(depth, allowBare)
		if err != nil {
			return expr{}, err
		}
		e.chain = append(e.chain, c)
		if !r.take('.') {
			return e, nil
		}
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

func (r *exprReader) while(set string) string {
	start := r.pos
	for r.pos < len(r.text) && strings.IndexByte(set, r.text[r.pos]) >= 0 {
		r.pos++
	}
	return r.text[start:r.pos]
}

func (r *exprReader) call(depth int, allowBare bool) (call, *syntaxError) {
	r.skip()
	c := call{at: r.at.shifted(r.pos)}
	if c.name = r.while(letters); c.name == "" {
		return c, r.wrong("a call such as component(...) is expected")
	}
	if !r.take('(') {
		if r.skip(); allowBare && r.pos == len(r.text) {
			c.bare = true
			return c, nil
		}
		return c, r.wrong("( is expected after %s", c.name)
	}
	if r.take(')') {
		return c, nil
	}
	for {
		arg, err := r.expr(depth+1, false)
		if err != nil {
			return c, err
		}
		c.args = append(c.args, arg)
		switch {
		case r.take(','):
		case r.take(')'):
			return c, nil
		default:
			return c, r.wrong("a comma or ) is expected in %s(...)", c.name)
		}
	}
}

var escapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', '"': '"', '\'': '\'', '\\': '\\'}

func (r *exprReader) quoted(quote byte) (string, *syntaxError) {
	start := r.pos
	r.pos++
	var b strings.Builder
	for r.pos < len(r.text) {
		c := r.text[r.pos]
		r.pos++
		switch {
		case c == quote:
			return b.String(), nil
		case c != '\\' || r.pos == len(r.text):
			b.WriteByte(c)
		default:
			e, ok := escapes[r.text[r.pos]]
			if !ok {
				r.pos--
				return "", r.wrong("only \\n, \\t, \\r, \\\\, \\\" and \\' are known")
			}
			b.WriteByte(e)
			r.pos++
		}
	}
	return "", &syntaxError{offset: start, message: "a quote is not closed"}
}
