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
	"github.com/yuin/goldmark/text"
)

// markdown renders every Markdown file of a folder, by the address of its page. HTML within them is left out.
func markdown(folder fs.FS) (map[string]main, error) {
	writer := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
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
		m := main{title: path.Base(file)}
		if err := ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if l, ok := n.(*ast.Link); ok && entering {
				return lead(l, folder, path.Dir(file)), nil
			}
			if h, ok := n.(*ast.Heading); ok && entering && h.Level == 1 && h.Lines().Len() > 0 {
				line := h.Lines().At(0)
				m.title = strings.ReplaceAll(string(line.Value(source)), "`", "")
			}
			return ast.WalkContinue, nil
		}); err != nil {
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

// lead points a link between files at the page of the file. What is in the repository and not in the folder is no page:
// its text stays, and leads nowhere.
func lead(l *ast.Link, folder fs.FS, dir string) ast.WalkStatus {
	to, anchor, _ := strings.Cut(string(l.Destination), "#")
	if strings.Contains(to, "://") || strings.HasPrefix(to, "/") || to == "" {
		return ast.WalkContinue
	}
	file := path.Join(dir, to)
	if info, err := fs.Stat(folder, file); err == nil && info.IsDir() {
		file = path.Join(file, "README.md")
	}
	if _, err := fs.Stat(folder, file); err != nil {
		l.Destination = nil
		return ast.WalkContinue
	}
	at := strings.TrimSuffix("/docs/"+address(file), "/")
	if path.Ext(file) == ".json" {
		at = "/" + file
	}
	if anchor != "" {
		at += "#" + anchor
	}
	l.Destination = []byte(at)
	return ast.WalkContinue
}
