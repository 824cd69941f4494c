// Package lines feeds tests with what a binary of hoike's prints, a line of JSON each.
package lines

import (
	"bufio"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"testing"
)

// Each runs the binary that an environment variable names with these arguments, and has every line of its output taken, by as many workers as there are
// processors. The test is skipped where the variable is not set.
func Each(t *testing.T, variable string, take func(line []byte), args ...string) {
	t.Helper()
	binary := os.Getenv(variable)
	if binary == "" {
		t.Skipf("%s names no binary: run.sh builds one", variable)
	}
	lines := make(chan []byte, 16)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for line := range lines {
				take(line)
			}
		}()
	}
	command := exec.Command(binary, args...)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	Check(t, err)
	Check(t, command.Start())
	reader := bufio.NewReaderSize(output, 1<<20)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			break
		}
		lines <- line
	}
	close(lines)
	workers.Wait()
	Check(t, command.Wait())
}

// Number reads an environment variable.
func Number(t *testing.T, name string, byDefault int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return byDefault
	}
	value, err := strconv.Atoi(text)
	Check(t, err)
	return value
}

// Check ends the test with an error.
func Check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
