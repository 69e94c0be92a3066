package blueprint

import (
	"fmt"
	"strings"

	"clocker.io/pkg/clocker"
)

//go:generate go run clocker.io/pkg/blueprint/cmd/keysdoc ../../docs/blueprint.md

const pageHead = `# Blueprints

<!-- Generated from pkg/blueprint by make docs. Do not edit. -->

The keys of a blueprint, and what each is for. ` + "`clocker validate FILE`" + ` says all that is wrong with one, without a server.
[blueprint.schema.json](blueprint.schema.json) says in detail what each value may be; with this line at the top of a file, an
editor with a YAML language server completes and checks it (a running Clocker serves the schema, too):

` + "```yaml" + `
# yaml-language-server: $schema=http://127.0.0.1:8080/schema/blueprint.json
` + "```" + `

A small one, and a [larger one](../examples/shop/blueprint.yaml):

` + "```yaml" + `
id: hello
location: my-docker-cloud
services:
  - type: docker:nginx:1.27
    id: web
    brooklyn.config:
      initialSize: 2
      openPorts: [80]
      healthCheck: { http: / }
` + "```" + `
`

const pageValues = `
## Values that are known later

A value of ` + "`env`, `entrypoint` or `commands`" + ` may be an expression, which is filled in when it is known, and the container is not started
before: a sensor of a service, or text made of some. Each service it names must be of the same blueprint.

` + "```yaml" + `
env:
  STORE: $brooklyn:component("store").attributeWhenReady("host.subnet.hostname")
  URL: $brooklyn:formatString("http://%s/", $brooklyn:component("web").attributeWhenReady("mapped.docker.port.80"))
launch.latch: $brooklyn:component("store").attributeWhenReady("service.isUp")
` + "```" + `

`

// Page gives docs/blueprint.md.
func Page() string {
	var b strings.Builder
	b.WriteString(pageHead)
	fmt.Fprint(&b, "\n## The application\n\n")
	table(&b, rootKeys())
	fmt.Fprintf(&b, "\n`brooklyn.config` takes `%s`, see below.\n", networkKey)
	fmt.Fprint(&b, "\n## A service\n\nKeys stand in `brooklyn.config` of the service, or beside it; `type`, `id` and `name` beside it alone.\n\n")
	table(&b, serviceKeys())
	fmt.Fprint(&b, "\n### healthCheck\n\nOne of `"+strings.Join(probes, "`, `")+"`, and how often.\n\n")
	table(&b, healthKeys())
	fmt.Fprint(&b, "\n### restart\n\n")
	table(&b, restartKeys())
	b.WriteString(pageValues)
	b.WriteString("| sensor | is |\n|---|---|\n")
	for _, s := range [][2]string{
		{clocker.SensorIsUp, "true when all members are healthy; unknown before"},
		{clocker.SensorState, "`running` then; unknown before"},
		{clocker.SensorAddress, "address of the first member in the application's network"},
		{clocker.SensorHostname, "its name in the zone"},
		{clocker.SensorHostAddress, "address of the host that it runs on"},
		{clocker.SensorHostName, "id of that host"},
		{clocker.SensorMappedPortRoot + "PORT", "where that port of it is published: address of the host and port"},
	} {
		fmt.Fprintf(&b, "| `%s` | %s |\n", s[0], s[1])
	}
	return b.String()
}

func table[T any](b *strings.Builder, keys []key[T]) {
	b.WriteString("| key | is |\n|---|---|\n")
	for _, k := range keys {
		fmt.Fprintf(b, "| `%s` | %s |\n", k.name, strings.ReplaceAll(k.about, "<", `\<`))
	}
}
