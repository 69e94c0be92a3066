package events

// ApplicationSubmitted says that a blueprint was accepted: from here on it is never forgotten.
type ApplicationSubmitted struct {
	Application string            `json:"application"`
	UID         string            `json:"uid"`
	Name        string            `json:"name"`
	Cloud       string            `json:"cloud"`
	Operation   string            `json:"operation"`
	Entities    []SubmittedEntity `json:"entities"`
	By          string            `json:"by,omitempty"` // who asked: the name and id of a token
}

// SubmittedEntity is an entity of a submitted application: how many members, from which image.
type SubmittedEntity struct {
	Entity string `json:"entity"`
	Size   int    `json:"size"`
	Image  string `json:"image"` // image key
}

// ApplicationHealthy says that every wanted container of an application is healthy, after a time when not.
type ApplicationHealthy struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
}

// ApplicationUnhealthy says that an application that was healthy no longer is.
type ApplicationUnhealthy struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
	Reason      string `json:"reason"`
}

// EntityResized says that an entity should have another number of members.
type EntityResized struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
	Entity      string `json:"entity"`
	From        int    `json:"from"`
	To          int    `json:"to"`
}

// ApplicationWithdrawn says that an application is to go; its containers are withdrawn one by one.
type ApplicationWithdrawn struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
}

// ApplicationGone says that the last container of a withdrawn application is gone.
type ApplicationGone struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
}

func (ApplicationSubmitted) Topic() string { return "application.submitted" }
func (ApplicationHealthy) Topic() string   { return "application.healthy" }
func (ApplicationUnhealthy) Topic() string { return "application.unhealthy" }
func (EntityResized) Topic() string        { return "entity.resized" }
func (ApplicationWithdrawn) Topic() string { return "application.withdrawn" }
func (ApplicationGone) Topic() string      { return "application.gone" }

func (e ApplicationSubmitted) Scope() Scope { return applicationScope(e.Application) }
func (e ApplicationHealthy) Scope() Scope   { return applicationScope(e.Application) }
func (e ApplicationUnhealthy) Scope() Scope { return applicationScope(e.Application) }
func (e EntityResized) Scope() Scope        { return applicationScope(e.Application, e.Entity) }
func (e ApplicationWithdrawn) Scope() Scope { return applicationScope(e.Application) }
func (e ApplicationGone) Scope() Scope      { return applicationScope(e.Application) }

func applicationScope(application string, more ...string) Scope {
	return Scope{Application: application, Tokens: append([]string{application}, more...)}
}
