package fences

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Tree is what the rules look at: the Go files and modules of a repository.
type Tree struct {
	Files   []File
	Modules []Module
	Uses    []string // directories that go.work lists
}

// File is one Go file. Paths are relative to the repository, with slashes.
type File struct {
	Path      string
	Dir       string
	Package   string
	Test      bool // name ends in _test.go
	Doc       bool // has a package comment
	Imports   []Mention
	Selectors []Mention // name.Name, called or handed over
	Skips     []Mention // calls of t.Skip and its like, by the reason they give
	Comments  []Mention
}

// Mention is a text that stands in a file at a line.
type Mention struct {
	Text string
	Line int
}

// Module is one go.mod.
type Module struct {
	Dir  string
	Path string
	Go   string // its go line
}

// Load reads a repository: every Go file and go.mod that is not in a hidden directory, a testdata or bin.
func Load(root fs.FS) (Tree, error) {
	var t Tree
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if p != "." && (strings.HasPrefix(name, ".") || name == "testdata" || p == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		switch {
		case name == "go.mod":
			return t.addModule(root, p)
		case p == "go.work":
			return t.addWorkspace(root, p)
		case strings.HasSuffix(name, ".go"):
			return t.addFile(root, p)
		}
		return nil
	})
	return t, err
}

func (t *Tree) addModule(root fs.FS, p string) error {
	src, err := fs.ReadFile(root, p)
	if err != nil {
		return err
	}
	m := Module{Dir: path.Dir(p)}
	for line := range strings.Lines(string(src)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "module" {
			m.Path = fields[1]
		} else if len(fields) == 2 && fields[0] == "go" {
			m.Go = fields[1]
		}
	}
	t.Modules = append(t.Modules, m)
	return nil
}

func (t *Tree) addWorkspace(root fs.FS, p string) error {
	src, err := fs.ReadFile(root, p)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(src)) {
		if dir, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimSpace(line), "use "), "./"); ok {
			t.Uses = append(t.Uses, path.Clean(dir))
		}
	}
	return nil
}

func (t *Tree) addFile(root fs.FS, p string) error {
	src, err := fs.ReadFile(root, p)
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, p, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse: %w", err)
	}
	f := File{
		Path: p, Dir: path.Dir(p), Package: parsed.Name.Name, Test: strings.HasSuffix(p, "_test.go"), Doc: parsed.Doc != nil,
	}
	line := func(pos token.Pos) int { return set.Position(pos).Line }
	for _, i := range parsed.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return fmt.Errorf("parse: %s:%d: %w", p, line(i.Pos()), err)
		}
		f.Imports = append(f.Imports, Mention{name, line(i.Pos())})
	}
	for _, group := range parsed.Comments {
		for _, c := range group.List {
			f.Comments = append(f.Comments, Mention{c.Text, line(c.Pos())})
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr: // not only calls: time.Now handed over as a value is a clock, too
			if name := selector(n); name != "" {
				f.Selectors = append(f.Selectors, Mention{name, line(n.Pos())})
			}
		case *ast.CallExpr:
			if name := selector(n.Fun); strings.HasPrefix(name, "t.Skip") {
				f.Skips = append(f.Skips, Mention{reason(n), line(n.Pos())})
			}
		}
		return true
	})
	t.Files = append(t.Files, f)
	return nil
}

// selector is the text of name.Name, "" for anything else.
func selector(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok {
			return x.Name + "." + s.Sel.Name
		}
	}
	return ""
}

// reason is the text that a call gives first, "" when that is no literal.
func reason(call *ast.CallExpr) string {
	if len(call.Args) == 0 {
		return ""
	}
	if lit, ok := call.Args[0].(*ast.BasicLit); ok {
		return strings.Trim(lit.Value, "\"`")
	}
	return ""
}
