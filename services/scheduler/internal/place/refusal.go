package place

import (
	"fmt"
	"slices"
	"strings"
)

// Refusal counts the hosts that one strategy refused, and says why.
type Refusal struct {
	Strategy string `json:"strategy"`
	Hosts    int    `json:"hosts"`
	Reason   string `json:"reason"`
}

// Unplaceable says why no host of a cloud fits: a Problem of the request itself, or the Refusals of its hosts, none
// when the cloud has no host at all. MoreHosts says that another host could help.
type Unplaceable struct {
	Cloud     string
	Problem   string
	Refusals  []Refusal
	MoreHosts bool
}

func (u *Unplaceable) Error() string {
	switch {
	case u.Problem != "":
		return u.Problem
	case len(u.Refusals) == 0:
		return u.Cloud + " has no host yet"
	}
	parts := make([]string, len(u.Refusals))
	for i, r := range u.Refusals {
		parts[i] = fmt.Sprintf("%d refused by %s (%s)", r.Hosts, r.Strategy, r.Reason)
	}
	return fmt.Sprintf("no host of %s fits: %s", u.Cloud, strings.Join(parts, ", "))
}

// SameKind reports whether two lists name the same strategies with the same counts. Their reasons may differ in
// figures, which change with every container placed; that alone is no news to anybody.
func SameKind(a, b []Refusal) bool {
	return slices.EqualFunc(a, b, func(x, y Refusal) bool { return x.Strategy == y.Strategy && x.Hosts == y.Hosts })
}
