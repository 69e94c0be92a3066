package blueprint

import (
	"fmt"
	"net/netip"
	"slices"

	"clocker.io/pkg/clocker"
)

// DefaultCloud is the cloud of an application that names no location, or localhost.
const DefaultCloud = "my-docker-cloud"

// MaxServices and MaxSize bound a blueprint; the line is made for many containers, not for one document of them.
const (
	MaxServices = 200
	MaxSize     = 1000 // members of one entity
)

// MaxBytes is the size of the largest blueprint that is read.
const MaxBytes = 1 << 20

// Options is what the parser knows beside the text.
type Options struct {
	Clouds   []string // known clouds; while there are none, DefaultCloud is. Nil: any name is taken
	Context  *Context // build context sent along; nil when none
	Later    bool     // a context may come later: its files are not asked for now
	Tolerant bool     // unknown keys are warned of and passed over
}

// Context is a build context: its digest (SHA-256 of the tar.gz, hex) and the files in it by clean relative path.
type Context struct {
	Digest string
	Files  map[string]bool
}

// Parse reads a blueprint. Either there are no problems, or the application is empty and the problems are all that can
// be said about the text at once.
func Parse(text []byte, opts Options) (clocker.Application, Report) {
	p := &parser{opts: opts, out: collector{tolerant: opts.Tolerant}}
	if root := read(text, &p.out); root != nil {
		p.root(node{yaml: root, out: &p.out})
	}
	if len(p.out.problems) > 0 {
		return clocker.Application{}, p.out.report()
	}
	return p.app, p.out.report()
}

type parser struct {
	opts     Options
	out      collector
	app      clocker.Application
	services []*service
	cidr     netip.Prefix
	cidrAt   *node // where network.cidr stands first
}

func (p *parser) root(n node) {
	if !n.isMap() {
		if p.out.mended {
			return // what was left out would have made it one
		}
		n.fail(WrongKind, emptyHint, "a blueprint is a map, this is %s", n.is())
		return
	}
	if p.ofAnotherTool(n) {
		return
	}
	fields, _ := n.fields("the blueprint")
	at := map[string]node{}
	known, ofService := names(rootKeys()), names(serviceKeys())
	for _, f := range fields {
		switch {
		case slices.Contains(known, f.name):
			at[f.name] = f.value
		case slices.Contains(ofService, f.name):
			f.key.fail(MisplacedKey, "move it into a service, below services", "%q is a key of a service, not of the blueprint", f.name)
		default:
			unknownKey(f, known)
		}
	}
	p.names(n, at)
	p.location(n, at)
	if config, ok := at["brooklyn.config"]; ok {
		p.config(config)
	}
	services, ok := at["services"]
	if !ok {
		n.fail(NoServices, "services: a list, each with type: docker:<image>", "the blueprint has no services")
		return
	}
	p.readServices(services)
}

func (p *parser) names(n node, at map[string]node) {
	id, hasID := at["id"]
	name, hasName := at["name"]
	if hasName {
		p.app.Name, _ = name.title("name")
	}
	switch {
	case hasID:
		p.app.ID = validID(id)
		if p.app.Name == "" {
			p.app.Name = p.app.ID
		}
	case p.app.Name != "":
		if p.app.ID = clocker.Slug(p.app.Name); p.app.ID == "" {
			name.fail(NoID, "give the blueprint an id", "no id can be made of the name %q", clip(p.app.Name))
		}
	case !hasName:
		n.fail(NoID, "id: shop", "the blueprint has neither id nor name")
	}
}

const idHint = "1 to 40 of a-z, 0-9 and -, with no - at either end"

func validID(n node) string {
	id, ok := n.line("id")
	if !ok {
		return ""
	}
	if !clocker.ValidID(id) {
		hint := idHint
		if s := clocker.Slug(id); s != "" {
			hint += fmt.Sprintf("; %q would do", s)
		}
		n.fail(BadID, hint, "%q is no id", clip(id))
		return ""
	}
	return id
}

// location takes location or locations: text, or a list of one.
func (p *parser) location(n node, at map[string]node) {
	one, hasOne := at["location"]
	many, hasMany := at["locations"]
	if hasOne && hasMany {
		many.fail(DuplicateKey, "keep one of them", "location and locations are both given")
		return
	}
	if hasMany {
		one = many
	}
	if !hasOne && !hasMany {
		p.cloud(n, DefaultCloud, ", which is meant where no location is named")
		return
	}
	if one.isList() {
		list := one.elements()
		if len(list) != 1 {
			hint := "deploy a blueprint for each cloud"
			if len(list) == 0 {
				hint = "name one, or remove the key"
			}
			one.fail(BadLocation, hint, "an application runs in one cloud, this names %d", len(list))
			return
		}
		one = list[0]
	}
	if one.isMap() {
		one.fail(BadLocation, "location: "+DefaultCloud, "a location is the name of a cloud; it cannot be defined in a blueprint")
		return
	}
	switch name, ok := one.line("location"); {
	case !ok:
	case name == "localhost":
		p.cloud(one, DefaultCloud, ", which localhost stands for")
	default:
		p.cloud(one, name, "")
	}
}

// cloud takes the cloud that a blueprint means. An installation that has not made its first cloud yet will do so.
func (p *parser) cloud(n node, name, why string) {
	known := p.opts.Clouds
	if len(known) == 0 {
		known = []string{DefaultCloud}
	}
	if p.opts.Clouds != nil && !slices.Contains(known, name) {
		n.fail(UnknownCloud, didYouMean(name, known), "there is no cloud %q%s", clip(name), why)
		return
	}
	p.app.Cloud = name
}

// config reads brooklyn.config of the blueprint.
func (p *parser) config(n node) {
	fields, _ := n.fields("brooklyn.config")
	for _, f := range fields {
		if f.name == networkKey {
			p.network(f.value)
			continue
		}
		unknownKey(f, []string{networkKey})
	}
}

func (p *parser) readServices(n node) {
	items, ok := n.items("services")
	if !ok {
		return
	}
	if len(items) == 0 {
		n.fail(NoServices, "- type: docker:<image>", "the blueprint has no services")
		return
	}
	if len(items) > MaxServices {
		n.fail(OverLimit, "split the application", "a blueprint has at most %d services, this has %d", MaxServices, len(items))
		return
	}
	for i, item := range items {
		p.services = append(p.services, p.readService(i, item))
	}
	p.check(n)
	for _, s := range p.services {
		p.app.Entities = append(p.app.Entities, s.entity)
	}
	if p.opts.Context != nil {
		p.app.Context = p.opts.Context.Digest
	}
}

// unknownKey refuses a key: with the reason when it is one that Clocker does not take, else with the nearest known one.
func unknownKey(f field, known []string) {
	if f.key.out.full() {
		return
	}
	if why, hint, refused := refusedKey(f.name, f.value); refused {
		f.key.fail(RefusedKey, hint, "%s", why)
		return
	}
	hint := instead(f.name, known)
	if f.key.out.tolerant {
		f.key.warn(UnknownKey, hint, "unknown key %q, which is passed over", clip(f.name))
		return
	}
	f.key.fail(UnknownKey, hint, "unknown key %q", clip(f.name))
}
