package render

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Finding is a fault of one of several files. Level is error or warning.
type Finding struct {
	File, Level string
	Fault
}

// text is what is wrong and what would be right, on one line.
func (f Finding) text() string {
	if f.Hint == "" {
		return Visible(f.Detail)
	}
	return Visible(f.Detail + "; " + f.Hint)
}

// GCC writes findings the way that compilers do and editors read, a line each.
func GCC(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s:%d:%d: %s: %s [%s]\n", f.File, f.Line, f.Column, f.Level, f.text(), f.Code)
	}
	return b.String()
}

type object = map[string]any

// SARIF writes findings as SARIF 2.1.0, the format of code scanners.
func SARIF(findings []Finding, version string) string {
	rules, results := []object{}, []object{}
	known := map[string]bool{}
	for _, f := range findings {
		if !known[f.Code] {
			known[f.Code] = true
			rules = append(rules, object{"id": f.Code, "help": object{"text": "clocker validate --explain " + f.Code}})
		}
		results = append(results, object{
			"ruleId": f.Code, "level": f.Level, "message": object{"text": f.text()},
			"locations": []object{{
				"physicalLocation": object{
					"artifactLocation": object{"uri": f.File},
					"region":           object{"startLine": f.Line, "startColumn": f.Column},
				},
				"logicalLocations": []object{{"fullyQualifiedName": f.Pointer}},
			}},
		})
	}
	text, err := json.MarshalIndent(object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []object{{
			"tool":       object{"driver": object{"name": "clocker", "version": version, "rules": rules}},
			"columnKind": "unicodeCodePoints", "results": results,
		}},
	}, "", "  ")
	if err != nil {
		panic(err) // maps, lists and texts always can be written
	}
	return string(text) + "\n"
}
