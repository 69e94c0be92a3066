package blueprint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"clocker.io/pkg/clocker"
)

//go:generate go run clocker.io/pkg/blueprint/cmd/schemadoc ../../docs/blueprint.schema.json

// schema is a JSON Schema, or a part of one.
type schema map[string]any

// Schema is the JSON Schema (2020-12) of a blueprint. It knows what a single value may be; what the parser alone knows
// is how values fit together, such as references and ports that are taken.
func Schema() []byte {
	root := object(shapes(rootKeys()))
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = "https://clocker.io/schema/blueprint.json"
	root["title"] = "Clocker blueprint"
	root["description"] = "An application: the services it consists of, and where it runs."
	root["required"] = []string{"services"}
	root["anyOf"] = []schema{{"required": []string{"id"}}, {"required": []string{"name"}}}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic(err) // maps, lists and texts always can be written
	}
	return b.Bytes()
}

func shapes[T any](keys []key[T]) map[string]schema {
	m := map[string]schema{}
	for _, k := range keys {
		m[k.name] = described(k.shape, k.about)
	}
	return m
}

func described(s schema, about string) schema {
	d := maps.Clone(s)
	d["description"] = about
	return d
}

func object(properties map[string]schema) schema {
	return schema{"type": "object", "properties": properties, "additionalProperties": false}
}

func anyOf(shapes ...schema) schema { return schema{"anyOf": shapes} }

// list is a list of at least so many, and at most so many unless that is 0.
func list(items schema, least, most int) schema {
	s := schema{"type": "array", "items": items}
	if least > 0 {
		s["minItems"] = least
	}
	if most > 0 {
		s["maxItems"] = most
	}
	return s
}

func oneOrOnly(s schema) schema { return anyOf(s, list(s, 1, 1)) }

func matching(pattern string) schema { return schema{"type": "string", "pattern": pattern} }

// What values are. The parser takes a number in quotes for a number.
var (
	textShape  = schema{"type": []string{"string", "number", "boolean"}}
	lineShape  = anyOf(schema{"type": []string{"number", "boolean"}}, matching(`^\s*\S[^\n\r]*\s*$`))
	titleShape = anyOf(schema{"type": []string{"number", "boolean"}}, matching(fmt.Sprintf(`^\s*\S[^\n\r]{0,%d}\s*$`, maxTitle-1)))
	idShape    = anyOf(schema{"type": "integer", "minimum": 0}, schema{"type": "boolean"},
		matching(fmt.Sprintf(`^\s*[a-z0-9]([a-z0-9-]{0,%d}[a-z0-9])?\s*$`, clocker.MaxIDLength-2)))
	typeShape       = matching(`^\s*docker:\s*\S`)
	dockerfileShape = anyOf(schema{"type": []string{"number", "boolean"}}, matching(`\S`))
	cidrShape       = matching(`^\s*(\d{1,3}\.){3}\d{1,3}/\d{1,2}\s*$`)
	bytesShape      = anyOf(schema{"type": "number", "minimum": minBytes}, matching(`^\s*[0-9.]+\s*([kKmMgGtT]([iI]?[bB])?|[bB])?\s*$`))
	coresShape      = anyOf(schema{"type": "number", "exclusiveMinimum": 0, "maximum": maxCores}, matching(`^\s*[0-9.]+\s*$`))
	policyShape     = anyOf(schema{"enum": policies}, matching(`^\s*(`+strings.Join(policies, "|")+`)\s*$`))
	policies        = []string{clocker.RestartAlways, clocker.RestartOnFailure, clocker.RestartNever}
)

func (b between) shape() schema {
	return anyOf(schema{"type": "integer", "minimum": b.low, "maximum": b.high}, matching(`^\s*[+-]?\d+\s*$`))
}

func (b span) shape() schema {
	return anyOf(schema{"type": "number", "minimum": b.low.Seconds(), "maximum": b.high.Seconds()},
		matching(`^\s*[+-]?([0-9.]+(ns|us|µs|μs|ms|s|m|h)?)+\s*$`))
}

// callShape is an expression as a map: $brooklyn:formatString: [...].
func callShape() schema {
	return schema{"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
		"patternProperties": map[string]any{`^\s*\$brooklyn:`: true}}
}

func valueShape() schema { return anyOf(textShape, callShape()) }

func latchShape() schema { return anyOf(matching(`^\s*\$brooklyn:`), callShape()) }

func wordsShape() schema { return anyOf(textShape, list(valueShape(), 0, 0), callShape()) }

func envShape() schema {
	return anyOf(
		schema{"type": "object", "propertyNames": matching(`^[^= \t\r\n]+$`), "additionalProperties": valueShape()},
		list(matching(`^[^= \t\r\n]+=`), 0, 0))
}

func portsShape() schema {
	const port = `\s*[+]?0*\d{1,5}(/([tT][cC][pP]|[uU][dD][pP])?)?\s*`
	one := anyOf(portNumbers.shape()["anyOf"].([]schema)[0], matching("^"+port+"(,"+port+")*$"))
	return anyOf(one, list(one, 0, maxPorts))
}

func volumesShape() schema {
	one := matching(`^\s*[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}:/[^:\n\r]+\s*$`)
	return anyOf(one, list(one, 0, maxVolumes))
}

func healthShape() schema {
	s := object(shapes(healthKeys()))
	var one []schema
	for _, p := range probes {
		one = append(one, schema{"required": []string{p}})
	}
	s["oneOf"] = one
	return s
}

func restartShape() schema { return anyOf(policyShape, object(shapes(restartKeys()))) }

// strategiesShape is by the table of strategies, with the class names that they had.
func strategiesShape() schema {
	var packages []string
	for _, p := range classPackages {
		packages = append(packages, regexp.QuoteMeta(p))
	}
	known := slices.Sorted(maps.Keys(strategies))
	class := func(name string) string {
		return `^\s*(` + strings.Join(packages, "|") + ")?(" + name + `)(PlacementStrategy)?\s*$`
	}
	any := matching(class(strings.Join(known, "|")))
	params := map[string]schema{}
	for _, name := range known {
		of := map[string]schema{}
		for param := range strategies[name] {
			of[param] = strategyNumber.shape()
		}
		params[class(name)] = anyOf(schema{"type": "null"}, object(of))
	}
	all := schema{"type": []string{"object", "null"}}
	old := object(map[string]schema{"type": any, "objectType": any, "object_type": any, "brooklyn.config": all, "object.fields": all})
	one := anyOf(any, schema{"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
		"patternProperties": params, "properties": map[string]schema{objectKey: old}})
	return anyOf(any, list(one, 0, 0))
}

// servicesShape is a list of services. What a service has at its root it may have in brooklyn.config, too.
func servicesShape() schema {
	at, in := shapes(serviceKeys()), shapes(serviceKeys())
	maps.DeleteFunc(in, func(name string, _ schema) bool { return outsideConfig(name) })
	at["brooklyn.config"] = described(object(in), "Settings of the service; each may stand beside type, too.")
	s := object(at)
	s["anyOf"] = []schema{
		{"required": []string{"type"}},
		{"required": []string{"dockerfile"}},
		{"required": []string{"brooklyn.config"},
			"properties": map[string]schema{"brooklyn.config": {"required": []string{"dockerfile"}}}},
	}
	return list(s, 1, MaxServices)
}
