package blueprint

import (
	"path"
	"strings"

	"clocker.io/pkg/clocker"

	"github.com/distribution/reference"
)

const (
	typeHint       = "type: docker:<image>, such as docker:redis:7 or docker:registry.example.com:5000/shop/web:1.2"
	maxDockerfile  = 64 << 10
	contextHint    = "send a build context along: clocker deploy FILE --context DIR"
	dockerfileHint = "the text of a Dockerfile, or its path inside the build context"
)

// readImage reads type and dockerfile: an image to pull, or one to build. For a built one type may be left out; when it
// is there it only names the service.
func (s *service) readImage() {
	file, builds := s.keys["dockerfile"]
	name, typed := s.keys["type"]
	switch {
	case !builds && !typed:
		s.at.fail(NoImage, typeHint, "the service has no type, so no image")
		return
	case typed:
		s.readType(name, builds)
	}
	if builds {
		s.readDockerfile(file)
	}
}

func (s *service) readType(n node, builds bool) {
	text, ok := n.line("type")
	if !ok {
		return
	}
	image, ok := strings.CutPrefix(text, "docker:")
	if !ok {
		hint := typeHint
		switch _, err := reference.ParseNormalizedNamed(text); {
		case isCloud(text):
			hint = "a cloud is made by clocker cloud create; a blueprint only names one, as its location"
		case isClass(text):
			hint = "entities of Brooklyn are not known here; name an image that does the same, as in type: docker:mysql:8"
		case err == nil:
			hint = "type: docker:" + text
		}
		n.fail(UnknownType, hint, "type %q is not known here", clip(text))
		return
	}
	if image = strings.TrimSpace(image); image == "" {
		n.fail(BadImage, typeHint, "docker: names no image")
		return
	}
	if builds {
		if s.image = image; clocker.Slug(image) == "" {
			n.fail(BadImage, "docker:<name>", "%q names nothing", clip(text))
		}
		return
	}
	named, err := reference.ParseDockerRef(image)
	if err != nil {
		hint := typeHint
		if lower := strings.ToLower(image); lower != image {
			if _, err := reference.ParseDockerRef(lower); err == nil {
				hint = "docker:" + lower
			}
		}
		n.shifted(len("docker:")).fail(BadImage, hint, "%q is no image reference: %s", clip(image), err)
		return
	}
	s.image = path.Base(reference.Path(named))
	s.entity.Image = clocker.ImageSource{Reference: named.String()}
}

// isClass reports whether text looks like a Java class, as the types of Clocker 1.x did, rather than an image.
func isClass(text string) bool {
	name, _, _ := strings.Cut(text, ":")
	return strings.Contains(name, ".") && !strings.Contains(text, "/")
}

// isCloud reports whether text is a type by which Clocker 1.x made its clouds.
func isCloud(text string) bool {
	return strings.HasPrefix(text, "docker-cloud") || text == "docker-infrastructure" || strings.HasSuffix(text, ".DockerInfrastructure")
}

func (s *service) readDockerfile(n node) {
	text, ok := n.text("dockerfile")
	if !ok {
		return
	}
	context := s.parser.opts.Context
	if context != nil {
		s.entity.Image.Context = context.Digest
	}
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "":
		n.fail(BadDockerfile, dockerfileHint, "dockerfile is empty")
	case strings.Contains(trimmed, "\n") || strings.ContainsAny(trimmed, " \t") && instructions[firstWord(trimmed)]:
		s.readInline(n, text)
	case strings.Contains(trimmed, "://"):
		n.fail(BadDockerfile, dockerfileHint, "a Dockerfile is not fetched from an address")
	case context == nil && !s.parser.opts.Later:
		n.fail(NoContext, contextHint, "dockerfile is the path %q, but no build context was sent", clip(trimmed))
	default:
		file := path.Clean(trimmed)
		if path.IsAbs(file) || file == ".." || strings.HasPrefix(file, "../") {
			n.fail(OutsideContext, dockerfileHint, "the path %q is outside the build context", clip(trimmed))
			return
		}
		if context != nil && !context.Files[file] {
			n.fail(NotInContext, "the path counts from the root of the context; .dockerignore may leave it out",
				"the build context has no file %q", clip(file))
			return
		}
		s.entity.Image.Path = file
	}
}

// instructions begin the lines of a Dockerfile; no path in a context begins with one of them and a space.
var instructions = map[string]bool{
	"ADD": true, "ARG": true, "CMD": true, "COPY": true, "ENTRYPOINT": true, "ENV": true, "EXPOSE": true, "FROM": true,
	"HEALTHCHECK": true, "LABEL": true, "ONBUILD": true, "RUN": true, "SHELL": true, "STOPSIGNAL": true, "USER": true,
	"VOLUME": true, "WORKDIR": true,
}

// readInline takes the text of a Dockerfile, and looks only for what cannot work in any case.
func (s *service) readInline(n node, text string) {
	if len(text) > maxDockerfile {
		n.fail(OverLimit, "put it into the build context", "the Dockerfile is larger than %d KiB", maxDockerfile>>10)
		return
	}
	from, copies := false, ""
	for line := range strings.Lines(text) {
		switch firstWord(line) {
		case "FROM":
			from = true
		case "COPY":
			if !strings.Contains(line, "--from=") && copies == "" {
				copies = strings.TrimSpace(line)
			}
		}
	}
	if !from {
		n.fail(BadDockerfile, "start it with FROM <image>", "the Dockerfile has no FROM line")
		return
	}
	if copies != "" && s.parser.opts.Context == nil && !s.parser.opts.Later {
		n.fail(NoContext, contextHint, "the Dockerfile copies files (%s), but no build context was sent", clip(copies))
		return
	}
	s.entity.Image.Dockerfile = text
}

func firstWord(line string) string {
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return ""
	}
	return strings.ToUpper(fields[0])
}
