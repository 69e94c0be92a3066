package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"clocker.io/pkg/clocker"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
)

// Image is an image that is on the host.
type Image struct {
	ID     string // sha256:...
	Digest string // repository digest; empty for an image that was never pulled or pushed
	Size   int64  // bytes
}

// FindImage looks for an image by a normalised reference; ErrNoImage when nothing here has that name. An image whose
// id merely looks like the name does not count.
func (e *Engine) FindImage(ctx context.Context, ref string) (Image, error) {
	defer e.timed("image")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	want, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return Image{}, &Refusal{Reason: fmt.Sprintf("%q is no reference: %v", ref, err)}
	}
	i, err := e.cli.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return Image{}, ErrNoImage
	}
	if err != nil {
		return Image{}, e.refusal("look for image "+ref, err)
	}
	found := Image{ID: i.ID, Size: i.Size}
	named := slices.ContainsFunc(append(slices.Clone(i.RepoTags), i.RepoDigests...), func(s string) bool {
		have, err := reference.ParseNormalizedNamed(s)
		return err == nil && have.String() == reference.TagNameOnly(want).String()
	})
	if _, digested := want.(reference.Digested); digested && !named {
		named = digestOf(want, i.RepoDigests) == want.(reference.Digested).Digest().String()
	}
	if !named {
		return Image{}, ErrNoImage
	}
	found.Digest = digestOf(want, i.RepoDigests)
	return found, nil
}

// digestOf is the digest that an image has in the repository of a reference.
func digestOf(want reference.Named, digests []string) string {
	for _, s := range digests {
		have, err := reference.ParseNormalizedNamed(s)
		if err != nil || have.Name() != want.Name() {
			continue
		}
		if d, ok := have.(reference.Digested); ok {
			return d.Digest().String()
		}
	}
	return ""
}

// HasImage reports whether an image of that id is on the host.
func (e *Engine) HasImage(ctx context.Context, id string) (bool, error) {
	defer e.timed("image")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	_, err := e.cli.ImageInspect(ctx, id)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	return err == nil, e.refusal("look for image "+id, err)
}

// BuiltImage looks for the image that was built for a key; ErrNoImage when there is none with both tag and labels.
func (e *Engine) BuiltImage(ctx context.Context, key, tag string) (Image, error) {
	defer e.timed("image")()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	i, err := e.cli.ImageInspect(ctx, tag)
	if errdefs.IsNotFound(err) {
		return Image{}, ErrNoImage
	}
	if err != nil {
		return Image{}, e.refusal("look for image "+tag, err)
	}
	if i.Config == nil || !e.owns(i.Config.Labels) || i.Config.Labels[clocker.LabelImage] != key {
		return Image{}, ErrNoImage
	}
	return Image{ID: i.ID, Size: i.Size}, nil
}

// Pull fetches an image by reference. A Refusal says whether it may succeed later.
func (e *Engine) Pull(ctx context.Context, ref string) error {
	defer e.timed("pull")()
	out, err := e.cli.ImagePull(ctx, ref, image.PullOptions{})
	if err != nil {
		if !answered(err) {
			return fmt.Errorf("pull %s: %w", ref, err)
		}
		return pullRefusal(ref, err.Error())
	}
	defer func() { _ = out.Close() }()
	var failed string
	err = progress(out, func(m message) {
		if m.Error != "" {
			failed = m.Error
		}
	})
	switch {
	case failed != "":
		return pullRefusal(ref, failed)
	case err != nil:
		return fmt.Errorf("pull %s: %w", ref, err)
	}
	return nil
}

// message is one line of the Engine's progress stream.
type message struct {
	Stream string `json:"stream"`
	Status string `json:"status"`
	Error  string `json:"error"`
}

func progress(r io.Reader, each func(message)) error {
	d := json.NewDecoder(r)
	for {
		var m message
		if err := d.Decode(&m); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read the Engine's progress: %w", err)
		}
		each(m)
	}
}

// firstLine is the first line of a text, which is what a reason shows.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
