package doctor

import "fmt"

// judgeDatabase is about the Postgres of this installation.
func judgeDatabase(f Facts) []Finding {
	d := f.Database
	switch {
	case d.Given != "":
		return []Finding{databaseAnswer(d, d.Given)}
	case d.Missing != "" && f.API.answers() && d.DataMajor == 0:
		return []Finding{fine("postgres", "the Clocker that answers has its Postgres elsewhere")}
	case d.Missing != "" && f.Engine.PostgresImage != "":
		return []Finding{fine("postgres", "no Postgres on this system, but the image %s in the Engine", f.Engine.PostgresImage)}
	case d.Missing != "":
		return []Finding{fault("postgres-absent", "there is no Postgres for Clocker: "+d.Missing+", and no image of it in the Engine",
			"sudo apt-get install postgresql (the server alone is enough)", "or: docker pull postgres:17",
			"or name one: CLOCKER_DATABASE_URL=postgres://USER:PASSWORD@HOST:5432/clocker clocker up")}
	case d.Binaries == "":
		return nil
	case d.DataMajor != 0 && d.DataMajor != d.Major:
		return []Finding{fault("postgres-major", fmt.Sprintf("the data in %s is of Postgres %d, and the Postgres of this system (%s) is version %d",
			d.Dir, d.DataMajor, d.Binaries, d.Major), fmt.Sprintf("install the version of the data: sudo apt-get install postgresql-%d", d.DataMajor),
			fmt.Sprintf("or carry the data over with pg_upgrade; it goes to version %d and not back", d.Major))}
	}
	out := []Finding{fine("postgres", "Postgres %s of this system (%s)", d.Version, d.Binaries)}
	if d.Asked {
		out = append(out, databaseAnswer(d, d.Server.String()))
	}
	return out
}

func databaseAnswer(d Database, who string) Finding {
	switch {
	case d.Halted:
		return fault("postgres-stopped", fmt.Sprintf("Postgres, %s, was stopped by a signal and takes no connection", who),
			fmt.Sprintf("let it go on: kill -CONT %d", d.Server.PID))
	case d.Trouble == Denied:
		return fault("postgres-denied", "Postgres refuses us: "+d.Reason, "see user and password in CLOCKER_DATABASE_URL, or in the file of CLOCKER_DATABASE_PASSWORD_FILE")
	case d.Trouble == Silent:
		return fault("postgres-silent", fmt.Sprintf("Postgres, %s, does not answer", who),
			"look whether its disk hangs or is full, and at its lines in the log of Clocker")
	case d.Trouble != "":
		return fault("postgres-down", "Postgres does not answer: "+d.Reason,
			"look at its lines in the log of Clocker", "Clocker starts its own again by itself; one of CLOCKER_DATABASE_URL is yours to start")
	}
	return fine("postgres-answers", "it takes connections (%s)", who)
}
