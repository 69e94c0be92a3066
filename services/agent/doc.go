// Package agent is the service that runs on every Docker host and the one place that touches an Engine: it keeps the
// containers, networks and images of its host as control wants them, and says what it sees.
//
// It never decides what should run, holds no database, and is called by nobody: it connects out. Control may be away
// for any time: the agent goes on as it was last told, from its own disk, also after its own restart.
//
// Start reading at service.go, the table of contents. Then internal/plan, the pure decision about one container;
// internal/keeper, which carries it out; internal/link, the conversation with control; internal/engine, the hands.
package agent
