// Package crowd fills a database with the rows of many containers, as if a large installation had run on it for a while:
// for tests and benchmarks of what reads long lists.
//
// It starts nothing, and what it writes is at rest: every container is healthy, every operation done. It is to be run by
// the owner of a database that has the schemas of all services and no rows in them. Start reading at crowd.sql.
package crowd

import (
	_ "embed"
	"strconv"
	"strings"
)

//go:embed crowd.sql
var script string

// SQL makes so many containers, hosts, images, operations and events, in applications of so many members.
func SQL(containers, members int) string {
	return strings.NewReplacer("{containers}", strconv.Itoa(containers), "{members}", strconv.Itoa(members)).Replace(script)
}
