package docfile

import (
	"fmt"
	"os"
	"path/filepath"
)

// Main writes text to the file that is the command's only argument, and ends the process when it cannot.
func Main(text func() ([]byte, error)) {
	name := filepath.Base(os.Args[0])
	if len(os.Args) != 2 {
		fmt.Fprintf(os.Stderr, "usage: %s FILE\n", name)
		os.Exit(2)
	}
	written, err := text()
	if err == nil {
		err = os.WriteFile(os.Args[1], written, 0o644)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}
