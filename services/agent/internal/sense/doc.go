// Package sense measures the containers of this host and its machine, and says what it measured: every five seconds,
// in a goroutine of its own that nothing else waits for.
//
// It reads the kernel's own files where it can see them: an agent that runs on the machine itself does, one in a container of
// its own does not, and asks the Engine instead. It never keeps what it said, and it does not matter if nobody hears it.
//
// Start reading at [Sensing.Run]; container.go measures one container. What the files mean is in package usage.
package sense
