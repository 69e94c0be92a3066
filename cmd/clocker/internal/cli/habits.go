package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"clocker.io/pkg/nearest"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// otherWords are what people call a command who come from Docker, Kubernetes, Nomad and the like.
var otherWords = map[string][]string{
	"apps":              {"app", "applications", "get", "jobs", "projects", "stacks", "status"},
	"cordon":            {"drain"},
	"ctx":               {"config", "login"},
	"ctx add":           {"create", "set"},
	"ctx rm":            {"delete"},
	"delete":            {"destroy", "kill", "remove", "stop", "undeploy", "uninstall"},
	"deploy":            {"apply", "create", "install", "launch", "run", "submit"},
	"diff":              {"plan"},
	"doctor":            {"check", "info"},
	"down":              {"quit", "shutdown", "stop"},
	"exec":              {"attach", "sh", "shell", "ssh"},
	"explain":           {"why"},
	"hosts":             {"host", "machines", "node", "nodes"},
	"inspect":           {"describe", "get", "show", "status"},
	"network show":      {"inspect"},
	"operations":        {"history", "tasks"},
	"operations cancel": {"abort", "stop"},
	"ps":                {"container", "containers", "get", "pods", "services", "status"},
	"restart":           {"rollout"},
	"scale":             {"resize"},
	"token revoke":      {"delete"},
	"top":               {"stats"},
	"up":                {"agent", "daemon", "init", "serve", "server", "start"},
	"validate":          {"check", "lint"},
}

// addOtherWords has each command suggested for the words of others.
func addOtherWords(root *cobra.Command) error {
	for path, words := range otherWords {
		c, rest, err := root.Find(strings.Fields(path))
		if err != nil || len(rest) > 0 {
			return fmt.Errorf("other words for %s: there is no such command", path)
		}
		c.SuggestFor = words
	}
	return nil
}

// unknown says that a word is no command. What others call a command comes before what is written like one.
func unknown(c *cobra.Command, word string) string {
	var near []string
	for _, child := range c.Commands() {
		if slices.Contains(child.SuggestFor, strings.ToLower(word)) {
			near = append(near, child.Name())
		}
	}
	if len(near) == 0 {
		c.SuggestionsMinimumDistance = min(2, (len(word)-1)/2) // two letters of four are no slip
		near = c.SuggestionsFor(word)
	}
	text := fmt.Sprintf("unknown command %q", word)
	if last := len(near) - 1; last > 0 {
		text += "; did you mean " + strings.Join(near[:last], ", ") + " or " + near[last] + "?"
	} else if last == 0 {
		text += "; did you mean " + near[0] + "?"
	}
	return text + "; see: " + c.CommandPath() + " --help"
}

// otherFlags are flags that people know from elsewhere, of the commands named or of all, and what to type here.
var otherFlags = []struct{ commands, flags, instead string }{
	{"deploy diff validate", "f file filename", "the file is an argument: %s FILE"},
	{"deploy", "d detach", "it waits with --wait alone"},
	{"delete", "f force", "-y deletes it without a question"},
	{"scale", "replicas", "the size is part of the argument: %s APP/ENTITY=N"},
	{"ps", "a all", "all containers are listed"},
	{"ps apps hosts", "w watch", "what happens is shown by: clocker events -f    and what is used by: clocker top"},
	{"logs", "lines", "the last lines are had with --tail N"},
	{"events", "n tail limit", "the last ones are had with: %s | tail"},
	{"events", "since until", "events are named by their number: %s --from N"},
	{"top", "no-stream", "it is shown once with --once"},
	{"up", "p port listen addr", "the address is a setting: CLOCKER_LISTEN=127.0.0.1:8090 %s"},
	{"up", "data data-dir dir", "the data directory is a setting: CLOCKER_DATA=DIR %s"},
	{"up", "f file", "a blueprint is deployed by: clocker deploy FILE"},
	{"", "json", "JSON is had with -o json"},
	{"", "format", "a format is named with -o"},
	{"", "token", "a token is named by $CLOCKER_TOKEN, or kept in a context: clocker ctx add"},
	{"", "H host addr address server", "another installation is named with --url"},
	{"", "c context", "a context is named with --ctx"},
}

// unknownFlag says what to type in place of a flag that is not there.
func unknownFlag(c *cobra.Command, flag *pflag.NotExistError) string {
	name, text := flag.GetSpecifiedName(), "unknown flag: --"+flag.GetSpecifiedName()
	if flag.GetSpecifiedShortnames() != "" {
		text = "unknown flag: -" + name
	}
	path := strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
	for _, other := range otherFlags {
		ours := other.commands == "" || slices.Contains(strings.Fields(other.commands), path)
		if ours && slices.Contains(strings.Fields(other.flags), name) {
			return text + "; " + strings.ReplaceAll(other.instead, "%s", c.CommandPath())
		}
	}
	if near := nearFlag(c, name); near != "" {
		text += "; did you mean --" + near + "?"
	}
	return text + "; see: " + c.CommandPath() + " --help"
}

// nearFlag is the flag that a person may have meant: the only one that begins so, else one that is written nearly so.
func nearFlag(c *cobra.Command, name string) string {
	var all, begun []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		all = append(all, f.Name)
		if strings.HasPrefix(f.Name, name) {
			begun = append(begun, f.Name)
		}
	})
	switch {
	case len(name) < 2:
		return ""
	case len(begun) == 1:
		return begun[0]
	default:
		return nearest.Word(name, all)
	}
}

// oneTooMany says, for commands that take no argument where people give one, what to type.
var oneTooMany = map[string]string{
	"apps":   "all that is known of one: clocker inspect %s",
	"down":   "it ends Clocker itself; to take an application away: clocker delete %s",
	"events": "those of one application: clocker events --application %s",
	"up":     "it runs Clocker itself; to deploy a blueprint: clocker deploy %s",
}

// tooMany is about the first argument that a command does not take.
func tooMany(c *cobra.Command, arg string) error {
	hint := c.UseLine()
	if instead, ok := oneTooMany[c.Name()]; ok && c.Parent() == c.Root() {
		hint = fmt.Sprintf(instead, arg)
	}
	return &usageError{fmt.Sprintf("%q is one argument too many: %s", arg, hint)}
}

// wrongFlag says in words what is wrong with a flag. A word before it that is no command matters more.
func wrongFlag(c *cobra.Command, err error) string {
	if word := c.Flags().Arg(0); word != "" && c.HasSubCommands() {
		return unknown(c, word)
	}
	var none *pflag.NotExistError
	if errors.As(err, &none) {
		return unknownFlag(c, none)
	}
	text := err.Error()
	var bad *pflag.InvalidValueError
	if errors.As(err, &bad) {
		flag := bad.GetFlag()
		want := map[string]string{"int": "a number", "int64": "a number", "float64": "a number", "bool": "true or false",
			"duration": "a time such as 90s, 10m or 1h30m"}[flag.Value.Type()]
		if want != "" {
			text = fmt.Sprintf("--%s is %s, and not %q", flag.Name, want, bad.GetValue())
		}
	}
	return text + "; see: " + c.CommandPath() + " --help"
}
