package blueprint

import (
	"strings"

	"clocker.io/pkg/clocker"
)

const (
	exprHint   = `$brooklyn:component("store").attributeWhenReady("host.subnet.address"), or $brooklyn:formatString("...%s...", ...)`
	sensorHint = `component("<id of a service>").attributeWhenReady("<sensor>")`
)

// readValue reads text that may be an expression, or an expression as a map: $brooklyn:formatString: [...].
func (s *service) readValue(what string, n node) (clocker.Value, bool) {
	switch {
	case n.isMap():
		e, ok := s.mapExpr(what, n, 0)
		if !ok {
			return clocker.Value{}, false
		}
		return s.evaluate(e)
	case n.scalar() && isExpression(n.yaml.Value):
		e, err := readExpr(n, false)
		if err != nil {
			n.shifted(err.offset).fail(BadExpression, exprHint, "the expression cannot be read: %s", err.message)
			return clocker.Value{}, false
		}
		return s.evaluate(e)
	}
	text, ok := n.text(what)
	if !ok {
		return clocker.Value{}, false
	}
	if at := strings.Index(text, prefix); at >= 0 {
		n.shifted(at).fail(ExpressionInText, `use $brooklyn:formatString("...%s...", ...) to put a value into text`,
			"%s holds an expression in the middle of text, where it would not be understood", what)
		return clocker.Value{}, false
	}
	return clocker.Value{Literal: text}, true
}

// mapExpr reads the form of one key and its arguments: $brooklyn:formatString: ["%s", ...].
func (s *service) mapExpr(what string, n node, depth int) (expr, bool) {
	if depth > maxDepth {
		n.fail(OverLimit, "take some calls out", "calls are nested more than %d deep", maxDepth)
		return expr{}, false
	}
	fields, ok := n.fields(what)
	if !ok {
		return expr{}, false
	}
	if len(fields) != 1 || !isExpression(fields[0].name) {
		n.fail(WrongKind, exprHint, "%s must be text, it is a map", what)
		return expr{}, false
	}
	key, value := fields[0].key, fields[0].value
	e, err := readExpr(key, true)
	if err != nil {
		key.shifted(err.offset).fail(BadExpression, exprHint, "the expression cannot be read: %s", err.message)
		return expr{}, false
	}
	last := len(e.chain) - 1
	if last < 0 || !e.chain[last].bare {
		key.fail(BadExpression, exprHint, "arguments are given in the key and as its value")
		return expr{}, false
	}
	args := []node{value}
	if value.isList() {
		args = value.elements()
	}
	for _, a := range args {
		arg, ok := s.argument(a, depth)
		if !ok {
			return expr{}, false
		}
		e.chain[last].args = append(e.chain[last].args, arg)
	}
	return e, true
}

// argument is a value of a map's list: an expression only with its prefix, else text.
func (s *service) argument(n node, depth int) (expr, bool) {
	if n.isMap() {
		return s.mapExpr("an argument", n, depth+1)
	}
	if n.scalar() && isExpression(n.yaml.Value) {
		e, err := readExpr(n, false)
		if err != nil {
			n.shifted(err.offset).fail(BadExpression, exprHint, "the expression cannot be read: %s", err.message)
			return expr{}, false
		}
		return e, true
	}
	text, ok := n.text("an argument")
	return expr{at: n, literal: text}, ok
}

// evaluate turns an expression into a value, and notes the sensors it uses.
func (s *service) evaluate(e expr) (clocker.Value, bool) {
	if len(e.chain) == 0 {
		return clocker.Value{Literal: e.literal}, true
	}
	switch first := e.chain[0]; first.name {
	case "formatString":
		return s.format(e)
	case "component", "entity":
		return s.sensor(e)
	default:
		known := []string{"component", "entity", "formatString"}
		first.at.fail(UnknownCall, didYouMean(first.name, known), "the call %s is not known here", clip(first.name))
		return clocker.Value{}, false
	}
}

func (s *service) format(e expr) (clocker.Value, bool) {
	c := e.chain[0]
	if len(e.chain) > 1 {
		e.chain[1].at.fail(UnknownCall, "end it after the bracket", "nothing can be called on formatString(...)")
		return clocker.Value{}, false
	}
	if len(c.args) == 0 || len(c.args[0].chain) > 0 {
		c.at.fail(BadFormat, `formatString("%s:%s", ...)`, "formatString begins with its pattern, in quotes")
		return clocker.Value{}, false
	}
	v := clocker.Value{Format: c.args[0].literal}
	all := true
	for _, a := range c.args[1:] {
		arg, ok := s.evaluate(a)
		v.Args = append(v.Args, arg)
		all = all && ok
	}
	if v.Format == "" {
		c.args[0].at.fail(BadFormat, `formatString("%s:%s", ...)`, "the pattern of formatString is empty")
		return clocker.Value{}, false
	}
	if _, err := clocker.Format(v.Format, make([]string, len(v.Args))); err != nil {
		c.args[0].at.fail(BadFormat, "known are %s, %d, %1$s, %1$d and %%", "%s", err)
		return clocker.Value{}, false
	}
	return v, all
}

func (s *service) sensor(e expr) (clocker.Value, bool) {
	c := e.chain[0]
	if len(c.args) != 1 || len(c.args[0].chain) > 0 {
		c.at.fail(BadCall, sensorHint, "%s takes the id of a service of this blueprint", c.name)
		return clocker.Value{}, false
	}
	if len(e.chain) != 2 || e.chain[1].name != "attributeWhenReady" {
		at, what := c.at, "nothing"
		if len(e.chain) > 1 {
			at, what = e.chain[1].at, e.chain[1].name
		}
		at.fail(BadCall, sensorHint, "of a component only attributeWhenReady can be asked, not %s", clip(what))
		return clocker.Value{}, false
	}
	a := e.chain[1]
	if len(a.args) != 1 || len(a.args[0].chain) > 0 {
		a.at.fail(BadCall, sensorHint, "attributeWhenReady takes the name of a sensor")
		return clocker.Value{}, false
	}
	ref := clocker.SensorRef{Entity: c.args[0].literal, Sensor: a.args[0].literal}
	s.refs = append(s.refs, sensorUse{SensorRef: ref, at: e.at})
	return clocker.Value{Ref: &ref}, true
}

// readLatch reads launch.latch: a single sensor.
func (s *service) readLatch(n node) {
	const hint = `$brooklyn:component("store").attributeWhenReady("service.isUp")`
	if !n.isMap() && (!n.scalar() || !isExpression(n.yaml.Value)) {
		n.fail(BadLatch, hint, "launch.latch waits for a sensor of another service; it is %s", n.is())
		return
	}
	v, ok := s.readValue("launch.latch", n)
	if !ok {
		return
	}
	if v.Ref == nil {
		n.fail(BadLatch, hint, "launch.latch waits for one sensor, not for a text")
		return
	}
	s.entity.Latch = v.Ref
	s.refs[len(s.refs)-1].latch = true
}
