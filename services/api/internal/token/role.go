package token

import (
	"fmt"
	"slices"
	"strings"

	"clocker.io/pkg/clocker"
)

// Role is what a token may do. Each role may do all that those before it may.
type Role int

// The roles, from the least. Nobody is that of a caller without a token.
const (
	Nobody   Role = iota
	Viewer        // looks at everything but output, tokens and secrets
	Deployer      // deploys, changes and deletes applications, and reads what their containers print
	Operator      // cares for hosts, clouds, operations and dead letters
	Admin         // tokens, and the log of events as a whole
)

var names = []string{"nobody", "viewer", "deployer", "operator", "admin"}

func (r Role) String() string { return names[r] }

// Covers reports whether r may do what asks for at least the role least.
func (r Role) Covers(least Role) bool { return r >= least }

// ParseRole reads a role that a token may have. The error lists them.
func ParseRole(text string) (Role, error) {
	if n := slices.Index(names, text); n > int(Nobody) {
		return Role(n), nil
	}
	return Nobody, &clocker.Error{Code: clocker.Invalid,
		Message: fmt.Sprintf("there is no role %q; the roles are %s", text, strings.Join(names[Viewer:], ", "))}
}

// Roles are those that a token may have, from the least.
func Roles() []Role { return []Role{Viewer, Deployer, Operator, Admin} }

// Caller is who asks.
type Caller struct {
	ID   string // of its token
	Name string // of its token
	Role Role
}

// Bootstrap is the caller that shows the token in the installation's token file.
var Bootstrap = Caller{ID: "bootstrap", Name: "bootstrap", Role: Admin}

// String is how operations and events name a caller: name/id, and bootstrap alone.
func (c Caller) String() string {
	if c.ID == c.Name {
		return c.Name
	}
	return c.Name + "/" + c.ID
}
