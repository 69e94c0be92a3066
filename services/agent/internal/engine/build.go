package engine

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"

	"clocker.io/pkg/clocker"

	"github.com/docker/docker/api/types/build"
)

// tailLines is how many of the last lines of a failed build are kept.
const tailLines = 20

// Build is an image to build: Context is a tar stream, plain or gzip, that holds Dockerfile.
type Build struct {
	Key        string
	Tag        string
	Dockerfile string // path inside the context
	Context    io.Reader
}

// BuildFailed is a build that the Engine ran and that failed, with the last lines it printed.
type BuildFailed struct {
	Reason string
	Tail   []string
}

func (b *BuildFailed) Error() string { return b.Reason }

// BuildImage builds an image with the classic builder and labels it as ours. A *BuildFailed is the input's fault; any
// other error is not.
func (e *Engine) BuildImage(ctx context.Context, b Build) (Image, error) {
	defer e.timed("build")()
	res, err := e.cli.ImageBuild(ctx, b.Context, build.ImageBuildOptions{
		Tags: []string{b.Tag}, Dockerfile: b.Dockerfile, Remove: true, ForceRemove: true,
		Version: build.BuilderV1, Labels: e.labels(clocker.LabelImage, b.Key),
	})
	if err != nil {
		if !answered(err) {
			return Image{}, fmt.Errorf("build image %s: %w", b.Key, err)
		}
		return Image{}, &BuildFailed{Reason: firstLine(refusalOf(err.Error()).Reason)}
	}
	defer func() { _ = res.Body.Close() }()
	var t tail
	failed := ""
	err = progress(res.Body, func(m message) {
		t.write(m.Stream)
		if m.Error != "" {
			failed = m.Error
		}
	})
	switch {
	case failed != "":
		return Image{}, &BuildFailed{Reason: firstLine(failed), Tail: t.last()}
	case err != nil:
		return Image{}, fmt.Errorf("build image %s: %w", b.Key, err)
	}
	return e.BuiltImage(ctx, b.Key, b.Tag)
}

// tail keeps the last lines of a text that comes in pieces.
type tail struct {
	lines []string
	open  strings.Builder // the line that has not ended yet
}

func (t *tail) write(s string) {
	for {
		line, rest, ended := strings.Cut(s, "\n")
		t.open.WriteString(line)
		if !ended {
			return
		}
		t.end()
		s = rest
	}
}

// colours are what the builder paints errors with. Whoever shows the lines decides how, and a build must not write to
// anybody's terminal.
var colours = regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]`)

func (t *tail) end() {
	line := strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, colours.ReplaceAllString(t.open.String(), ""))
	line = strings.TrimRight(line, " ")
	t.open.Reset()
	if line == "" {
		return
	}
	if len(line) > 500 {
		line = strings.ToValidUTF8(line[:500], "")
	}
	t.lines = append(t.lines, line)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

func (t *tail) last() []string {
	t.end()
	return t.lines
}
