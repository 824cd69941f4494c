package executions

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// TestExecutions has op-geth execute random blocks of random state: it makes the same block, or refuses the same payload, as hoike.
func TestExecutions(t *testing.T) {
	binary := os.Getenv("HOIKE_EXECUTIONS")
	if binary == "" {
		t.Skip("HOIKE_EXECUTIONS names no binary that makes blocks: run.sh builds one")
	}
	first, count := number(t, "HOIKE_SEED", 1), number(t, "HOIKE_SEEDS", 2000)
	lines := make(chan []byte, 16)
	var r results
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for line := range lines {
				r.line(t, line)
			}
		}()
	}
	command := exec.Command(binary, strconv.Itoa(first), strconv.Itoa(count))
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	check(t, err)
	check(t, command.Start())
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
	check(t, command.Wait())
	r.tell(t, count)
}

type results struct {
	mutex                sync.Mutex
	blocks, invalid      int
	transactions, failed int
	reasons              map[string]int
}

func (r *results) line(t *testing.T, line []byte) {
	var e execution
	if err := json.Unmarshal(line, &e); err != nil {
		t.Errorf("a line that is no execution: %v", err)
		return
	}
	made, err := e.execute()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.reasons == nil {
		r.reasons = make(map[string]int)
	}
	for _, receipt := range e.Outcome.Receipts {
		r.transactions++
		if receipt[0] == false {
			r.failed++
		}
	}
	if e.Outcome.Invalid != "" {
		r.invalid++
		r.reasons[class(e.Outcome.Invalid)]++
	} else {
		r.blocks++
	}
	if why := e.compare(made, err); why != "" {
		t.Errorf("seed %d, %s (in its first block: %v): %s", e.Seed, e.Fork, e.Activates, why)
	}
}

// class is what a reason has in common with others: its text without numbers.
func class(why string) string {
	_, why, _ = strings.Cut(why, ": ")
	fields := strings.FieldsFunc(why, func(r rune) bool { return r == '(' || r == ':' || r >= '0' && r <= '9' })
	if len(fields) == 0 {
		return "other"
	}
	return strings.TrimSpace(fields[0])
}

func (r *results) tell(t *testing.T, count int) {
	t.Logf("%d blocks of %d transactions, of which %d failed; %d payloads are none", r.blocks, r.transactions, r.failed, r.invalid)
	var reasons []string
	for reason, times := range r.reasons {
		reasons = append(reasons, fmt.Sprintf("%6d %s", times, reason))
	}
	sort.Strings(reasons)
	t.Log("\n" + strings.Join(reasons, "\n"))
	if r.blocks+r.invalid != count {
		t.Errorf("%d blocks came of %d", r.blocks+r.invalid, count)
	}
	if count >= 1000 && (r.blocks < count/2 || r.invalid < count/100 || r.failed < r.transactions/20) {
		t.Errorf("too few of a kind for %d blocks to mean much", count)
	}
}

func number(t *testing.T, name string, byDefault int) int {
	text := os.Getenv(name)
	if text == "" {
		return byDefault
	}
	value, err := strconv.Atoi(text)
	check(t, err)
	return value
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
