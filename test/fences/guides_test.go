package fences

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var (
	fileNamed = regexp.MustCompile(`(?m)(?:^|[ (])([a-z0-9][a-z0-9_]*\.go)\b`)
	linkNamed = regexp.MustCompile(`\[([A-Z]\w*(?:\.\w+)?)\]`)
)

// absent lists what the comment of a package tells a reader to look at, and the package does not have: files, and names in
// brackets.
func absent(root fs.FS, dir string) (list []string, seen int, err error) {
	files, err := fs.Glob(root, path.Join(dir, "*.go"))
	if err != nil {
		return nil, 0, err
	}
	there, comment := map[string]bool{}, ""
	for _, name := range files {
		there[path.Base(name)] = true
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return nil, 0, err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, 0, err
		}
		comment += f.Doc.Text()
		for _, d := range f.Decls {
			declared(d, there)
		}
	}
	for _, of := range []*regexp.Regexp{fileNamed, linkNamed} {
		for _, m := range of.FindAllStringSubmatch(comment, -1) {
			if seen++; !there[m[1]] {
				list = append(list, m[1])
			}
		}
	}
	return list, seen, nil
}

// declared notes the names that a declaration makes, Type.Method and Type.Field as well.
func declared(d ast.Decl, there map[string]bool) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			name = receiver(d.Recv.List[0].Type) + "." + name
		}
		there[name] = true
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.ValueSpec:
				for _, n := range s.Names {
					there[n.Name] = true
				}
			case *ast.TypeSpec:
				there[s.Name.Name] = true
				ast.Inspect(s.Type, func(n ast.Node) bool {
					if field, ok := n.(*ast.Field); ok {
						for _, name := range field.Names {
							there[s.Name.Name+"."+name.Name] = true
						}
					}
					return true
				})
			}
		}
	}
}

func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}

func TestEveryPackageHasWhatItsCommentNames(t *testing.T) {
	t.Parallel()
	root := os.DirFS("../..")
	tree, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, f := range tree.Files {
		dirs = append(dirs, f.Dir)
	}
	slices.Sort(dirs)
	all := 0
	for _, dir := range slices.Compact(dirs) {
		list, seen, err := absent(root, dir)
		if err != nil {
			t.Fatal(err)
		}
		all += seen
		for _, name := range list {
			t.Errorf("the comment of package %s names %s, which is not there", dir, name)
		}
	}
	if all < 100 {
		t.Errorf("%d names only", all)
	}
}

func TestWhatACommentNamesAndIsNotThereIsFound(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{
		"a/doc.go": {Data: []byte("// Package a, see [Run], [T.Go], [T.Field], [Limit], [Gone] and [T.Gone]; b.go, c.go and d/e.go.\npackage a\n")},
		"a/b.go":   {Data: []byte("package a\n\nconst Limit = 1\n\nfunc Run() {}\n\ntype T struct{ Field int }\n\nfunc (t *T) Go() {}\n")},
	}
	list, seen, err := absent(root, "a")
	if want := "c.go Gone T.Gone"; err != nil || strings.Join(list, " ") != want || seen != 8 {
		t.Errorf("%v of %d, %v, want %s", list, seen, err, want)
	}
}
