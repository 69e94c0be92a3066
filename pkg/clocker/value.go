package clocker

import (
	"fmt"
	"strings"
)

// Value is a string that may depend on sensors: a literal, a reference ($brooklyn:component(..).attributeWhenReady(..))
// or a format of further values. Exactly one of Literal, Ref and Format counts, in the order Ref, Format, Literal.
type Value struct {
	Literal string     `json:"literal,omitempty"`
	Ref     *SensorRef `json:"ref,omitempty"`
	Format  string     `json:"format,omitempty"` // Java format of %s, %d, %1$s and %%
	Args    []Value    `json:"args,omitempty"`
}

// SensorRef names a sensor of an entity of the same application.
type SensorRef struct {
	Entity string `json:"entity"`
	Sensor string `json:"sensor"`
}

// String is entity.sensor, as shown to users.
func (r SensorRef) String() string { return r.Entity + "." + r.Sensor }

// Sensors that a latch or a value may wait for. A sensor of an entity with several members is that of its lowest
// ordinal that has one; service.isUp is true when every wanted member is healthy.
const (
	SensorIsUp           = "service.isUp"
	SensorState          = "service.state"
	SensorAddress        = "host.subnet.address"  // the container's own address
	SensorHostname       = "host.subnet.hostname" // its name in the zone
	SensorHostAddress    = "host.address"         // address of the host it runs on
	SensorHostName       = "host.name"            // id of the host it runs on
	SensorMappedPortRoot = "mapped.docker.port."  // + container port: host address and leased port, a:p
)

// Refs lists the sensors a value waits for, in order of appearance.
func (v Value) Refs() []SensorRef {
	if v.Ref != nil {
		return []SensorRef{*v.Ref}
	}
	var refs []SensorRef
	for _, a := range v.Args {
		refs = append(refs, a.Refs()...)
	}
	return refs
}

// Resolve computes the value from known sensors. missing is the first sensor that is not known yet; an error is a
// format that cannot be applied, which the parser refuses beforehand.
func (v Value) Resolve(known func(SensorRef) (string, bool)) (text string, missing *SensorRef, err error) {
	switch {
	case v.Ref != nil:
		s, ok := known(*v.Ref)
		if !ok {
			return "", v.Ref, nil
		}
		return s, nil, nil
	case v.Format != "":
		args := make([]string, len(v.Args))
		for i, a := range v.Args {
			if args[i], missing, err = a.Resolve(known); missing != nil || err != nil {
				return "", missing, err
			}
		}
		text, err = Format(v.Format, args)
		return text, nil, err
	default:
		return v.Literal, nil, nil
	}
}

// Format applies the part of Java's String.format that blueprints use: %s and %d take the next argument, %1$s and
// %1$d take one by number, %% is a percent sign. An error names the first directive that cannot be applied.
func Format(pattern string, args []string) (string, error) {
	var b strings.Builder
	next := 0
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '%' {
			b.WriteByte(pattern[i])
			continue
		}
		d, width, err := parseDirective(pattern[i:])
		if err != nil {
			return "", err
		}
		i += width - 1
		if d.percent {
			b.WriteByte('%')
			continue
		}
		at := d.index - 1
		if d.index == 0 {
			at = next
			next++
		}
		if at >= len(args) {
			return "", fmt.Errorf("formatString: %q asks for argument %d of %d", pattern[i-width+1:i+1], at+1, len(args))
		}
		b.WriteString(args[at])
	}
	return b.String(), nil
}

type directive struct {
	index   int // 1-based; 0 takes the next one
	percent bool
}

func parseDirective(s string) (directive, int, error) {
	var d directive
	i := 1
	for i < len(s) && s[i] >= '0' && s[i] <= '9' && d.index < 1000 {
		d.index = d.index*10 + int(s[i]-'0')
		i++
	}
	if i > 1 {
		if d.index == 0 || i >= len(s) || s[i] != '$' {
			return d, 0, fmt.Errorf("formatString: %q: want %%s, %%d, %%1$s or %%%%", s[:min(i+1, len(s))])
		}
		i++
	}
	switch {
	case i < len(s) && (s[i] == 's' || s[i] == 'd'):
		return d, i + 1, nil
	case i < len(s) && s[i] == '%' && i == 1:
		return directive{percent: true}, i + 1, nil
	}
	return d, 0, fmt.Errorf("formatString: %q: want %%s, %%d, %%1$s or %%%%", s[:min(i+1, len(s))])
}
