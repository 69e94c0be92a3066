package rights

import (
	"slices"
	"strings"
)

//go:generate go run clocker.io/pkg/bus/rights/cmd/rightsdoc ../../../docs/rights.md

const head = `# Who may say and hear what

<!-- Generated from pkg/bus/rights by make docs. Do not edit. -->

The users of NATS and their rights: one row for each process, whatever is not in it is refused by the server, logged, and
counted. ` + "`<host>`" + ` is the id of a host, each of which has its own two users. Rights in Postgres are those of the
roles, one for each service; rights in the API are those of [tokens](operations.md#tokens-and-roles).

| user | publishes | subscribes | why |
|---|---|---|---|
`

const tail = `
A service with a database has a second connection as ` + "`sequencer`" + `, because any of them may come to be the one that
publishes events. Everybody but the auditor has an inbox of its own for answers. What these rights do not keep apart, and
what is done about it, is in [decision 0009](decisions/0009-nats-rights-are-signed.md).
`

// Page gives docs/rights.md.
func Page() string {
	var b strings.Builder
	b.WriteString(head)
	line := func(user string, r Rights, why string) {
		publish := code(r.Publish)
		if r.Answer {
			publish += ", answers to what it is asked"
		}
		b.WriteString("| **" + user + "** | " + publish + " | " + code(r.Subscribe) + " | " + why + " |\n")
	}
	for _, w := range table() {
		r, _ := Of(w.user)
		line(w.user, r, w.why)
	}
	const host = "<host>"
	agent, dns := ofHost(host), ofDNS(host)
	agent.Subscribe = append(agent.Subscribe, inbox+kindHost+"."+host+".>")
	dns.Subscribe = append(dns.Subscribe, inbox+kindDNS+"."+host+".>")
	line(HostUser(host), agent, "the agent: its own subjects and nothing of JetStream, so that a host that is taken over speaks for itself alone")
	line(DNSUser(host), dns, "it asks for the networks of its host and hears their changes")
	b.WriteString(tail)
	return b.String()
}

func code(subjects []string) string {
	sorted := slices.Sorted(slices.Values(subjects))
	for i, s := range sorted {
		sorted[i] = "`" + s + "`"
	}
	return strings.Join(sorted, ", ")
}
