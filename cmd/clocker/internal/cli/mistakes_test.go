package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clocker.io/cmd/clocker/internal/render"
	"clocker.io/docs"
	"clocker.io/pkg/blueprint"
	"clocker.io/pkg/clocker"
)

// mistakes is the folder of blueprints with a mistake each, and of what is said about them.
const mistakes = "../../../../pkg/blueprint/testdata/mistakes/"

// shownAsMistake says how a person sees what is wrong with a blueprint of the folder. Its first line may say what the
// reader knows beside the text.
func shownAsMistake(t *testing.T, name string) (string, blueprint.Report) {
	t.Helper()
	text, err := os.ReadFile(mistakes + name)
	if err != nil {
		t.Fatal(err)
	}
	opts := blueprint.Options{Later: true}
	first, _, _ := strings.Cut(string(text), "\n")
	if words, ok := strings.CutPrefix(first, "# clouds: "); ok {
		opts.Clouds = strings.Fields(words)
	}
	if words, ok := strings.CutPrefix(first, "# context: "); ok {
		opts.Context = &blueprint.Context{Files: map[string]bool{words: true}}
	}
	opts.Later = first != "# sent without a context"
	opts.Tolerant = first == "# tolerant"
	_, found := blueprint.Parse(text, opts)
	plain := render.Paint{}
	return render.Faults(name, string(text), faults(clientFaults(found.Problems)), plain) +
		render.Warnings(name, string(text), faults(clientFaults(found.Warnings)), plain), found
}

func mistakeNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(mistakes + "*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no mistakes", err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".yaml")
	}
	return files
}

// many says that a blueprint of the folder has more than one mistake.
func many(name string) bool { return name == "ten-mistakes" || strings.HasPrefix(name, "many-") }

func TestEachMistakeIsShownAsInItsFile(t *testing.T) {
	t.Parallel()
	for _, name := range mistakeNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown, found := shownAsMistake(t, name+".yaml")
			all := slices.Concat(found.Problems, found.Warnings)
			if len(all) != 1 && !many(name) {
				t.Errorf("%d mistakes, want one", len(all))
			}
			for _, p := range all {
				if p.Hint == "" {
					t.Errorf("%s does not say what would be right", p)
				}
				if !many(name) && !strings.HasPrefix(name, string(p.Code)) && !strings.HasPrefix(name, "shown-") {
					t.Errorf("the mistake is %s", p.Code)
				}
			}
			golden(t, filepath.Join("..", mistakes, name+".txt"), shown)
		})
	}
}

func TestThereAreSixtyMistakesAndOneOfEachCode(t *testing.T) {
	t.Parallel()
	texts, codes := map[string]bool{}, map[blueprint.Code]bool{}
	most := 0
	for _, name := range mistakeNames(t) {
		shown, found := shownAsMistake(t, name+".yaml")
		most = max(most, len(found.Problems))
		for _, p := range slices.Concat(found.Problems, found.Warnings) {
			codes[p.Code] = true
			if !many(name) {
				texts[p.Message+p.Hint] = true
			}
		}
		if shown == "" {
			t.Errorf("%s: nothing is said", name)
		}
	}
	if len(texts) < 60 || most < 10 {
		t.Errorf("%d different texts, and %d in one go; want 60 and 10", len(texts), most)
	}
	for _, code := range blueprint.Codes() {
		if !codes[code] && code != blueprint.TooLarge { // which has no file, for its size
			t.Errorf("no mistake has the code %s", code)
		}
	}
}

// TestValidateShowsTheMistakes runs the command on the folder: the texts of the files are what it prints.
func TestValidateShowsTheMistakes(t *testing.T) {
	t.Parallel()
	var files []string
	var want strings.Builder
	for _, name := range mistakeNames(t) {
		text, err := os.ReadFile(mistakes + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		if strings.HasPrefix(first, "# ") && name != "empty" {
			continue // the command knows something else beside it
		}
		shown, _ := shownAsMistake(t, name+".yaml")
		files = append(files, mistakes+name+".yaml")
		want.WriteString(shown)
	}
	r := newFake(t).run(t.Context(), "", append([]string{"validate"}, files...)...)
	if got := strings.ReplaceAll(r.out, mistakes, ""); r.code != exitFailed || got != want.String() {
		t.Errorf("it ended with %d and printed\n%s", r.code, got)
	}
	if !strings.Contains(r.err, "blueprints have problems") {
		t.Errorf("said: %s", r.err)
	}
}

// TestEachCodeHasAPageThatShowsIt holds docs/errors against the registries of codes, and the examples of its pages against
// the folder of mistakes; -update writes the examples.
func TestEachCodeHasAPageThatShowsIt(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"README": true}
	for _, code := range clocker.Codes() {
		known[string(code)] = true
		if _, ok := docs.Error(string(code)); !ok {
			t.Errorf("docs/errors has no page %s.md", code)
		}
	}
	for _, code := range blueprint.Codes() {
		known[string(code)] = true
		if code != blueprint.TooLarge {
			pageShowsMistake(t, string(code))
		}
	}
	pages, err := docs.Files.ReadDir("errors")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if name := strings.TrimSuffix(page.Name(), ".md"); !known[name] {
			t.Errorf("docs/errors/%s is about no code", page.Name())
		}
	}
}

func pageShowsMistake(t *testing.T, code string) {
	t.Helper()
	source, err := os.ReadFile(mistakes + code + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	shown, _ := shownAsMistake(t, code+".yaml")
	example := "```yaml\n" + visibleLines(source) + "```\n\n```text\n" + shown + "```\n"
	file := "../../../../docs/errors/" + code + ".md"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
		return
	}
	before, rest, begins := strings.Cut(string(page), "## Example\n\n")
	_, after, ends := strings.Cut(rest, "## Mend\n")
	if !begins || !ends || !strings.HasPrefix(before, "# "+code+"\n\n") {
		t.Errorf("%s has not the form of the others", file)
		return
	}
	want := before + "## Example\n\n" + example + "\n## Mend\n" + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Errorf("%s does not show what is said about its mistake; -update writes it", file)
	}
}

// visibleLines is a text as Markdown can hold it.
func visibleLines(text []byte) string {
	var b strings.Builder
	for line := range strings.Lines(strings.ToValidUTF8(string(text), "\ufffd")) {
		b.WriteString(render.Visible(strings.TrimSuffix(line, "\n")) + "\n")
	}
	return b.String()
}
