package setup

import (
	"clocker.io/cmd/clocker/internal/pki"
	"clocker.io/pkg/pg"
)

// Accounts that processes run as; in docker-compose.yml they are the users of the containers.
const (
	accountRoot     = 0     // agent and dns, whose work is in the host's network
	accountService  = 10001 // every other one of ours
	accountPostgres = 10002
)

// Where things lie in the data directory.
const (
	dirNATS      = "nats-auth"
	dirPKI       = "pki"
	dirPasswords = "database-passwords"
	ownerOfAll   = "clocker" // the superuser in Postgres
)

// reader is a process and what it may know.
type reader struct {
	name    string
	account int
	files   []file
	state   bool // it keeps state in a directory of its own
}

// file is a copy for a reader of one in the data directory.
type file struct{ as, from string }

var authority = file{"ca.pem", dirPKI + "/ca.pem"}

// services with a database, in any order.
func services() []string {
	return []string{"api", "policy", "scheduler", "provisioner", "ipam", "imagebuilder"}
}

// readers is everybody who gets a directory.
func readers(host string) []reader {
	out := []reader{
		{name: "postgres", account: accountPostgres, state: true,
			files: append(server("postgres"), file{"password", dirPasswords + "/" + ownerOfAll})},
		{name: "nats", account: accountService, state: true, files: append(server("nats"), authority,
			file{"auth/server/operator.jwt", dirNATS + "/server/operator.jwt"},
			file{"auth/server/system.jwt", dirNATS + "/server/system.jwt"},
			file{"auth/server/account.jwt", dirNATS + "/server/account.jwt"})},
		{name: "agent", account: accountRoot, state: true,
			files: append(client("host-"+host), file{"join-token", "join-token"})},
		{name: "dns", account: accountRoot, state: true, files: client("dns-" + host)},
	}
	// It hands the roles their passwords, so it is the one beside us who knows all of them.
	migrate := reader{name: "migrate", account: accountService, state: true,
		files: []file{authority, {"installation", "installation"}, {"password", dirPasswords + "/" + ownerOfAll}}}
	for _, name := range services() {
		password := dirPasswords + "/" + pg.RoleName(name)
		migrate.files = append(migrate.files, file{"passwords/" + pg.RoleName(name), password})
		r := reader{name: name, account: accountService, files: append(client(name),
			file{"sequencer.creds", dirNATS + "/users/sequencer.creds"}, file{"password", password})}
		switch name {
		case "api":
			r.files = append(append(r.files, server("api")...), file{"token", "token"})
		case "provisioner":
			r.files = append(r.files, file{"join-token", "join-token"})
		}
		out = append(out, r)
	}
	return append(out, migrate)
}

// client is what everybody needs who connects to NATS.
func client(user string) []file {
	return []file{authority, {"installation", "installation"}, {"nats.creds", dirNATS + "/users/" + user + ".creds"}}
}

// server is the certificate of one.
func server(name string) []file {
	return []file{{"server.pem", dirPKI + "/" + name + ".pem"}, {"server.key", dirPKI + "/" + name + ".key"}}
}

// servers are those with a certificate. Names are those of the containers' network; hosts reach what is published on
// loopback addresses.
func servers(names []string) []pki.Server {
	local := []string{"localhost", "127.0.0.1", "::1"}
	return []pki.Server{
		{Name: "nats", Hosts: append([]string{"nats"}, append(local, names...)...)},
		{Name: "postgres", Hosts: []string{"postgres", "localhost", "127.0.0.1", "::1"}},
		{Name: "api", Hosts: append([]string{"api"}, append(local, names...)...)},
	}
}
