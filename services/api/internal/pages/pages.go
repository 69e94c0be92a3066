package pages

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
)

// Policy is the Content-Security-Policy of every page: nothing from elsewhere, no script but the one file, no form, no
// frame.
const Policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

//go:embed files
var files embed.FS

// Site is every page by its path below /docs, such as "" and errors/invalid. It does not change.
type Site struct{ pages map[string][]byte }

// page is what the frame of every page is filled with.
type page struct {
	Title    string
	Path     string // below /docs
	Menu     []link
	Contents []entry
	Main     template.HTML
}

type link struct{ Path, Text string }

// entry is a heading of a page, for its table of contents.
type entry struct {
	ID, Text string
	Level    int // 2 or 3
}

// menu is what every page leads to.
var menu = []link{{"", "Documentation"}, {"tour", "Tour"}, {"concepts", "Concepts"}, {"api", "API"}, {"events", "Events"},
	{"cli", "Commands"}, {"errors", "Errors"}, {"operations", "Operations"}, {"architecture", "Architecture"}, {"words", "Words"}}

// Current says how a page lies to an entry of the menu, in the words of aria-current.
func (p page) Current(l link) string {
	switch {
	case p.Path == l.Path:
		return "page"
	case l.Path != "" && path.Dir(p.Path) == l.Path:
		return "true"
	}
	return ""
}

// New makes the pages of a folder of Markdown with openapi.json and asyncapi.json in it.
func New(folder fs.FS) (*Site, error) {
	frame, err := template.New("").Funcs(functions).ParseFS(files, "files/*.html")
	if err != nil {
		return nil, err
	}
	mains, err := markdown(folder)
	if err != nil {
		return nil, err
	}
	for name, of := range map[string]generated{
		"api":    {"openapi.json", "The API", contentsOfAPI},
		"events": {"asyncapi.json", "Events", contentsOfEvents},
	} {
		if mains[name], err = of.main(frame, folder, name); err != nil {
			return nil, fmt.Errorf("%s: %w", of.file, err)
		}
	}
	s := &Site{pages: map[string][]byte{}}
	var shown []link
	for _, l := range menu {
		if _, there := mains[l.Path]; there {
			shown = append(shown, l)
		}
	}
	for name, m := range mains {
		var b bytes.Buffer
		p := page{Title: m.title, Path: name, Menu: shown, Contents: m.contents, Main: m.html}
		if err := frame.ExecuteTemplate(&b, "frame.html", p); err != nil {
			return nil, err
		}
		s.pages[name] = b.Bytes()
	}
	return s, nil
}

// Page is a page by its path below /docs; a path may end in .md, as links between the files do.
func (s *Site) Page(name string) ([]byte, bool) {
	text, ok := s.pages[address(name)]
	return text, ok
}

// File is one of those that pages are shown with: style.css, page.js or icon.svg.
func File(name string) []byte {
	text, err := files.ReadFile("files/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return text
}

// address is where the page of a file is: README.md is its folder.
func address(file string) string {
	name := strings.TrimSuffix(path.Clean(file), ".md")
	if path.Base(name) == "README" {
		name = path.Dir(name)
	}
	return strings.TrimPrefix(name, ".")
}

// main is a page without its frame.
type main struct {
	title    string
	contents []entry
	html     template.HTML
}

// generated is a document that is generated from the code, and what its page has.
type generated struct {
	file, title string
	contents    func(document any) []entry
}

// main renders the document with the template of its name.
func (g generated) main(t *template.Template, folder fs.FS, name string) (main, error) {
	text, err := fs.ReadFile(folder, g.file)
	if err != nil {
		return main{}, err
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		return main{}, err
	}
	var b bytes.Buffer
	err = t.ExecuteTemplate(&b, name+".html", document)
	return main{g.title, g.contents(document), template.HTML(b.String())}, err
}
