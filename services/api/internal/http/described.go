package http

import (
	"encoding/json"
	"net/http"
	"reflect"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/describe"
	"clocker.io/services/api/internal/view"
)

// Parameters of queries that have one meaning wherever they are.
var (
	askApplication = describe.Param{Name: "application", What: "Only what is about this application", Kind: describe.Text, Example: "shop"}
	askEntity      = describe.Param{Name: "entity", What: "Only what is about this entity of the application", Kind: describe.Text, Example: "web"}
	askOrdinal     = describe.Param{Name: "ordinal", What: "Only what is about this member of the entity", Kind: describe.Whole, Example: 0}
	askOneMember   = describe.Param{Name: "ordinal", What: "The member; all of them when absent", Kind: describe.Whole, Example: 0}
	askHost        = describe.Param{Name: "host", What: "Only what is about this host", Kind: describe.Text, Example: "localhost"}
	askConsumer    = describe.Param{Name: "consumer", What: "Only those of this service", Kind: describe.Text, Example: "policy"}
	askTopic       = describe.Param{Name: "type", What: "Only events of this topic or type", Kind: describe.Text, Example: "container.placed"}
	askTopics      = describe.Param{Name: "type", What: "Only events of these topics or types", Kind: describe.Text, Many: true, Example: "container.placed"}
	askKind        = describe.Param{Name: "kind", What: "Only operations of this kind", Kind: describe.Text, OneOf: events.OperationKinds(), Example: events.OperationDeploy}
	askState       = describe.Param{Name: "state", What: "Only operations in this state", Kind: describe.Text, OneOf: events.OperationStates(), Example: events.OperationRunning}
	askEvent       = describe.Param{Name: "event", What: "Number of an event", Kind: describe.Whole, Min: 1, Example: 1, Shown: true}
	askFrom        = describe.Param{Name: "from", What: "Number of the first event; the oldest that is kept when absent", Kind: describe.Whole, Min: 1, Example: 1}
	askCheck       = describe.Param{Name: "check", What: "Compare with what the services have", Kind: describe.Truth, Default: false, Example: true, Shown: true}
	askAllTokens   = describe.Param{Name: "all", What: "Also those that were revoked", Kind: describe.Truth, Default: false, Example: true}
	askDryRun      = describe.Param{Name: "dry_run", What: "Only say what it would do", Kind: describe.Truth, Default: false, Example: true}
	askTolerant    = describe.Param{Name: "tolerant", What: "Warn of unknown keys and pass over them", Kind: describe.Truth, Default: false, Example: true}
	askFollow      = describe.Param{Name: "follow", What: "Go on with events as they happen", Kind: describe.Truth, Default: true, Example: false, Shown: true}
	askFollowLogs  = describe.Param{Name: "follow", What: "Go on with what it prints next", Kind: describe.Truth, Default: false, Example: true}
	askTail        = describe.Param{Name: "tail", What: "How many of the last lines, or all", Kind: describe.Text, Default: "all", Example: "100"}
	askSince       = describe.Param{Name: "since", What: "From when on: RFC 3339, Unix seconds, or how long ago", Kind: describe.Text, Example: "10m"}
	askHistory     = describe.Param{Name: "history", What: "How far back to show values, at most 1h; none when absent", Kind: describe.Text, Example: "10m"}
	askRecent      = describe.Param{Name: "history", What: "How far back to show usage, at most 5m; none when absent", Kind: describe.Text, Example: "1m"}
	askRaw         = describe.Param{Name: "raw", What: "The bare value as text", Kind: describe.Truth, Default: false, Example: true}
	askName        = describe.Param{Name: "name", What: "Only this name and those below it, with or without the zone", Kind: describe.Text, Example: "web.shop"}
	askMember      = describe.Param{Name: "ordinal", What: "Only of this member", Kind: describe.Whole, Example: 0}
	askAfter       = describe.Param{Name: "after", Kind: describe.Text, Example: "41",
		What: "Number of the event to begin after, or now; with the oldest that is kept when absent"}
	execProtocol = describe.Param{Name: "Sec-WebSocket-Protocol", What: "The subprotocol", Kind: describe.Text, Example: clocker.ExecProtocol}
	lastEventID  = describe.Param{Name: "Last-Event-ID", What: "The same as after, as browsers send it", Kind: describe.Text, Example: "41"}
)

// Operations that take more words than a row has room for.
var (
	isLive    = describe.Plainly("isLive", "Says that the process answers", describe.Words(describe.Plain))
	isMetrics = describe.Plainly("readMetrics", "Shows the metrics of the process, as Prometheus reads them", describe.Words(describe.Plain))
	isReady   = describe.Plainly("isReady", "Says whether the process can do its work", describe.Words(describe.Plain), describe.Value[view.Readiness]()).
			Asks(describe.Param{Name: "verbose", What: "List every check", Kind: describe.Truth, Default: false, Example: true}).
			Answered(describe.Answer{Status: http.StatusServiceUnavailable, What: "Not ready, and what is missing",
			Content: []describe.Content{describe.Words(describe.Plain), describe.Value[view.Readiness]()}})

	isSchema = describe.Plainly("readBlueprintSchema", "Is the JSON Schema of blueprints, for editors", describe.Value[json.RawMessage]())

	isSubmit = describe.Once("deployApplication", "Deploys a blueprint", http.StatusAccepted,
		"Accepted: the operation tells how it goes on", describe.Value[view.Submitted]()).Asks(askDryRun, askTolerant).
		Says("The blueprint is the body, in YAML; or the part blueprint of multipart/form-data, whose part context "+
			"holds the files for its Dockerfiles. Everything that is wrong with it is told at once, with line and column.").
		Takes(
			describe.Body{Content: "application/yaml", Type: reflect.TypeFor[string](), What: "A blueprint", Must: true},
			describe.Body{Content: "multipart/form-data", Type: reflect.TypeFor[view.Upload](), What: "A blueprint with files", Must: true}).
		Answered(describe.Answer{Status: http.StatusOK, What: "What it would do, with dry_run",
			Content: []describe.Content{describe.Value[view.Plan]()}})

	isSensor = describe.Operation{ID: "readEntitySensor", Summary: "Shows the value of one sensor of an entity, as Brooklyn does",
		Details: "As JSON with its entity tag, or as bare text with raw or for Accept: text/plain.",
		Query:   []describe.Param{askRaw}, Headers: []describe.Param{describe.IfNoneMatch},
		Answers: []describe.Answer{
			{Status: http.StatusOK, What: "The value", Headers: []string{"ETag"}, Content: []describe.Content{describe.Value[any](), describe.Words(describe.Plain)}},
			describe.Unchanged}}
	isExec = describe.Operation{ID: "runCommand", Summary: "Runs a command in a container, over a WebSocket",
		Details: "The subprotocol is " + clocker.ExecProtocol + ": binary messages whose first byte is their kind. The client first says " +
			"what to run, and the last message says how it ended. See docs/operations.md, Commands in containers.",
		Headers: []describe.Param{execProtocol},
		Answers: []describe.Answer{{Status: http.StatusSwitchingProtocols, What: "The WebSocket is open",
			Headers: []string{"Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol"}}}}

	isEvents = describe.Operation{ID: "readEvents", Summary: "Streams the log of events",
		Details: "Server-Sent Events whose id is the number of the event, or lines of JSON for Accept: application/x-ndjson. " +
			"Who is cut comes again with the last number and misses nothing. Each 15 seconds without an event there is a sign of life.",
		Query: []describe.Param{askAfter, askFollow, askTopics, askApplication, askHost}, Headers: []describe.Param{lastEventID},
		Answers: []describe.Answer{{Status: http.StatusOK, What: "The events in order", Headers: []string{"Clocker-After"},
			Content: []describe.Content{describe.Stream[events.CloudEvent](describe.SSE), describe.Stream[events.CloudEvent](describe.NDJSON)}}}}
)
