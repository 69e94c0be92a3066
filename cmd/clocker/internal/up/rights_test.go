package up

import (
	"testing"

	"clocker.io/pkg/pg/pgtest"
)

func TestEachDatabaseRoleReachesItsOwnSchemaAndNoOthers(t *testing.T) {
	t.Parallel()
	pgtest.CheckRights(t, schemas()...)
}
