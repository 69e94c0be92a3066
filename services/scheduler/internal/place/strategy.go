package place

import (
	"fmt"
	"slices"
	"strings"

	"clocker.io/pkg/clocker"
)

// Strategy filters hosts, orders them, or both. A nil function does nothing.
type Strategy struct {
	Name string
	// Filter refuses a host with an error; nil means that it fits.
	Filter func(Request, Host) error
	// Explain says in a few words why the hosts it refused, at least one, were refused. Nil takes the error of the first.
	Explain func(Request, []Host) string
	// Order is a comparison as in slices.SortStableFunc: the better host is less.
	Order func(a, b Host) int
}

type chain []Strategy

// always is what no cloud can switch off, in the order in which a host is looked at.
var always = chain{ready(), freePorts(), memory(), cores()}

// registry makes a strategy from its parameters and the settings of its cloud. The error is about a parameter.
var registry = map[string]func(map[string]string, Cloud) (Strategy, error){
	"MaxContainers": maxContainers,
	"BreadthFirst":  breadthFirst,
	"DepthFirst":    depthFirst,
}

// Names lists the strategies that a cloud or an entity may name, sorted.
func Names() []string {
	names := make([]string, 0, len(registry))
	for name := range registry {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// chainOf is everything a request is judged by: what is always on, the cloud's strategies, the entity's. A name may be
// the class name of the original Clocker: what follows its last dot counts.
func chainOf(req Request, cloud Cloud) (chain, error) {
	all := slices.Clone(always)
	for _, named := range slices.Concat(cloud.Strategies, req.Strategies) {
		s, err := strategyOf(named, cloud)
		if err != nil {
			return nil, &Unplaceable{Cloud: cloud.Name, Problem: err.Error()}
		}
		all = append(all, s)
	}
	return all, nil
}

func strategyOf(named clocker.Strategy, cloud Cloud) (Strategy, error) {
	short := named.Name[strings.LastIndexByte(named.Name, '.')+1:]
	build, ok := registry[short]
	if !ok {
		return Strategy{}, fmt.Errorf("strategy %q is unknown; there are %s", named.Name, strings.Join(Names(), ", "))
	}
	s, err := build(named.Params, cloud)
	if err != nil {
		return Strategy{}, fmt.Errorf("strategy %s: %w", short, err)
	}
	return s, nil
}

// run passes hosts through the chain and counts those that each strategy refused.
func (c chain) run(req Request, hosts []Host) ([]Host, []Refusal) {
	var refusals []Refusal
	left := slices.Clone(hosts)
	for _, s := range c {
		if s.Filter != nil {
			var refused []Host
			var first error
			left = slices.DeleteFunc(left, func(h Host) bool {
				err := s.Filter(req, h)
				if err == nil {
					return false
				}
				if first == nil {
					first = err
				}
				refused = append(refused, h)
				return true
			})
			if len(refused) > 0 {
				refusals = append(refusals, Refusal{Strategy: s.Name, Hosts: len(refused), Reason: s.reason(req, refused, first)})
			}
		}
		if s.Order != nil {
			slices.SortStableFunc(left, s.Order)
		}
	}
	return left, refusals
}

func (s Strategy) reason(req Request, refused []Host, first error) string {
	if s.Explain != nil {
		return s.Explain(req, refused)
	}
	return first.Error()
}
