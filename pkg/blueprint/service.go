package blueprint

import (
	"encoding/json"
	"fmt"
	"slices"

	"clocker.io/pkg/clocker"
)

// service is an entity on its way: what it says, and where it said it.
type service struct {
	parser *parser
	index  int
	at     node
	keys   map[string]node // values by key
	entity clocker.Entity
	image  string // the word after docker:, for the id of a service without one
	refs   []sensorUse
	named  map[string]bool // variables of the environment so far
}

// sensorUse is a use of a sensor in a value or a latch.
type sensorUse struct {
	clocker.SensorRef
	at    node
	latch bool
}

func (p *parser) readService(index int, n node) *service {
	s := &service{parser: p, index: index, at: n, keys: map[string]node{}, named: map[string]bool{}}
	s.entity.Size = 1
	s.entity.Restart = clocker.RestartPolicy{Policy: clocker.RestartAlways, Attempts: defaultAttempts}
	fields, ok := n.fields("a service")
	if !ok {
		return s
	}
	known := names(serviceKeys())
	for _, f := range fields {
		switch {
		case f.name == "brooklyn.config":
			s.readConfig(f.value, known)
		case slices.Contains(known, f.name):
			s.keep(f)
		case f.name == "location" || f.name == "locations":
			f.key.fail(MisplacedKey, "put it at the root of the blueprint", "an application runs in one cloud; a service cannot choose another")
		default:
			unknownKey(f, append(known, "brooklyn.config"))
		}
	}
	for _, k := range serviceKeys() {
		if value, given := s.keys[k.name]; given && k.read != nil {
			k.read(s, value)
		}
	}
	if value, given := s.keys["healthCheck"]; given {
		s.readHealth(value)
	}
	s.identify()
	s.checkText()
	return s
}

// maxText bounds what a container is told, in bytes of JSON: all that a host is told has to fit into a message.
const maxText = 64 << 10

func (s *service) checkText() {
	text, err := json.Marshal([]any{s.entity.Env, s.entity.Entrypoint, s.entity.Commands, s.entity.Health})
	if err == nil && len(text) > maxText {
		s.at.fail(OverLimit, "put what is large into a file of the image",
			"env, entrypoint, commands and healthCheck of a service take %d KiB together, at most %d", (len(text)+1023)>>10, maxText>>10)
	}
}

func (s *service) readConfig(n node, known []string) {
	fields, _ := n.fields("brooklyn.config")
	known = slices.DeleteFunc(slices.Clone(known), outsideConfig)
	for _, f := range fields {
		switch {
		case outsideConfig(f.name):
			f.key.fail(MisplacedKey, "move it out of brooklyn.config", "%q belongs at the root of the service", f.name)
		case slices.Contains(known, f.name):
			s.keep(f)
		default:
			unknownKey(f, known)
		}
	}
}

func (s *service) keep(f field) {
	if other, twice := s.keys[f.name]; twice {
		f.key.fail(DuplicateKey, "keep one of them", "%q is given at the root of the service and in brooklyn.config, also on line %d",
			f.name, other.yaml.Line)
		return
	}
	s.keys[f.name] = f.value
}

// identify settles type, name and id: the id is what it says, else made of the name, else of the type and the index.
func (s *service) identify() {
	s.readImage()
	if n, ok := s.keys["name"]; ok {
		s.entity.Name, _ = n.title("name")
	}
	switch id, given := s.keys["id"]; {
	case given:
		s.entity.ID = validID(id)
	case s.entity.Name != "":
		if s.entity.ID = clocker.Slug(s.entity.Name); s.entity.ID == "" {
			s.keys["name"].fail(NoID, "give the service an id", "no id can be made of the name %q", clip(s.entity.Name))
		}
	case s.image != "":
		s.entity.ID = clocker.Slug(fmt.Sprintf("%.30s-%d", clocker.Slug(s.image), s.index))
	default:
		s.entity.ID = fmt.Sprintf("service-%d", s.index)
	}
	if s.entity.Name == "" {
		s.entity.Name = s.entity.ID
	}
}

func (s *service) readSize(n node) {
	if v, ok := n.integer("initialSize", sizes); ok {
		s.entity.Size = int(v)
	}
}
