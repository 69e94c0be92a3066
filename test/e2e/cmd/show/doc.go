// Command show runs what must be shown of a piece of work, line by line, and prints for each PASS, FAIL, or NOT-SHOWN
// with the reason. It exits with 1 when a line fails.
//
// It never takes a line for shown because it was shown before: each is run now, by tests, which it finds by their names
// in the whole workspace, or by the scripts that users run. What they print lies in files that the output names.
//
// Start reading at main, then lines.go, system.go and user.go, which say what is run for each line.
//
// usage: go run ./test/e2e/cmd/show line | system | user
//
//	CLOCKER_BARE=yes       runs line 1 of line, and that part of line 1 of system, which removes the Docker Engine of this machine with all that is in it
//	CLOCKER_SHOW_COLD=yes  runs the part of line 8 of line that starts without caches
//	CLOCKER_FUZZ=1m        runs the fuzz target of line 1 of user for that time, which then counts as not shown
//	CLOCKER_SHOW=2,5       runs these lines alone
package main
