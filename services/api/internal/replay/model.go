package replay

import (
	"fmt"
	"slices"
	"strings"

	"clocker.io/pkg/clocker"
)

// The tables of the model, in the order in which they are shown.
const (
	Applications = "applications" // api's
	Operations   = "operations"   // api's
	Tokens       = "tokens"       // api's
	Health       = "health"       // of applications, policy's
	Entities     = "entities"     // policy's
	Containers   = "containers"   // generations, policy's
	Placements   = "placements"   // scheduler's
	Leases       = "leases"       // ipam's
	Endpoints    = "endpoints"    // ipam's
	Images       = "images"       // imagebuilder's
	Hosts        = "hosts"        // provisioner's
	Letters      = "dead-letters" // everybody's
)

// Tables lists them.
func Tables() []string {
	return []string{Applications, Operations, Tokens, Health, Entities, Containers, Placements, Leases, Endpoints, Images, Hosts, Letters}
}

// Fields are the columns of a row by name, as text. A column that is not known is not there.
type Fields map[string]string

// Model is rows by table and key.
type Model map[string]map[string]Fields

// Row finds a row, or nothing.
func (m Model) Row(table, key string) Fields { return m[table][key] }

func (m Model) put(table, key string) Fields {
	if m[table] == nil {
		m[table] = map[string]Fields{}
	}
	if m[table][key] == nil {
		m[table][key] = Fields{}
	}
	return m[table][key]
}

// GenerationKey names a generation of a container.
func GenerationKey(c clocker.Container) string {
	return fmt.Sprintf("%s g%d of %s", c.Path(), c.Generation, c.UID)
}

// ContainerKey names a container.
func ContainerKey(c clocker.Container) string { return fmt.Sprintf("%s of %s", c.Path(), c.UID) }

// EntityKey names an entity.
func EntityKey(application, uid, entity string) string {
	return fmt.Sprintf("%s/%s of %s", application, entity, uid)
}

// ApplicationKey names an application.
func ApplicationKey(application, uid string) string { return fmt.Sprintf("%s of %s", application, uid) }

// LetterKey names a dead letter.
func LetterKey(consumer string, number int64) string { return fmt.Sprintf("%s/%d", consumer, number) }

// Ports writes published ports in one order.
func Ports(list []clocker.PortBinding) string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = fmt.Sprintf("%d->%d/%s", p.HostPort, p.Port, p.Protocol)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
