package executions

import (
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"

	"hoike/conformance/lines"
)

// TestExecutions has op-geth execute random blocks of random state: it makes the same block, or refuses the same payload, as hoike.
func TestExecutions(t *testing.T) {
	first, count := lines.Number(t, "HOIKE_SEED", 1), lines.Number(t, "HOIKE_SEEDS", 2000)
	var r results
	lines.Each(t, "HOIKE_EXECUTIONS", func(line []byte) { r.line(t, line) }, strconv.Itoa(first), strconv.Itoa(count))
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
