package pages

import (
	"bytes"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown renders every Markdown file of a folder, by the address of its page. HTML within them is left out.
func markdown(folder fs.FS) (map[string]main, error) {
	// Ours comes before the extension's own, which has 500.
	ours := renderer.WithNodeRenderers(util.Prioritized(boxes{}, 100))
	writer := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(parser.WithAutoHeadingID()), goldmark.WithRendererOptions(ours))
	out := map[string]main{}
	err := fs.WalkDir(folder, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".md" {
			return err
		}
		source, err := fs.ReadFile(folder, file)
		if err != nil {
			return err
		}
		tree := writer.Parser().Parse(text.NewReader(source))
		m, err := prepare(tree, source, folder, file)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := writer.Renderer().Render(&b, source, tree); err != nil {
			return err
		}
		m.html = template.HTML(b.String())
		out[address(file)] = m
		return nil
	})
	return out, err
}

// prepare points the links of a file at pages, and finds its title and contents.
func prepare(tree ast.Node, source []byte, folder fs.FS, file string) (main, error) {
	m := main{title: path.Base(file)}
	var astray []*ast.Link
	err := ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if !lead(n, folder, path.Dir(file)) {
				astray = append(astray, n)
			}
		case *ast.Heading:
			if n.Level == 1 {
				m.title = words(n, source)
			} else if id, ok := n.AttributeString("id"); ok && n.Level <= 3 {
				m.contents = append(m.contents, entry{string(id.([]byte)), words(n, source), n.Level})
			}
		}
		return ast.WalkContinue, nil
	})
	for _, l := range astray {
		for c := l.FirstChild(); c != nil; c = l.FirstChild() {
			l.Parent().InsertBefore(l.Parent(), l, c)
		}
		l.Parent().RemoveChild(l.Parent(), l)
	}
	return m, err
}

// words is the text of a node without what makes it bold, code or a link.
func words(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(source))
			continue
		}
		b.WriteString(words(c, source))
	}
	return b.String()
}

// documents are the files for programs, and where the API answers with them.
var documents = map[string]string{"openapi.json": "/openapi.json", "asyncapi.json": "/asyncapi.json", "blueprint.schema.json": "/schema/blueprint.json"}

// lead points a link between files at the page of the file, and reports whether there is one. What is in the repository
// and not in the folder is no page: the text of such a link stays, and the link does not.
func lead(l *ast.Link, folder fs.FS, dir string) bool {
	to, anchor, _ := strings.Cut(string(l.Destination), "#")
	if strings.Contains(to, "://") || strings.HasPrefix(to, "/") || to == "" {
		return true
	}
	file := path.Join(dir, to)
	if info, err := fs.Stat(folder, file); err == nil && info.IsDir() {
		file = path.Join(file, "README.md")
	}
	if _, err := fs.Stat(folder, file); err != nil {
		return false
	}
	at := strings.TrimSuffix("/docs/"+address(file), "/")
	if to, document := documents[file]; document {
		at = to
	}
	if anchor != "" {
		at += "#" + anchor
	}
	l.Destination = []byte(at)
	return true
}
