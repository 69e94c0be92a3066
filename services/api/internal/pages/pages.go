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

// Policy is the Content-Security-Policy of every page: nothing from elsewhere, no script, no form, no frame.
const Policy = "default-src 'self'; script-src 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

//go:embed files
var files embed.FS

// Site is every page by its path below /docs, such as "" and errors/invalid. It does not change.
type Site struct{ pages map[string][]byte }

// page is what the frame of every page is filled with.
type page struct {
	Title string
	Path  string // below /docs
	Menu  []link
	Main  template.HTML
}

type link struct{ Path, Text string }

// menu is what every page leads to.
var menu = []link{{"", "Documentation"}, {"tour", "Tour"}, {"concepts", "Concepts"}, {"api", "API"}, {"events", "Events"},
	{"cli", "Commands"}, {"errors", "Errors"}, {"operations", "Operations"}, {"architecture", "Architecture"}, {"words", "Words"}}

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
	for name, of := range map[string]struct{ file, title string }{"api": {"openapi.json", "The API"}, "events": {"asyncapi.json", "Events"}} {
		html, err := document(frame, folder, name, of.file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", of.file, err)
		}
		mains[name] = main{of.title, html}
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
		if err := frame.ExecuteTemplate(&b, "frame.html", page{Title: m.title, Path: name, Menu: shown, Main: m.html}); err != nil {
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

// Style is the style sheet of the pages.
func Style() []byte {
	text, err := files.ReadFile("files/style.css")
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
	title string
	html  template.HTML
}

// document renders one of the generated documents with the template of its name.
func document(t *template.Template, folder fs.FS, name, file string) (template.HTML, error) {
	text, err := fs.ReadFile(folder, file)
	if err != nil {
		return "", err
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = t.ExecuteTemplate(&b, name+".html", document)
	return template.HTML(b.String()), err
}
