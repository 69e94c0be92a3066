package disk

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

func open(t testing.TB, path string) *Log[int] {
	t.Helper()
	l, err := Open[int](path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestTornLastLineIsDropped(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "agent", "x.log")
	l := open(t, path)
	if err := l.Write(map[string]int{"a": 1, "b": 2}); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"k":"a","v":9`); err != nil {
		t.Fatal(err)
	}
	again := open(t, path)
	if err := again.Write(map[string]int{"c": 3}); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"a": 1, "b": 2, "c": 3}
	if got := open(t, path).All(); !maps.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestUnchangedIsNotWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.log")
	l := open(t, path)
	for range 3 {
		if err := l.Write(map[string]int{"a": 1}, "gone"); err != nil {
			t.Fatal(err)
		}
	}
	if data, _ := os.ReadFile(path); string(data) != "{\"k\":\"a\",\"v\":1}\n" {
		t.Errorf("file holds %q, want one line", data)
	}
}

func TestLogIsAMapThatSurvives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		path := filepath.Join(dir, fmt.Sprint(n))
		l, err := Open[int](path)
		if err != nil {
			rt.Fatal(err)
		}
		model := map[string]int{}
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				k, v := rapid.StringMatching("[a-d]").Draw(rt, "k"), rapid.Int().Draw(rt, "v")
				model[k] = v
				if err := l.Write(map[string]int{k: v}); err != nil {
					rt.Fatal(err)
				}
			},
			"drop": func(rt *rapid.T) {
				k := rapid.StringMatching("[a-d]").Draw(rt, "k")
				delete(model, k)
				if err := l.Write(nil, k); err != nil {
					rt.Fatal(err)
				}
			},
			"reopen": func(rt *rapid.T) {
				_ = l.Close()
				if l, err = Open[int](path); err != nil {
					rt.Fatal(err)
				}
			},
			"": func(rt *rapid.T) {
				if got := l.All(); !maps.Equal(got, model) {
					rt.Fatalf("log %v, model %v", got, model)
				}
			},
		})
		_ = l.Close()
	})
}

func TestHistoryIsCutOff(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.log")
	l := open(t, path)
	for i := range 3 * slack {
		if err := l.Write(map[string]int{"a": i}); err != nil {
			t.Fatal(err)
		}
	}
	if l.lines > slack+2 {
		t.Errorf("%d lines for one value", l.lines)
	}
	if v, _ := open(t, path).Get("a"); v != 3*slack-1 {
		t.Errorf("kept %d", v)
	}
}
