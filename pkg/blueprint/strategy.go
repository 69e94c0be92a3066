package blueprint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/nearest"
)

// strategies are the placement strategies that a blueprint may name, each with its parameters and the names that
// Clocker 1.x gave them. The scheduler's registry has the same names.
var strategies = map[string]map[string]string{
	"MaxContainers": {"maxContainers": "maxContainers", "docker.container.cluster.maxSize": "maxContainers"},
	"BreadthFirst":  {},
	"DepthFirst":    {},
}

// classPackages are the Java packages that strategies lived in over the years.
var classPackages = []string{
	"clocker.docker.location.strategy.basic.", "clocker.docker.location.strategy.",
	"brooklyn.location.docker.strategy.",
}

// strategyNumber bounds the parameters of strategies, which are all numbers.
var strategyNumber = between{1, 100_000}

const objectKey = "$brooklyn:object"

// readStrategies reads a list of strategies: names, maps from a name to parameters, or $brooklyn:object maps.
func (s *service) readStrategies(n node) {
	if n.scalar() {
		s.addStrategy(n, n, nil)
		return
	}
	items, _ := n.items("strategies")
	for _, item := range items {
		if !item.isMap() {
			s.addStrategy(item, item, nil)
			continue
		}
		fields, _ := item.fields("a strategy")
		switch {
		case len(fields) != 1:
			item.fail(BadStrategy, "- MaxContainers: {maxContainers: 8}", "a strategy is a name, or a map from one name to its parameters")
		case fields[0].name == objectKey:
			s.addObject(fields[0].value)
		default:
			s.addStrategy(item, fields[0].key, &fields[0].value)
		}
	}
}

// addObject reads the old form, $brooklyn:object with type and brooklyn.config or object.fields.
func (s *service) addObject(n node) {
	fields, ok := n.fields(objectKey)
	if !ok {
		return
	}
	var class, params *node
	for _, f := range fields {
		switch f.name {
		case "type", "objectType", "object_type":
			once(f, &class)
		case "brooklyn.config", "object.fields":
			once(f, &params)
		default:
			unknownKey(f, []string{"type", "brooklyn.config", "object.fields"})
		}
	}
	if class == nil {
		n.fail(BadStrategy, "type: MaxContainers", "the strategy has no type")
		return
	}
	s.addStrategy(n, *class, params)
}

// once keeps a value that may be given under several names.
func once(f field, kept **node) {
	if *kept != nil {
		f.key.fail(DuplicateKey, "keep one of them", "%q is given under another name, too, on line %d", f.name, (*kept).yaml.Line)
		return
	}
	*kept = &f.value
}

func (s *service) addStrategy(at, class node, params *node) {
	text, ok := class.line("a strategy")
	if !ok {
		return
	}
	name := shortStrategy(text)
	known, ok := strategies[name]
	if !ok {
		names := slices.Sorted(maps.Keys(strategies))
		hint := "known are " + strings.Join(names, ", ")
		if len(name) <= 64 {
			if near := nearest.Word(name, names); near != "" {
				hint = "did you mean " + near + "? " + hint
			}
		}
		class.fail(UnknownStrategy, hint, "unknown strategy %q", clip(text))
		return
	}
	for _, other := range s.entity.Strategies {
		if other.Name == name {
			at.fail(BadStrategy, "keep one of them", "the strategy %s is given twice", name)
			return
		}
	}
	strategy := clocker.Strategy{Name: name}
	if params != nil && params.yaml.Tag != "!!null" {
		strategy.Params = readParams(*params, known)
	}
	s.entity.Strategies = append(s.entity.Strategies, strategy)
}

func readParams(n node, known map[string]string) map[string]string {
	fields, _ := n.fields("the parameters of a strategy")
	params := map[string]string{}
	for _, f := range fields {
		name, ok := known[f.name]
		if !ok {
			hint := "it takes no parameters"
			if len(known) > 0 {
				hint = didYouMean(f.name, slices.Collect(maps.Keys(known)))
			}
			f.key.fail(UnknownParameter, hint, "unknown parameter %q", clip(f.name))
			continue
		}
		if _, ok := f.value.integer(f.name, strategyNumber); ok {
			params[name] = strings.TrimSpace(f.value.yaml.Value)
		}
	}
	return params
}

// CheckStrategies refuses strategies that are not known, given twice, or given parameters that they do not take. It is for
// those of a cloud, which stand in no blueprint.
func CheckStrategies(list []clocker.Strategy) error {
	seen := map[string]bool{}
	for _, s := range list {
		known, ok := strategies[s.Name]
		switch {
		case !ok:
			names := slices.Sorted(maps.Keys(strategies))
			return &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("unknown strategy %q: there are %s", clip(s.Name), strings.Join(names, ", "))}
		case seen[s.Name]:
			return &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("the strategy %s is given twice", s.Name)}
		}
		seen[s.Name] = true
		for name, value := range s.Params {
			if known[name] != name {
				return &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("the strategy %s takes no parameter %q", s.Name, clip(name))}
			}
			if n, err := strconv.ParseInt(value, 10, 64); err != nil || n < strategyNumber.low || n > strategyNumber.high {
				return &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("%s of strategy %s is %q: want a number from %d to %d",
					name, s.Name, clip(value), strategyNumber.low, strategyNumber.high)}
			}
		}
	}
	return nil
}

// shortStrategy is the name of a strategy given by it or by an old class name, ...MaxContainersPlacementStrategy.
func shortStrategy(text string) string {
	for _, p := range classPackages {
		if rest, ok := strings.CutPrefix(text, p); ok {
			text = rest
			break
		}
	}
	return strings.TrimSuffix(text, "PlacementStrategy")
}
