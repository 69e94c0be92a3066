package pack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// TooLarge says that a context does not fit, and what takes the room.
type TooLarge struct {
	Dir     string
	Limit   int
	Total   int64 // of all files, bytes before compression
	Biggest []File
}

// File is a path of the context and its size in bytes.
type File struct {
	Path string
	Size int64
}

const named = 5 // biggest files that TooLarge names

func tooLarge(dir string, limit int, entries []entry) *TooLarge {
	t := &TooLarge{Dir: dir, Limit: limit}
	for _, e := range entries {
		t.Total += e.size
	}
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b entry) int { return cmp.Compare(b.size, a.size) })
	for _, e := range sorted[:min(named, len(sorted))] {
		if e.size > 0 {
			t.Biggest = append(t.Biggest, File{Path: e.path, Size: e.size})
		}
	}
	return t
}

func (t *TooLarge) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the build context %s is larger than %s packed (%s unpacked); name what the build does not need in "+
		"%s/.dockerignore. The biggest files:", t.Dir, size(int64(t.Limit)), size(t.Total), t.Dir)
	for _, f := range t.Biggest {
		fmt.Fprintf(&b, "\n  %9s  %s", size(f.Size), f.Path)
	}
	return b.String()
}

// size writes bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%d B", n)
	}
}
