package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// do is what tests run in a container beside what runs there.
func do(what string) {
	switch what {
	case "say":
		wd, _ := os.Getwd()
		fmt.Printf("out %s %s %d\n", os.Getenv("WORD"), wd, os.Getuid())
		fmt.Fprintln(os.Stderr, "err")
		os.Exit(7)
	case "copy":
		n, _ := io.Copy(os.Stdout, os.Stdin)
		fmt.Fprintf(os.Stderr, "%d bytes\n", n)
	case "pour": // without end
		for line := strings.Repeat("x", 1023) + "\n"; ; {
			if _, err := os.Stdout.WriteString(line); err != nil {
				os.Exit(1)
			}
		}
	case "size":
		changed := make(chan os.Signal, 8)
		signal.Notify(changed, syscall.SIGWINCH)
		for {
			var size struct{ rows, columns, x, y uint16 }
			_, _, no := syscall.Syscall(syscall.SYS_IOCTL, 0, syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
			fmt.Printf("size %d %d %v\n", size.columns, size.rows, no == 0)
			<-changed
		}
	case "stay": // with a child, and deaf to hanging up
		signal.Ignore(syscall.SIGHUP)
		child := exec.Command(os.Args[0], "do", "child")
		child.Stdout = os.Stdout
		_ = child.Run()
	case "child":
		fmt.Println("child stays")
		time.Sleep(time.Hour)
	}
}
