package pages

import (
	"fmt"
	"html"
	"strings"

	"github.com/yuin/goldmark/ast"
	extended "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// boxes renders what may be wider than a page in a box that scrolls by itself, also by keyboard: code and tables.
type boxes struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (boxes) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(extended.KindTable, table)
	r.Register(ast.KindFencedCodeBlock, code)
	r.Register(ast.KindCodeBlock, code)
}

func table(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, err := w.WriteString("</table></div>\n")
		return ast.WalkContinue, err
	}
	var columns []string
	for cell := n.FirstChild().FirstChild(); cell != nil; cell = cell.NextSibling() {
		columns = append(columns, words(cell, source))
	}
	_, err := fmt.Fprintf(w, `<div class="wide" tabindex="0" role="group" aria-label="%s"><table>`+"\n", html.EscapeString("Table: "+strings.Join(columns, ", ")))
	return ast.WalkContinue, err
}

func code(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	kind := ""
	if fenced, ok := n.(*ast.FencedCodeBlock); ok {
		kind = string(fenced.Language(source))
	}
	_, err := fmt.Fprintf(w, "<div class=\"code\"><pre tabindex=\"0\" data-kind=\"%s\"><code>%s</code></pre></div>\n",
		html.EscapeString(kind), html.EscapeString(string(n.Lines().Value(source))))
	return ast.WalkSkipChildren, err
}
