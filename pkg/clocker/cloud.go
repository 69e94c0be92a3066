package clocker

import (
	"fmt"
	"slices"
	"strings"
)

// CloudSettings are what a user may set of a cloud. What is absent stays as it is; in a new cloud it has its default.
type CloudSettings struct {
	Location      string      `json:"location,omitempty"` // of a new cloud; it stays for life
	MaxHosts      *int        `json:"maxHosts,omitempty"`
	MaxContainers *int        `json:"maxContainers,omitempty"` // for each host
	Strategies    *[]Strategy `json:"strategies,omitempty"`
	Revision      int64       `json:"revision,omitempty"` // of the settings that these are to change; 0 for whichever there are
}

// The highest numbers that a cloud may be set to.
const (
	MostHosts      = 10_000
	MostContainers = 100_000
)

// NewCloud gives settings with the defaults in place of what is absent.
func NewCloud(asked CloudSettings) CloudSettings {
	hosts, containers := 1, 64
	strategies := []Strategy{{Name: "MaxContainers"}, {Name: "BreadthFirst"}}
	return CloudSettings{MaxHosts: &hosts, MaxContainers: &containers, Strategies: &strategies}.With(asked)
}

// With gives settings with what asked sets in place of what was there.
func (s CloudSettings) With(asked CloudSettings) CloudSettings {
	if asked.Location != "" {
		s.Location = asked.Location
	}
	if asked.MaxHosts != nil {
		s.MaxHosts = asked.MaxHosts
	}
	if asked.MaxContainers != nil {
		s.MaxContainers = asked.MaxContainers
	}
	if asked.Strategies != nil {
		s.Strategies = asked.Strategies
	}
	return s
}

// Check refuses numbers that no cloud can have.
func (s CloudSettings) Check() error {
	if n := s.MaxHosts; n != nil && (*n < 0 || *n > MostHosts) {
		return &Error{Code: Invalid, Message: fmt.Sprintf("maxHosts is %d: want a number from 0 to %d", *n, MostHosts)}
	}
	if n := s.MaxContainers; n != nil && (*n < 1 || *n > MostContainers) {
		return &Error{Code: Invalid, Message: fmt.Sprintf("maxContainers is %d: want a number from 1 to %d", *n, MostContainers)}
	}
	return nil
}

// CloudFree refuses the removal of a cloud that has hosts, or that applications name, and says which.
func CloudFree(cloud string, hosts, applications []string) error {
	var uses []string
	for _, of := range []struct {
		what  string
		names []string
	}{{"host", hosts}, {"application", applications}} {
		if len(of.names) == 0 {
			continue
		}
		what, names := of.what, slices.Clone(of.names)
		if len(names) > 1 {
			what += "s"
		}
		const shown = 5
		if rest := len(names) - shown; rest > 0 {
			names = append(names[:shown], fmt.Sprintf("%d more", rest))
		}
		uses = append(uses, what+" "+strings.Join(names, ", "))
	}
	if len(uses) == 0 {
		return nil
	}
	return &Error{Code: Conflict, Message: fmt.Sprintf("the cloud %q is in use: %s", cloud, strings.Join(uses, "; "))}
}
