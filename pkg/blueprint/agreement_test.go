package blueprint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

// seeds are the roots of all blueprints at hand, with aliases followed.
func seeds(t *testing.T) []*yaml.Node {
	t.Helper()
	var roots []*yaml.Node
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml", "testdata/mistakes/*.yaml", "../../examples/*/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal("no blueprints in", pattern, err)
		}
		for _, file := range slices.DeleteFunc(files, ofYAML) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if root := read(text, &collector{}); root != nil && root.Kind == yaml.MappingNode {
				roots = append(roots, root)
			}
		}
	}
	return roots
}

// simple are values that a schema sees as the parser does; odd ones are written so that the two may see another kind.
var (
	simple = []string{
		"", "a", "web", "a b", "A", "é", "0", "1", "5", "80", "65536", "-5", "true", "false", "null", "[]", "{}", "[a]", "{a: b}", "[[a]]",
		"[1, 2]", "docker:x", "docker:", "'80, 443'", "80/udp", "80:80", "always", "no", "on-failure", "512m", "6m", "1.5g", "512 MB", "5s", "1m30s",
		"1h", "50ms", "data:/x", "data:x", "/a:/b", "/health", "MaxContainers", "{MaxContainers: {maxContainers: 8}}", "DepthFirst", "10.9.0.0/24",
		"A=1", "A", "=", "{A: 1}", "[A=1]", "FROM x", "http", "0.5", "1024", "2.5", "yes", "2020-01-01", "localhost",
		"$brooklyn:component(\"a\").attributeWhenReady(\"service.isUp\")",
	}
	odd = []string{
		"'+5'", "'-0'", "+5", "-0", "08", "0x10", "0o17", "1e3", "1_000", "5.0", ".5", "5.", ".inf", ".nan", "' 5 '", "'5\n'", "' always '", "'always\n'",
		"' web '", "\"web\\n\"", "' docker:x '", "\"docker:x\\n\"", "\"data:/x\\n\"", "\"/health\\n\"", "'+5s'", "'-0s'", "' 5s '", "'0'", "1h30m0.5s", "5µs", "5μs",
		"\"80\\n\"", "' 80 , 443 '", "80/", "80/UDP", "'512m\n'", "' 512 mb '", "\"MaxContainers\\n\"", "\"10.9.0.0/24\\n\"", "!!str 5", "!!int '5'", "!odd 5",
		"brooklyn.location.docker.strategy.BreadthFirstPlacementStrategy", "'true'", "True", "~",
	}
)

// places are the values of a document, each with a way to put another in its place.
func places(n *yaml.Node) (list []**yaml.Node) {
	for i := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			list = append(list, &n.Content[i])
		}
		list = append(list, places(n.Content[i])...)
	}
	return list
}

func copied(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = nil
	for _, inner := range n.Content {
		c.Content = append(c.Content, copied(inner))
	}
	return &c
}

// replaced is a blueprint with one or two of its values replaced.
func replaced(t *rapid.T, roots []*yaml.Node, values []string) []byte {
	root := copied(rapid.SampledFrom(roots).Draw(t, "blueprint"))
	for range rapid.IntRange(1, 2).Draw(t, "changes") {
		all := places(root)
		at := all[rapid.IntRange(0, len(all)-1).Draw(t, "place")]
		var doc yaml.Node
		if err := yaml.Load([]byte(rapid.SampledFrom(values).Draw(t, "value")), &doc); err != nil || len(doc.Content) == 0 {
			*at = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle}
			continue
		}
		*at = doc.Content[0]
	}
	text, err := yaml.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What the parser takes, no editor may mark: the other way round, what the schema refuses the parser refuses.
func TestWhatTheParserTakesIsValidByTheSchema(t *testing.T) {
	t.Parallel()
	s, roots, values := compiled(t), seeds(t), slices.Concat(simple, odd)
	rapid.Check(t, func(r *rapid.T) {
		text := replaced(r, roots, values)
		if _, found := Parse(text, Options{Later: true}); len(found.Problems) == 0 {
			if err := s.Validate(instance(t, text)); err != nil {
				r.Fatalf("the parser takes it, but %v\n%s", err, text)
			}
		}
	})
}

// A mistake in a single value, which a schema can say, is none that an editor misses.
func TestWhatTheParserRefusesOfAValueTheSchemaRefuses(t *testing.T) {
	t.Parallel()
	s, roots := compiled(t), seeds(t)
	rapid.Check(t, func(r *rapid.T) {
		text := replaced(r, roots, simple)
		_, found := Parse(text, Options{Later: true})
		said := slices.ContainsFunc(found.Problems, func(p Problem) bool {
			return slices.Contains(bySchema, p.Code) && p.Code != NoID && !strings.Contains(p.Pointer, "$brooklyn:")
		})
		if said && s.Validate(instance(t, text)) == nil {
			r.Fatalf("it is valid by the schema, but %s\n%s", found.Problems, text)
		}
	})
}
