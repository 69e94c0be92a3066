package pack

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// entry is one file, directory or symbolic link of the context; its path has slashes and is relative to the root.
type entry struct {
	path string
	mode fs.FileMode
	size int64
	link string
}

// Files are the regular files that the context of a directory holds, by their path in it.
func Files(dir string) (map[string]bool, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	entries, _, err := list(root)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	files := map[string]bool{}
	for _, e := range entries {
		if e.mode.IsRegular() {
			files[e.path] = true
		}
	}
	return files, nil
}

// list walks the directory in lexical order and leaves out what .dockerignore names.
func list(root string) (entries []entry, skipped []string, err error) {
	ignored, err := ignore(root)
	if err != nil {
		return nil, nil, err
	}
	// Matches of the directories above the current path, so that "!dir/kept" works below an ignored dir.
	parents := map[string]patternmatcher.MatchInfo{}
	err = filepath.WalkDir(root, func(full string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path, err := filepath.Rel(root, full)
		if err != nil || path == "." {
			return err
		}
		out, info, err := ignored.MatchesUsingParentResults(path, parents[filepath.Dir(path)])
		if err != nil {
			return fmt.Errorf(".dockerignore: %w", err)
		}
		if d.IsDir() {
			parents[path] = info
		}
		if out && !alwaysKept(path) {
			if d.IsDir() && !ignored.Exclusions() {
				return fs.SkipDir
			}
			return nil
		}
		e, ok, err := describe(full, filepath.ToSlash(path))
		if !ok {
			skipped = append(skipped, filepath.ToSlash(path))
			return err
		}
		entries = append(entries, e)
		return err
	})
	return withParents(entries), skipped, err
}

// alwaysKept are the Dockerfiles at the top: many a .dockerignore names them to keep them out of the image, yet the
// build needs them.
func alwaysKept(path string) bool {
	return path == "Dockerfile" || strings.HasPrefix(path, "Dockerfile.") && !strings.ContainsRune(path, filepath.Separator)
}

func ignore(root string) (*patternmatcher.PatternMatcher, error) {
	f, err := os.Open(filepath.Join(root, ".dockerignore"))
	if errors.Is(err, fs.ErrNotExist) {
		return patternmatcher.New(nil)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	patterns, err := ignorefile.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf(".dockerignore: %w", err)
	}
	m, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, fmt.Errorf(".dockerignore: %w", err)
	}
	return m, nil
}

// describe is false for what a context cannot hold.
func describe(full, path string) (entry, bool, error) {
	info, err := os.Lstat(full)
	if err != nil {
		return entry{}, true, err
	}
	e := entry{path: path, mode: info.Mode()}
	switch {
	case info.Mode().IsRegular():
		e.size = info.Size()
	case info.Mode()&fs.ModeSymlink != 0:
		if e.link, err = os.Readlink(full); err != nil {
			return entry{}, true, err
		}
	case !info.IsDir():
		return entry{}, false, nil
	}
	return e, true, nil
}

// withParents adds the directories that are ignored themselves but hold something that is not, and sorts.
func withParents(entries []entry) []entry {
	have := map[string]bool{}
	for _, e := range entries {
		have[e.path] = true
	}
	for _, e := range entries {
		for dir := parent(e.path); dir != "" && !have[dir]; dir = parent(dir) {
			have[dir] = true
			entries = append(entries, entry{path: dir, mode: fs.ModeDir | 0o755})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.path, b.path) })
	return entries
}

func parent(path string) string {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)]
}
