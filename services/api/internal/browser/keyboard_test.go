package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// following writes down what has the focus, and whether one sees that it has.
const following = `(() => {
	const visible = (e) => e.checkVisibility({visibilityProperty: true}) && !e.closest('[hidden]');
	const all = [...document.querySelectorAll('a[href], button, input, [tabindex="0"]')].filter(visible);
	window.way = [];
	const name = (e) => e.tagName + ' ' + (e.getAttribute('aria-label') || e.textContent.trim() || e.id).slice(0, 60);
	document.addEventListener('focusin', ({target}) => {
		const style = getComputedStyle(target), box = target.getBoundingClientRect();
		window.way.push({
			index: all.indexOf(target), name: name(target),
			seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && +style.opacity === 1,
			inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
		});
	});
	return all.map(name);
})()`

type step struct {
	Index        int
	Name         string
	Seen, Inside bool
}

func (b *tab) press(keys string, times int) {
	b.t.Helper()
	actions := make([]chromedp.Action[chromedp.Void], times)
	for i := range actions {
		actions[i] = chromedp.KeyEvent(keys)
	}
	b.run(actions...)
}

// slash presses the key as a keyboard does: what a page does not want of it is not typed.
func (b *tab) slash() {
	b.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "/", Code: "Slash", Text: "/"})
	}
}

func TestEachLinkAndControlIsReachedByTabInOrderAndIsSeen(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{360, 1400} {
		b := open(t, width)
		for _, path := range kinds {
			b.visit(path)
			// The observer of sizes has spoken by the second frame.
			ask[bool](b, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
			all := ask[[]string](b, following)
			b.press(kb.Tab, len(all))
			way := ask[[]step](b, `window.way`)
			if len(all) < 10 || len(way) != len(all) {
				t.Errorf("%s at %d: %d stops of %d", path, width, len(way), len(all))
			}
			for i, s := range way {
				if s.Index != i {
					t.Errorf("%s at %d: stop %d is %q, want %q", path, width, i, s.Name, all[min(i, len(all)-1)])
					break
				}
				if !s.Seen || !s.Inside {
					t.Errorf("%s at %d: nobody sees that %q has the focus: marked %v, in the window %v", path, width, s.Name, s.Seen, s.Inside)
				}
			}
		}
	}
}

func TestTheKeyboardSkipsTheMenuGoesToTheContentsAndFollowsALink(t *testing.T) {
	t.Parallel()
	b := open(t, 360)
	b.visit("/docs/operations")
	b.press(kb.Tab, 1)
	b.press(kb.Enter, 1)
	if id := ask[string](b, `document.activeElement.id`); id != "main" {
		t.Errorf("the first stop leads to %q, want the text", id)
	}
	b.visit("/docs/operations")
	b.do(`document.querySelector('.jump a').focus()`)
	b.press(kb.Enter, 1)
	if id := ask[string](b, `document.activeElement.id`); id != "contents" {
		t.Errorf("the way to the contents leads to %q", id)
	}
	b.press(kb.Tab, 1)
	b.press(kb.Enter, 1)
	if hash := ask[string](b, `location.hash`); hash != "#is-it-well" {
		t.Errorf("the first entry of the contents leads to %q", hash)
	}
}

func TestTheReaderOfTheAPIFindsOperationsByTheirWords(t *testing.T) {
	t.Parallel()
	for path, words := range map[string][2]string{"/docs/api": {"post resize", "resizeEntity"}, "/docs/events": {"container budget", "container.failed"}} {
		b := open(t, 1400)
		b.visit(path)
		const visible = `[...document.querySelectorAll('.operation')].filter((e) => e.checkVisibility()).map((e) => e.id)`
		all := ask[[]string](b, visible)
		b.slash()
		b.press(words[0], 1)
		some := ask[[]string](b, visible)
		if len(some) == 0 || len(some) >= len(all)/3 || !strings.Contains(fmt.Sprint(some), words[1]) {
			t.Errorf("%s: %q shows %v of %d", path, words[0], some, len(all))
		}
		if said := ask[string](b, `document.querySelector('.find output').value`); said != fmt.Sprintf("%d of %d", len(some), len(all)) {
			t.Errorf("%s: it says %q of %d", path, said, len(some))
		}
		entries := ask[int](b, `[...document.querySelectorAll('.contents a')].filter((e) => e.checkVisibility()).length`)
		if entries > 2*len(some)+1 {
			t.Errorf("%s: %d entries of the contents are left for %d", path, entries, len(some))
		}
		// A link to what is hidden shows it.
		b.do(fmt.Sprintf(`location.hash = %q`, hiddenOf(all, some)))
		b.until(fmt.Sprintf(`document.getElementById(%q).checkVisibility()`, hiddenOf(all, some)))
		b.slash()
		b.press("xyzzy", 1)
		if none := ask[[]string](b, visible); len(none) != 0 {
			t.Errorf("%s: nonsense shows %v", path, none)
		}
		b.press(kb.Escape, 1)
		if again := ask[[]string](b, visible); len(again) != len(all) {
			t.Errorf("%s: Escape shows %d of %d", path, len(again), len(all))
		}
		b.content(path)
	}
}

// hiddenOf is one that is not shown.
func hiddenOf(all, some []string) string {
	for _, id := range all {
		if !strings.Contains(fmt.Sprint(some), id) {
			return id
		}
	}
	return ""
}

func TestWhatIsCopiedOfAConsoleIsWhatWasTyped(t *testing.T) {
	t.Parallel()
	b := open(t, 1400)
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		call(b, browser.SetPermission, browser.SetPermissionParams{Permission: &browser.PermissionDescriptor{Name: name},
			Setting: browser.PermissionSettingGranted, Origin: b.base})
	}
	for path, want := range map[string]string{"/docs/tour": "make build\nexport PATH=\"$PWD/bin:$PATH\"\n",
		"/docs/api": "export CLOCKER_URL=http://127.0.0.1:8080\nexport CLOCKER_TOKEN=$(cat /var/lib/clocker/token)\n"} {
		b.visit(path)
		b.do(`document.querySelector(".copy").focus()`)
		b.press(kb.Enter, 1)
		b.until(`document.activeElement.textContent === 'Copied'`)
		if got := ask[string](b, `navigator.clipboard.readText()`); got != want {
			t.Errorf("%s: copied %q, want %q", path, got, want)
		}
	}
}
