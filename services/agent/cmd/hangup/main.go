// Command hangup ends what a command in a container has started. The agent has the Engine run it where the agent itself
// cannot see or signal the machine's processes; it is nothing to call by hand.
//
// usage: hangup PROCESS CONTAINER GRACE
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"clocker.io/services/agent/internal/hangup"
)

func main() {
	if err := end(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func end(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: hangup PROCESS CONTAINER GRACE")
	}
	leader, err := strconv.Atoi(args[0])
	if err != nil {
		return fmt.Errorf("the process %q is no number", args[0])
	}
	grace, err := time.ParseDuration(args[2])
	if err != nil {
		return fmt.Errorf("the time %q cannot be read", args[2])
	}
	// It runs among the Engine's processes: what cannot be seen here is gone.
	err = hangup.Session{Leader: leader, Container: args[1]}.End(context.Background(), grace)
	if errors.Is(err, hangup.ErrUnseen) {
		return nil
	}
	return err
}
