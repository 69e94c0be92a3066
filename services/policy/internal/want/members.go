package want

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
)

// MaxSize is the largest number of members of one entity: a guard against a slip of the finger, not a design limit.
const MaxSize = 100_000

// Resize says which ordinals to add to the wanted ones, or drop from them, so that size members are wanted: the lowest
// free ordinals are added, the highest dropped first.
func Resize(wanted []int, size int) (add, drop []int) {
	have := slices.Sorted(slices.Values(wanted))
	for len(have) > size {
		drop = append(drop, have[len(have)-1])
		have = have[:len(have)-1]
	}
	next := 0
	for n := 0; len(have)+len(add) < size; n++ {
		if next < len(have) && have[next] == n {
			next++
			continue
		}
		add = append(add, n)
	}
	return add, drop
}

// Size reads the params of a resize, {"size": 3}.
func Size(params json.RawMessage) (int, error) {
	var p struct {
		Size *int `json:"size"`
	}
	if err := json.Unmarshal(params, &p); err != nil || p.Size == nil {
		return 0, &clocker.Error{Code: clocker.Invalid, Message: `a resize needs params {"size": N}`}
	}
	if *p.Size < 0 || *p.Size > MaxSize {
		return 0, &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("size %d is not between 0 and %d", *p.Size, MaxSize)}
	}
	return *p.Size, nil
}

// Target is what an operation is about: an application, one entity of it, or one container.
type Target struct {
	Application string
	Entity      string // empty for the whole application
	Ordinal     int    // -1 for every member
}

// Parse reads shop, shop/web or shop/web/0.
func Parse(s string) (Target, error) {
	parts := strings.Split(s, "/")
	t := Target{Application: parts[0], Ordinal: -1}
	ok := len(parts) <= 3 && clocker.ValidID(parts[0])
	if ok && len(parts) > 1 {
		t.Entity = parts[1]
		ok = clocker.ValidID(t.Entity)
	}
	if ok && len(parts) > 2 {
		n, err := strconv.Atoi(parts[2])
		t.Ordinal, ok = n, err == nil && n >= 0
	}
	if !ok {
		return Target{}, &clocker.Error{Code: clocker.Invalid,
			Message: fmt.Sprintf("target %q is not of the form shop, shop/web or shop/web/0", s)}
	}
	return t, nil
}

// Has reports whether a container is part of the target.
func (t Target) Has(c clocker.Container) bool {
	return (t.Entity == "" || t.Entity == c.Entity) && (t.Ordinal < 0 || t.Ordinal == c.Ordinal)
}
