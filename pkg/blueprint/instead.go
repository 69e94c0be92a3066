package blueprint

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"clocker.io/pkg/nearest"
)

// advice is what to do in place of keys that other tools know and that have no other name here.
type advice struct {
	keys []string // as path.Match has them
	hint string
}

const (
	ofCloud  = "it is a setting of a cloud, not of an application: see clocker cloud create and clocker cloud set"
	ofEntity = "it is a setting of an entity of Brooklyn: give the image what it wants by env or commands, or put it into a dockerfile"
)

// advices are for keys of Brooklyn, of Clocker 1.x and of Compose; the first that fits is given.
var advices = []advice{
	{[]string{"brooklyn.policies"}, "policies of Brooklyn are not run here: restart and healthCheck say when a container is made anew"},
	{[]string{"brooklyn.enrichers", "brooklyn.initializers", "brooklyn.parameters", "brooklyn.tags"}, "remove it: it is not run here"},
	{[]string{"brooklyn.catalog", "brooklyn.libraries", "item", "items"}, "there is no catalogue: a blueprint is deployed as it stands"},
	{[]string{"brooklyn.children", "children"}, "put each child into services of the blueprint"},
	{[]string{"*emberSpec", "*emberspec", "*lusterSpec", "*ontrollerSpec", "cluster.*"},
		"a service is a cluster by itself: give it the type of its members, and initialSize"},
	{[]string{"links", "external_links"}, "services reach each other by name, as in redis.shop.clocker.internal; launch.latch waits for one"},
	{[]string{"origin", "description", "icon*"}, "remove it, or write it as a comment: # ..."},
	{[]string{"version"}, "the version of an image is in its name, as in type: docker:redis:7"},
	{[]string{"x-*"}, "remove it; an anchor may stand where its value is used first"},
	{[]string{"launch.command", "start.command"}, `what a container runs is in commands, or in its image`},
	{[]string{"checkRunning.command"}, "healthCheck: {command: [...]} looks whether a container works"},
	{[]string{"stop.command"}, "remove it: a container is stopped by a signal to its process"},
	{[]string{"install.*", "customize.*", "pre.*", "post.*", "files.*", "templates.*", "docker.dockerfile.*"},
		"put it into a dockerfile: images are built before containers start"},
	{[]string{"docker.host.*", "docker.policy.*", "docker.container.cluster.*", "docker.container.strategy", "docker.container.nameFormat",
		"docker.version", "docker.registry*", "entity.dynamicLocation.*"}, ofCloud},
	{[]string{"weave.*", "calico.*", "sdn.*"}, "remove it: each application has a network of its own"},
	{[]string{"provisioning.properties"}, "minRam and minCores say what a host must have"},
	{[]string{"affinity.rules"}, "strategies choose the host; rules of affinity are not taken"},
	{[]string{"http.port", "https.port", "*.http.port"}, "openPorts: [8080] publishes a port"},
	{[]string{"wars.*", "java.*", "jmx.*", "*reation.script*", "creationScript*", "datastore.*", "*.port", "*.ports", "riak.*"}, ofEntity},
}

// instead says what to do in place of an unknown key.
func instead(name string, known []string) string {
	if short, ok := shortNames[name]; ok && slices.Contains(known, short) {
		return fmt.Sprintf("its name here is %q", short)
	}
	for _, a := range advices {
		for _, pattern := range a.keys {
			if fits, err := path.Match(pattern, name); fits && err == nil {
				return a.hint
			}
		}
	}
	return didYouMean(name, known)
}

// didYouMean is a hint for a misspelt word: the nearest known one, else all of them.
func didYouMean(word string, known []string) string {
	if len(word) <= 64 {
		if s := nearest.Word(word, known); s != "" {
			return fmt.Sprintf("did you mean %q?", s)
		}
	}
	if len(known) == 0 {
		return ""
	}
	known = slices.Sorted(slices.Values(known))
	return "known are " + strings.Join(known, ", ")
}
