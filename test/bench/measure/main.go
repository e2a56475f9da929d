// Runs a program and prints what the operating system says of it: exit code, milliseconds, kibibytes of its largest resident size.
// Being small matters: Linux counts the size of the process that forks in that of the forked one.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

func main() {
	command := exec.Command(os.Args[1], os.Args[2:]...)
	command.Stderr = os.Stderr
	started := time.Now()
	err := command.Run()
	elapsed := time.Since(started)
	if command.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(127)
	}
	usage := command.ProcessState.SysUsage().(*syscall.Rusage)
	fmt.Printf("%d %.3f %d\n", command.ProcessState.ExitCode(), float64(elapsed.Microseconds())/1000, usage.Maxrss)
}
