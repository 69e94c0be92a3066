package blueprint

import (
	"fmt"

	"clocker.io/pkg/clocker"

	"github.com/distribution/reference"
	"go.yaml.in/yaml/v4"
)

// ofAnotherTool refuses a document that was written for Compose or Kubernetes in one sentence: what is wrong with each of
// its keys would not help anybody.
func (p *parser) ofAnotherTool(n node) bool {
	if p.out.mended {
		return false // what was left out may have made it a blueprint
	}
	services := valueOf(n.yaml, "services")
	switch {
	case services == nil && valueOf(n.yaml, "apiVersion") != nil && valueOf(n.yaml, "kind") != nil:
		n.fail(OtherFormat, "write a blueprint: an id, and services with an image each, as in - {type: docker:nginx:1.27, id: web}",
			"this is an object of Kubernetes, and not a blueprint")
	case services != nil && services.Kind == yaml.MappingNode:
		name, image, found := composeService(services)
		if !found {
			return false
		}
		at := node{yaml: services, path: n.path + "/services", out: n.out}
		at.fail(OtherFormat, "services are a list here: "+asService(name, image), "this is a Compose file, and not a blueprint")
	default:
		return false
	}
	return true
}

// composeService is the first service that has what only Compose knows.
func composeService(services *yaml.Node) (name, image string, found bool) {
	for i := 0; i+1 < len(services.Content); i += 2 {
		service := services.Content[i+1]
		image, build := valueOf(service, "image"), valueOf(service, "build")
		switch {
		case image != nil:
			return services.Content[i].Value, image.Value, true
		case build != nil:
			return services.Content[i].Value, "", true
		}
	}
	return "", "", false
}

// asService writes a service of Compose as one of ours, as far as both can be said in few words.
func asService(name, image string) string {
	id := clocker.Slug(name)
	if id == "" {
		id = "web"
	}
	if image == "" {
		return fmt.Sprintf("- {id: %s, dockerfile: Dockerfile}, deployed with --context DIR", id)
	}
	if _, err := reference.ParseDockerRef(image); err != nil {
		image = "nginx:1.27" // as one with a variable of Compose in it
	}
	return fmt.Sprintf("- {id: %s, type: docker:%s}", id, image)
}

// valueOf is the value of a key of a map, nil where there is none.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
