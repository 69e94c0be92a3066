package http

import (
	"net/http"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/token"

	"github.com/labstack/echo/v4"
)

// route is a path with the least role that may use it. Nobody needs no token.
type route struct {
	method, path string
	least        token.Role
	do           echo.HandlerFunc
}

// table is the table of contents, and the one place that says who may do what. A container's output may hold secrets;
// everything else that is shown does not.
func (s *Server) table() []route {
	const get, post, remove = http.MethodGet, http.MethodPost, http.MethodDelete
	return []route{
		{get, "/livez", token.Nobody, echo.WrapHandler(http.HandlerFunc(s.health.Live))},
		{get, "/readyz", token.Nobody, echo.WrapHandler(http.HandlerFunc(s.health.Ready))},
		{get, "/metrics", token.Nobody, s.metrics()},

		{get, "/v1/version", token.Viewer, s.version},
		{post, "/v1/applications", token.Deployer, s.submit},
		{get, "/v1/applications", token.Viewer, s.listApplications},
		{get, "/v1/applications/:app", token.Viewer, s.getApplication},
		{remove, "/v1/applications/:app", token.Deployer, s.deleteApplication},
		{post, "/v1/applications/:app/restart", token.Deployer, s.restartApplication},
		{get, "/v1/applications/:app/entities", token.Viewer, s.listEntities},
		{get, "/v1/applications/:app/entities/:entity", token.Viewer, s.getEntity},
		{post, "/v1/applications/:app/entities/:entity/resize", token.Deployer, s.resizeEntity},
		{post, "/v1/applications/:app/entities/:entity/restart", token.Deployer, s.restartEntity},
		{post, "/v1/applications/:app/entities/:entity/effectors/:effector", token.Deployer, s.invokeEffector},
		{get, "/v1/containers", token.Viewer, s.listContainers},
		{get, "/v1/containers/:app/:entity/:ordinal", token.Viewer, s.inspectContainer},
		{get, "/v1/containers/:app/:entity/:ordinal/explain", token.Viewer, s.explainContainer},
		{get, "/v1/containers/:app/:entity/:ordinal/logs", token.Deployer, s.containerLogs},
		{get, "/v1/hosts", token.Viewer, s.listHosts},
		{get, "/v1/hosts/:host", token.Viewer, s.getHost},
		{post, "/v1/hosts/:host/cordon", token.Operator, s.cordonHost(events.OperationCordon)},
		{post, "/v1/hosts/:host/uncordon", token.Operator, s.cordonHost(events.OperationUncordon)},
		{get, "/v1/clouds", token.Viewer, s.listClouds},
		{get, "/v1/images", token.Viewer, s.listImages},
		{get, "/v1/operations", token.Viewer, s.listOperations},
		{get, "/v1/operations/:operation", token.Viewer, s.getOperation},
		{post, "/v1/operations/:operation/cancel", token.Operator, s.cancelOperation},
		{get, "/v1/events", token.Viewer, s.streamEvents},
		{get, "/v1/trace", token.Viewer, s.traceEvents},
		{get, "/v1/audit/verify", token.Viewer, s.verifyAudit},
		{get, "/v1/audit/export", token.Admin, s.exportAudit},
		{get, "/v1/audit/replay", token.Viewer, s.replayAudit},
		{get, "/v1/dead-letters", token.Viewer, s.listDeadLetters},
		{get, "/v1/dead-letters/:consumer/:number", token.Viewer, s.getDeadLetter},
		{post, "/v1/dead-letters/retry", token.Operator, s.retryDeadLetters},
		{post, "/v1/dead-letters/:consumer/:number/retry", token.Operator, s.retryDeadLetter},
		{remove, "/v1/dead-letters/:consumer/:number", token.Operator, s.dropDeadLetter},
		{post, "/v1/tokens", token.Admin, s.createToken},
		{get, "/v1/tokens", token.Admin, s.listTokens},
		{remove, "/v1/tokens/:token", token.Admin, s.revokeToken},
	}
}

func (s *Server) routes(e *echo.Echo) {
	for _, r := range s.table() {
		e.Add(r.method, r.path, r.do, s.least(r.least))
	}
}
