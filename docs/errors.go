package docs

import "regexp"

var code = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Error is the page about a code of a refusal or of a mistake in a blueprint, in Markdown; false when there is none.
func Error(name string) (page []byte, known bool) {
	if !code.MatchString(name) {
		return nil, false
	}
	page, err := Files.ReadFile("errors/" + name + ".md")
	return page, err == nil
}
