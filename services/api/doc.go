// Package api is Clocker's front door: REST for people and programs. It parses blueprints, keeps applications, build
// contexts and operations, and shows what all services know through their published views.
//
// It never places, starts or addresses anything: it states that something was asked for, and the owner of the noun
// decides.
//
// Start reading at [New] in service.go; then pkg/blueprint (the document), internal/http (the paths),
// internal/store (the rows).
package api

//go:generate go run clocker.io/services/api/internal/openapi/cmd/openapidoc ../../docs/openapi.json
