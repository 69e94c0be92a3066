package blueprint

import (
	"strings"

	"clocker.io/pkg/clocker"
)

const envHint = `a map (NAME: value) or a list (- NAME=value)`

// readEnv reads the environment, a map or a list of NAME=value.
func (s *service) readEnv(n node) {
	switch {
	case n.isMap():
		fields, _ := n.fields("env")
		for _, f := range fields {
			s.addEnv(f.key, f.name, f.value)
		}
	case n.isList():
		for _, item := range n.elements() {
			text, ok := item.text("a variable")
			if !ok {
				continue
			}
			name, value, ok := strings.Cut(text, "=")
			if !ok {
				item.fail(BadVariable, envHint, "%q has no =", clip(text))
				continue
			}
			y := *item.yaml
			y.Value = value
			y.Tag = "!!str"
			s.addEnv(item, name, node{yaml: &y, path: item.path, out: item.out, before: len(name) + 1})
		}
	default:
		n.fail(WrongKind, envHint, "env must be a map or a list, it is %s", n.is())
	}
}

func (s *service) addEnv(key node, name string, value node) {
	if name == "" || strings.ContainsAny(name, "= \t\r\n\x00") {
		key.fail(BadVariable, "a name without spaces and =", "%q cannot name a variable", clip(name))
		return
	}
	if s.named[name] {
		key.fail(VariableTwice, "keep one of them", "the variable %s is given twice", name)
		return
	}
	s.named[name] = true
	if value.yaml.Tag == "!!null" {
		value.fail(BadVariable, `write "" for an empty one`, "the variable %s has no value", name)
		return
	}
	if v, ok := s.readValue("the variable "+name, value); ok {
		s.entity.Env = append(s.entity.Env, clocker.EnvVar{Name: name, Value: v})
	}
}
