package rights

import (
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

// Users that are no service.
const (
	Sequencer = "sequencer"
	Auditor   = "auditor"
)

// row is one line of the table.
type row struct {
	user      string
	why       string // what the rights beyond a consumer of events are for
	consumes  bool   // events, as its own durable consumer
	publish   []string
	subscribe []string
	answers   []string // users, or kinds of users, whose requests it answers or whose streams of answers it reads
}

// Kinds of users of which every host has one.
const (
	kindHost = "host" // the agent
	kindDNS  = "dns"
)

// table is everybody but the users of hosts. A new service, or a new subject of one, is a row, or a word in a row, here.
func table() []row {
	return []row{
		{user: "api", consumes: true,
			why:       "its readers wait for events; it asks agents for logs and to run commands, hears what they measure, and asks services about their dead letters",
			publish:   []string{clocker.SubjectDo + "*.logs", clocker.SubjectDo + "*.exec", clocker.SubjectDo + "*.exec.*.*", clocker.SubjectLetter + "*"},
			subscribe: []string{events.SubjectRoot + ">", clocker.SubjectSensor + "*"},
			answers:   []string{kindHost}},
		{user: "policy", consumes: true,
			why:       "it tells hosts what to run, hears what became of it, and nudges whoever is late",
			publish:   []string{clocker.SubjectWant + "*", clocker.SubjectNudge + "*"},
			subscribe: []string{clocker.SubjectAsk + "*", clocker.SubjectFact + "*", clocker.SubjectBeat + "*"},
			answers:   []string{kindHost}},
		{user: "scheduler", consumes: true, why: "it speaks to no host"},
		{user: "provisioner", consumes: true,
			why:       "it registers hosts, watches their heartbeats, and tells one that it is wanted",
			publish:   []string{clocker.SubjectWant + "*"},
			subscribe: []string{clocker.SubjectAsk + "*", clocker.SubjectFact + "*", clocker.SubjectBeat + "*"},
			answers:   []string{kindHost}},
		{user: "ipam", consumes: true,
			why:       "it tells hosts of the endpoints of their networks",
			publish:   []string{clocker.SubjectNet + "*"},
			subscribe: []string{clocker.SubjectAsk + "*"},
			answers:   []string{kindHost, kindDNS}},
		{user: "imagebuilder", consumes: true,
			why:       "it has hosts build images, and hands them build contexts",
			publish:   []string{clocker.SubjectWant + "*"},
			subscribe: []string{clocker.SubjectAsk + "*", clocker.SubjectFact + "*", clocker.SubjectBeat + "*"},
			answers:   []string{kindHost}},
		{user: Sequencer,
			why:       "the one publisher of events; it makes the stream, looks at it and makes it anew",
			publish:   append(streamAPI(), events.SubjectRoot+">"),
			subscribe: []string{clocker.SubjectPokeOutbox}},
		// No history from the stream: whoever may ask JetStream for anything can have the answer sent to a subject of
		// their choice, which the server does not check.
		{user: Auditor, why: "it hears every event as it is published, and can do nothing", subscribe: []string{events.SubjectRoot + ">"}},
	}
}

// streamAPI is JetStream's requests about the one stream.
func streamAPI() []string {
	var out []string
	for _, verb := range []string{"STREAM.CREATE", "STREAM.DELETE", "STREAM.INFO", "STREAM.MSG.GET", "DIRECT.GET"} {
		out = append(out, jetStream+verb+"."+events.Stream)
	}
	return out
}

// ofHost is the rights of a host's agent: it has no part in JetStream, and no word in them names another host.
func ofHost(host string) Rights {
	return Rights{
		Publish:   []string{clocker.SubjectFact + host, clocker.SubjectAsk + host, clocker.SubjectBeat + host, clocker.SubjectSensor + host},
		Subscribe: []string{clocker.SubjectWant + host, clocker.SubjectNet + host, clocker.SubjectDo + host + ".>"},
		Answer:    true,
	}
}

// ofDNS is the rights of a host's dns, which asks ipam for the networks of its host and hears their changes.
func ofDNS(host string) Rights {
	return Rights{Publish: []string{clocker.SubjectAsk + host}, Subscribe: []string{clocker.SubjectNet + host}}
}
