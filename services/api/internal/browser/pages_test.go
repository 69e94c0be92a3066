package browser

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// kinds are a page of each kind.
var kinds = []string{"/docs", "/docs/tour", "/docs/concepts", "/docs/words", "/docs/cli", "/docs/operations", "/docs/flow", "/docs/errors", "/docs/errors/invalid",
	"/docs/decisions", "/docs/api", "/docs/events"}

// look is what a page is made of.
type look struct {
	Title, Lang  string
	Headings     []int // their levels
	Landmarks    []string
	Links        []string // whole addresses
	IDs          []string
	Width, Fits  float64 // of what there is, and of the window
	WithoutStyle bool
}

const looking = `({
	title: document.title, lang: document.documentElement.lang,
	headings: [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((h) => +h.tagName[1]),
	landmarks: [...document.querySelectorAll('header, nav, main')].map((e) => e.tagName.toLowerCase()),
	links: [...document.querySelectorAll('a')].map((a) => a.href),
	ids: [...document.querySelectorAll('[id]')].map((e) => e.id),
	width: document.documentElement.scrollWidth, fits: innerWidth,
	withoutStyle: !document.styleSheets.length || !document.styleSheets[0].cssRules.length,
})`

// Every page that links lead to from the first one is loaded in a window as narrow as a telephone.
func TestEachPageLoadsAsksNobodyElseFitsATelephoneAndLeadsNowhereDead(t *testing.T) {
	t.Parallel()
	b := open(t, 360)
	seen, queue := map[string]look{}, []string{"/docs"}
	files := map[string]bool{}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if _, done := seen[path]; done {
			continue
		}
		b.visit(path)
		l := ask[look](b, looking)
		seen[path] = l
		l.judge(t, path)
		for _, link := range l.Links {
			u, err := url.Parse(link)
			switch {
			case err != nil || link == "":
				t.Errorf("%s has the link %q", path, link)
			case u.Scheme+"://"+u.Host != b.base:
				if u.Scheme != "https" && u.Scheme != "http" {
					t.Errorf("%s leads to %s", path, link)
				}
			case u.Path == "/docs" || strings.HasPrefix(u.Path, "/docs/"):
				queue = append(queue, u.Path)
			default:
				files[u.Path] = true
			}
		}
	}
	if len(seen) < 100 || len(files) < 2 {
		t.Errorf("%d pages and %d files only", len(seen), len(files))
	}
	for path := range files {
		answer, err := http.Get(b.base + path)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("a page leads to %s: %v %v", path, answer, err)
		}
		if err == nil {
			_ = answer.Body.Close()
		}
	}
	for path, l := range seen {
		for _, link := range l.Links {
			u, err := url.Parse(link)
			if err != nil || u.Fragment == "" {
				continue
			}
			if target, page := seen[u.Path]; page && !slices.Contains(target.IDs, u.Fragment) {
				t.Errorf("%s leads to %s, and %s has no such place", path, link, u.Path)
			}
		}
	}
}

func (l look) judge(t *testing.T, path string) {
	t.Helper()
	if l.Lang != "en" || !strings.HasSuffix(l.Title, " · Clocker") || l.Title == " · Clocker" || l.WithoutStyle {
		t.Errorf("%s: %q in language %q, without style %v", path, l.Title, l.Lang, l.WithoutStyle)
	}
	if l.Width > l.Fits {
		t.Errorf("%s is %v wide in a window of %v", path, l.Width, l.Fits)
	}
	if !slices.Contains(l.Landmarks, "main") || !slices.Contains(l.Landmarks, "nav") || !slices.Contains(l.Landmarks, "header") {
		t.Errorf("%s has the landmarks %v", path, l.Landmarks)
	}
	last := 0
	for i, level := range l.Headings {
		if level > last+1 || (level == 1) != (i == 0) {
			t.Errorf("%s has headings of the levels %v", path, l.Headings)
			break
		}
		last = level
	}
	if len(l.Headings) == 0 {
		t.Errorf("%s has no heading", path)
	}
}

func TestPagesFitWindowsOfEachWidth(t *testing.T) {
	t.Parallel()
	b := open(t, 800)
	for _, width := range []int64{320, 360, 800, 1056, 1400, 2560} {
		b.run(chromedp.EmulateViewport(width, 900))
		for _, path := range kinds {
			b.visit(path)
			if l := ask[look](b, looking); l.Width > l.Fits || l.Fits != float64(width) {
				t.Errorf("%s is %v wide in a window of %v, which should be %d", path, l.Width, l.Fits, width)
			}
			if lines := ask[float64](b, `Math.max(...[...document.querySelectorAll('main p')].map((p) => p.clientWidth / parseFloat(getComputedStyle(p).fontSize)))`); lines > 45 {
				t.Errorf("%s has lines of %.0f em in a window of %d: too long to read", path, lines, width)
			}
		}
	}
}

func TestEachPageIsWholeWithoutJavaScript(t *testing.T) {
	t.Parallel()
	b := open(t, 1400)
	// What the script adds is for it alone.
	const text = `(() => { const all = document.querySelector('main').cloneNode(true);
		for (const e of all.querySelectorAll('.copy, .find')) e.remove();
		return all.textContent })()`
	const usable = `[...document.querySelectorAll('button, input')].length`
	for _, path := range kinds {
		b.scripts(true)
		b.visit(path)
		with := ask[string](b, text)
		b.scripts(false)
		b.visit(path)
		if without := ask[string](b, text); without != with || len(with) < 200 {
			t.Errorf("%s has %d characters of text with JavaScript and %d without", path, len(with), len(without))
		}
		if n := ask[int](b, usable); n != 0 {
			t.Errorf("%s has %d controls that do nothing without JavaScript", path, n)
		}
	}
}
