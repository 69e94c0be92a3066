package http

import (
	"net/http"
	"slices"

	"clocker.io/pkg/audit"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/describe"
	"clocker.io/services/api/internal/token"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
)

// route is a path with the least role that may use it, and what it does in words and types: the parameters that its
// handler may read, and what the OpenAPI document says of it. Nobody needs no token.
type route struct {
	method, path string
	least        token.Role
	do           echo.HandlerFunc
	is           describe.Operation
}

const get, post, patch, remove = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete

// table is the table of contents, and the one place that says who may do what. A container's output may hold secrets;
// everything else that is shown does not. Who runs commands in containers reads their environments and changes what runs
// without a trace of what was changed: that is for those who look after the whole.
func (s *Server) table() []route {
	return slices.Concat(s.plainRoutes(), s.applicationRoutes(), s.containerRoutes(), s.machineRoutes(),
		s.inventoryRoutes(), s.historyRoutes(), s.letterRoutes(), s.tokenRoutes())
}

// plainRoutes say what this is; those that nobody needs a token for are all here.
func (s *Server) plainRoutes() []route {
	return []route{
		{get, "/livez", token.Nobody, echo.WrapHandler(http.HandlerFunc(s.health.Live)), isLive},
		{get, "/readyz", token.Nobody, echo.WrapHandler(http.HandlerFunc(s.health.Ready)), isReady},
		{get, "/metrics", token.Nobody, s.metrics(), isMetrics},
		{get, "/openapi.json", token.Nobody, published("openapi.json"),
			describe.Plainly("getOpenAPI", "This document", describe.Value[any]())},
		{get, "/asyncapi.json", token.Nobody, published("asyncapi.json"),
			describe.Plainly("getAsyncAPI", "The document of the events", describe.Value[any]())},
		{get, "/docs", token.Nobody, s.shownPage, describe.Plainly("readDocs", "The documentation, to read", describe.Words(describe.HTML))},
		{get, "/docs/style.css", token.Nobody, pageFile("style.css", "text/css"), describe.Plainly("readStyle", "How it looks", describe.Words("text/css"))},
		{get, "/docs/page.js", token.Nobody, pageFile("page.js", "text/javascript"),
			describe.Plainly("readScript", "What finds and copies in it", describe.Words("text/javascript"))},
		{get, "/docs/icon.svg", token.Nobody, pageFile("icon.svg", "image/svg+xml"),
			describe.Plainly("readIcon", "Its icon", describe.Words("image/svg+xml"))},
		{get, "/docs/:page", token.Nobody, s.shownPage, describe.Plainly("readPage", "A page of it", describe.Words(describe.HTML))},
		{get, "/docs/:folder/:file", token.Nobody, s.shownPage,
			describe.Plainly("readPageOfFolder", "A page of one of its folders, such as errors", describe.Words(describe.HTML))},
		{get, "/schema/blueprint.json", token.Nobody, s.blueprintSchema, isSchema},
		{get, "/v1/version", token.Viewer, s.version,
			describe.Plainly("getVersion", "Says which program answers", describe.Value[view.Version]())},
	}
}

func (s *Server) applicationRoutes() []route {
	return []route{
		{post, "/v1/applications", token.Deployer, s.submit, isSubmit},
		{get, "/v1/applications", token.Viewer, s.listApplications,
			describe.Lists[view.Application]("listApplications", "Lists what is deployed")},
		{get, "/v1/applications/:app", token.Viewer, s.getApplication,
			describe.Reads[view.Application]("getApplication", "Shows an application with its entities and containers")},
		{remove, "/v1/applications/:app", token.Deployer, s.deleteApplication,
			describe.Changes("deleteApplication", "Takes an application away").Guarded().
				Says("Asked again, it answers with the operation that is under way.")},
		{post, "/v1/applications/:app/restart", token.Deployer, s.restartApplication,
			describe.Changes("restartApplication", "Makes all containers of an application anew, one after the other").Guarded()},
		{get, "/v1/applications/:app/entities", token.Viewer, s.listEntities,
			describe.Reads[view.Page[view.Entity]]("listEntities", "Lists the entities of an application")},
		{get, "/v1/applications/:app/entities/:entity", token.Viewer, s.getEntity,
			describe.Reads[view.Entity]("getEntity", "Shows an entity with its containers")},
		{post, "/v1/applications/:app/entities/:entity/resize", token.Deployer, s.resizeEntity,
			describe.Changes("resizeEntity", "Gives an entity another number of members").Guarded().
				Takes(describe.Object[view.Resize]("How many there should be", true, view.Resize{Size: 3}))},
		{post, "/v1/applications/:app/entities/:entity/restart", token.Deployer, s.restartEntity,
			describe.Changes("restartEntity", "Makes the members of an entity anew, or one of them").Guarded().Asks(askOneMember)},
		{post, "/v1/applications/:app/entities/:entity/effectors/:effector", token.Deployer, s.invokeEffector,
			describe.Changes("invokeEffector", "Asks an entity to do something, by Brooklyn's path").Guarded().Asks(askOneMember).
				Takes(describe.Object[view.Arguments]("The arguments of the effector", false, view.Arguments{DesiredSize: 3}))},
		{get, "/v1/applications/:app/sensors", token.Viewer, s.applicationSensors,
			describe.Reads[view.Sensors]("readApplicationSensors", "Shows what an application and its entities use, and how they do").Asks(askHistory)},
		{get, "/v1/applications/:app/entities/:entity/sensors", token.Viewer, s.brooklynSensors,
			describe.Reads[[]view.BrooklynSensor]("listEntitySensors", "Lists the sensors of an entity, as Brooklyn does")},
		{get, "/v1/applications/:app/entities/:entity/sensors/current-state", token.Viewer, s.brooklynState,
			describe.Reads[map[string]any]("readEntitySensors", "Shows the values of an entity's sensors, as Brooklyn does")},
		{get, "/v1/applications/:app/entities/:entity/sensors/:sensor", token.Viewer, s.brooklynSensor, isSensor},
		{get, "/v1/applications/:app/logs", token.Deployer, s.mergedLogs,
			describe.Plainly("readApplicationLogs", "Streams what the containers of an application print", describe.Stream[MergedLine](describe.NDJSON)).
				Asks(askFollowLogs, askTail, askSince).Says("In order of time, as far as it comes in time. Followed, it goes on with containers that come or are made anew.")},
		{get, "/v1/applications/:app/entities/:entity/logs", token.Deployer, s.mergedLogs,
			describe.Plainly("readEntityLogs", "Streams what the members of an entity print", describe.Stream[MergedLine](describe.NDJSON)).
				Asks(askFollowLogs, askTail, askSince, askMember).Says("As of an application.")},
	}
}

func (s *Server) containerRoutes() []route {
	return []route{
		{get, "/v1/containers", token.Viewer, s.listContainers,
			describe.Lists[view.Container]("listContainers", "Lists containers").Asks(askApplication, askRecent)},
		{get, "/v1/containers/:app/:entity/:ordinal", token.Viewer, s.inspectContainer,
			describe.Reads[view.Inspection]("inspectContainer", "Shows all that the services know of a container")},
		{get, "/v1/containers/:app/:entity/:ordinal/sensors", token.Viewer, s.containerSensors,
			describe.Reads[view.Sensors]("readContainerSensors", "Shows what a container uses, and how it does").Asks(askHistory)},
		{get, "/v1/containers/:app/:entity/:ordinal/explain", token.Viewer, s.explainContainer,
			describe.Reads[view.Explanation]("explainContainer", "Says why a container is where it is, or what it waits for")},
		{get, "/v1/containers/:app/:entity/:ordinal/logs", token.Deployer, s.containerLogs,
			describe.Plainly("readLogs", "Streams what a container prints", describe.Words(describe.Plain), describe.Stream[LogLine](describe.NDJSON)).
				Asks(askFollowLogs, askTail, askSince).Says("As text, or as lines of JSON for Accept: application/x-ndjson.")},
		{get, "/v1/containers/:app/:entity/:ordinal/exec", token.Operator, s.execContainer, isExec},
	}
}

func (s *Server) machineRoutes() []route {
	return []route{
		{get, "/v1/hosts", token.Viewer, s.listHosts, describe.Lists[view.Host]("listHosts", "Lists the machines").Asks(askRecent)},
		{get, "/v1/hosts/:host", token.Viewer, s.getHost, describe.Reads[view.Host]("getHost", "Shows a machine")},
		{get, "/v1/hosts/:host/sensors", token.Viewer, s.hostSensors,
			describe.Reads[view.Sensors]("readHostSensors", "Shows what is used of a machine, and how it does").Asks(askHistory)},
		{post, "/v1/hosts/:host/cordon", token.Operator, s.cordonHost(events.OperationCordon),
			describe.Changes("cordonHost", "Keeps new containers off a host")},
		{post, "/v1/hosts/:host/uncordon", token.Operator, s.cordonHost(events.OperationUncordon),
			describe.Changes("uncordonHost", "Lets new containers onto a host again")},
		{get, "/v1/clouds", token.Viewer, s.listClouds, describe.Lists[view.Cloud]("listClouds", "Lists the pools of hosts")},
		{post, "/v1/clouds", token.Operator, s.createCloud,
			describe.Changes("createCloud", "Makes a pool of hosts over a location").
				Takes(describe.Object[view.NewCloud]("What it is called, where its hosts come from, and its settings", true,
					view.NewCloud{Cloud: "night", Location: "localhost"}))},
		{get, "/v1/clouds/:cloud", token.Viewer, s.getCloud, describe.Reads[view.Cloud]("getCloud", "Shows a pool of hosts")},
		{patch, "/v1/clouds/:cloud", token.Operator, s.setCloud,
			describe.Changes("setCloud", "Changes the settings of a pool of hosts; containers that run stay where they are").Guarded().
				Takes(describe.Object[view.CloudSettings]("What is to be another", true, view.CloudSettings{MaxContainers: new(32)}))},
		{remove, "/v1/clouds/:cloud", token.Operator, s.removeCloud,
			describe.Changes("removeCloud", "Removes a pool of hosts that has none and that no application names").Guarded()},
	}
}

func (s *Server) inventoryRoutes() []route {
	return []route{
		{get, "/v1/images", token.Viewer, s.listImages, describe.Lists[view.Image]("listImages", "Lists the images that applications asked for")},
		{get, "/v1/networks", token.Viewer, s.listNetworks, describe.Lists[view.Network]("listNetworks", "Lists the networks of applications")},
		{get, "/v1/networks/:network", token.Viewer, s.getNetwork,
			describe.Reads[view.NetworkDetail]("getNetwork", "Shows a network with the addresses in use")},
		{get, "/v1/dns", token.Viewer, s.listNames, describe.Lists[view.Record]("listNames", "Lists what the zone answers").Asks(askName)},
	}
}

func (s *Server) historyRoutes() []route {
	return []route{
		{get, "/v1/operations", token.Viewer, s.listOperations,
			describe.Lists[view.Operation]("listOperations", "Lists what was asked for, the latest first").Asks(askApplication, askKind, askState)},
		{get, "/v1/operations/:operation", token.Viewer, s.getOperation,
			describe.Reads[view.Operation]("getOperation", "Shows how an operation goes")},
		{post, "/v1/operations/:operation/cancel", token.Operator, s.cancelOperation,
			describe.Changes("cancelOperation", "Takes an operation back, or stops it").Guarded()},
		{get, "/v1/events", token.Viewer, s.streamEvents, isEvents},
		{get, "/v1/trace", token.Viewer, s.traceEvents,
			describe.Reads[view.Trace]("traceEvents", "Shows what led to what").Asks(askEvent, askApplication, askEntity, askOrdinal).
				Says("Of one event, or of an application, an entity or a container: name either the event or the application.")},
		{get, "/v1/audit/verify", token.Viewer, s.verifyAudit,
			describe.Reads[view.Audit]("verifyAudit", "Proves that no event was edited, removed or swapped")},
		{get, "/v1/audit/export", token.Admin, s.exportAudit,
			describe.Plainly("exportAudit", "Writes the log of events to keep elsewhere", describe.Stream[audit.Line](describe.NDJSON)).Asks(askFrom)},
		{get, "/v1/audit/replay", token.Viewer, s.replayAudit,
			describe.Reads[view.Replay]("replayAudit", "Rebuilds from the events alone what the services should have").Asks(askCheck)},
	}
}

func (s *Server) letterRoutes() []route {
	return []route{
		{get, "/v1/dead-letters", token.Viewer, s.listDeadLetters,
			describe.Lists[view.DeadLetter]("listDeadLetters", "Lists events that a service could not handle").Asks(askConsumer, askTopic, askApplication)},
		{get, "/v1/dead-letters/:consumer/:number", token.Viewer, s.getDeadLetter,
			describe.Reads[view.DeadLetterDetail]("getDeadLetter", "Shows a dead letter with its event and the reason")},
		{post, "/v1/dead-letters/retry", token.Operator, s.retryDeadLetters,
			describe.Settles("retryDeadLetters", "Has services handle their dead letters once more", describe.Value[view.SettledAll]()).
				Takes(describe.Object[view.LetterChoice]("Which ones", false, view.LetterChoice{Consumer: "policy"}))},
		{post, "/v1/dead-letters/:consumer/:number/retry", token.Operator, s.retryDeadLetter,
			describe.Settles("retryDeadLetter", "Has the service handle a dead letter once more", describe.Value[view.Settled]())},
		{remove, "/v1/dead-letters/:consumer/:number", token.Operator, s.dropDeadLetter,
			describe.Settles("dropDeadLetter", "Gives a dead letter up", describe.Value[view.Settled]())},
	}
}

func (s *Server) tokenRoutes() []route {
	return []route{
		{post, "/v1/tokens", token.Admin, s.createToken,
			describe.Once("createToken", "Lets somebody else use the API", http.StatusCreated, "The token, with its text this once",
				describe.Value[view.Token]()).Takes(describe.Object[view.NewToken]("Who it is for, and what it may do", true,
				view.NewToken{Name: "ci", Role: "deployer", Expires: "720h"}))},
		{get, "/v1/tokens", token.Admin, s.listTokens,
			describe.Lists[view.Token]("listTokens", "Lists tokens, without their texts").Asks(askAllTokens)},
		{remove, "/v1/tokens/:token", token.Admin, s.revokeToken,
			describe.Once("revokeToken", "Ends a token", http.StatusOK, "The token as it is now", describe.Value[view.Token]())},
	}
}

func (s *Server) routes(e *echo.Echo) {
	for _, r := range s.table() {
		e.Add(r.method, r.path, r.do, s.least(r.least), r.known)
		if r.method == get && r.is.Whole() { // HTTP wants HEAD wherever there is GET; of a stream it would never end
			e.HEAD(r.path, r.do, s.least(r.least), r.known)
		}
	}
}

// Route is a row of the table, for who writes the API's documentation.
type Route struct {
	Method, Path, Least string
	Is                  describe.Operation
}

// Routes is the table without what answers.
func Routes() []Route {
	var out []Route
	for _, r := range (&Server{}).table() {
		out = append(out, Route{Method: r.method, Path: r.path, Least: r.least.String(), Is: r.is})
	}
	return out
}
