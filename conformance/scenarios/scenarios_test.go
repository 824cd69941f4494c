package scenarios

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum-optimism/optimism/op-core/forks"
	"github.com/ethereum-optimism/optimism/op-program/client/driver"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum/go-ethereum/log"

	"hoike/conformance/lines"
)

// TestScenarios derives random adversarial L1 chains with op-node's pipeline, driven by op-program's driver, and wants from it what hoike has derived:
// the same attributes in the same order, at the same L1 blocks, with the same safe head, to the same end.
func TestScenarios(t *testing.T) {
	results := compare(t, lines.Number(t, "HOIKE_SEEDS", 300))
	// Of so many scenarios, all reasons have to be heard that some thousands of them came to when this was written.
	if results.scenarios >= 5_000 && len(results.missing) > 0 {
		t.Errorf("reasons that did not come up: %v", results.missing)
	}
}

// TestFullBank does the same with channel banks about as large as they may be, which takes seconds each.
func TestFullBank(t *testing.T) {
	if os.Getenv("HOIKE_ALL") != "1" {
		t.Skip("takes half a minute: HOIKE_ALL=1")
	}
	compare(t, 6, "bank")
}

func compare(t *testing.T, count int, kind ...string) *results {
	first := lines.Number(t, "HOIKE_SEED", 1)
	results := &results{exceptions: make(map[string]int)}
	take := func(line []byte) { results.line(t, line) }
	lines.Each(t, "HOIKE_SCENARIOS", take, append(kind, strconv.Itoa(first), strconv.Itoa(count))...)
	results.tell(t)
	if results.scenarios != count {
		t.Errorf("%d scenarios came of %d", results.scenarios, count)
	}
	return results
}

type results struct {
	mutex                            sync.Mutex
	scenarios, runs, blocks, invalid int
	halted, failed                   int
	exceptions                       map[string]int
	reasons                          map[string]uint64
	missing                          []string
}

func (r *results) line(t *testing.T, line []byte) {
	var s scenario
	if err := json.Unmarshal(line, &s); err != nil {
		t.Errorf("a line that is no scenario: %v", err)
		return
	}
	if s.Reasons != nil {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.reasons, r.missing = s.Reasons, s.Missing
		return
	}
	var found []*disagreement
	for i := range s.Runs {
		if d := s.derive(&s.Runs[i], i); d != nil {
			found = append(found, d)
		}
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.scenarios++
	for i := range s.Runs {
		r.runs++
		if s.Runs[i].Halt != nil {
			r.halted++
		}
		for _, attempt := range s.Runs[i].Attempts {
			r.blocks++
			if attempt.Block == nil {
				r.invalid++
			}
		}
	}
	for _, d := range found {
		if exception := s.excepted(d); exception != nil {
			r.exceptions[exception.name]++
			continue
		}
		r.failed++
		t.Errorf("seed %d, run %d (from block %d), attempt %d, L1 block %d: %s", s.Seed, d.run, s.Runs[d.run].Agreed, d.attempt, d.l1, d.text)
	}
}

func (r *results) tell(t *testing.T) {
	var out strings.Builder
	fmt.Fprintf(&out, "%d scenarios, %d derivations, %d attributes (%d invalid), %d ends before L1's, %d disagreements\n",
		r.scenarios, r.runs, r.blocks, r.invalid, r.halted, r.failed)
	for name, times := range r.exceptions {
		fmt.Fprintf(&out, "%9d excepted: %s\n", times, name)
	}
	var names []string
	for name := range r.reasons {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&out, "%9d %s\n", r.reasons[name], name)
	}
	t.Log(out.String())
}

// derive runs op-node over one of a scenario's derivations; nil where it does as hoike.
func (s *scenario) derive(run *scenarioRun, index int) (found *disagreement) {
	l1, err := s.l1Chain()
	if err != nil {
		return &disagreement{run: index, text: err.Error()}
	}
	defer func() {
		switch value := recover().(type) {
		case nil:
		case *disagreement:
			found = value
		default:
			trace := make([]byte, 4096)
			trace = trace[:runtime.Stack(trace, false)]
			found = &disagreement{text: fmt.Sprintf("op-node panics: %v\n%s", value, trace)}
		}
		if found != nil {
			found.run = index
			found.start, found.l1 = l1.start, l1.at
		}
	}()
	engine := newEngine(s, l1, run)
	logger := log.NewLogger(&warnings{})
	if seed := os.Getenv("HOIKE_SCENARIO_LOG"); seed == fmt.Sprintf("%d/%d", s.Seed, index) {
		logger = log.NewLogger(log.NewTerminalHandlerWithLevel(os.Stderr, log.LevelTrace, false))
	}
	head, err := driver.NewDriver(logger, &s.Rollup, nil, l1, l1, engine, math.MaxUint64, s.l1Config()).RunComplete()
	missing := &disagreement{attempt: engine.next}
	switch {
	case engine.next < len(run.Attempts):
		missing.text = fmt.Sprintf("op-node ends here, hoike has %d attributes; op-node's error: %v", len(run.Attempts), err)
	case (err != nil) != (run.Halt != nil), err != nil && !sameEnd(err, *run.Halt):
		missing.text = fmt.Sprintf("op-node's error: %v; hoike's: %s", err, deref(run.Halt))
	case err == nil && head.Number != run.Safe:
		missing.text = fmt.Sprintf("op-node's safe head is %d, hoike's %d", head.Number, run.Safe)
	default:
		return nil
	}
	return missing
}

// sameEnd tells whether op-node could not go on for hoike's reason.
func sameEnd(err error, halt string) bool {
	for name, texts := range ends {
		if strings.HasPrefix(halt, name) {
			return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(err.Error(), text) })
		}
	}
	return false
}

// ends has op-node's words for what ends hoike's derivation.
var ends = map[string][]string{
	"Deposit ":            {"failed to derive some deposits"},
	"DepositsOnlyInvalid": {"failed to process block with only deposit transactions"},
	"L1Info":              {"failed to create l1InfoTx"},
	"ForeignOrigin":       {"cannot create new block with L1 origin", "in conflict with L1 origin", "does not match safe head origin"},
	"BeforeOrigin":        {"before L1 origin"},
}

// warnings ends a derivation that complains for ever, as op-program's driver lets it do about what it takes for temporary.
type warnings struct{ count int }

func (*warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= log.LevelWarn }
func (w *warnings) WithAttrs([]slog.Attr) slog.Handler             { return w }
func (w *warnings) WithGroup(string) slog.Handler                  { return w }

func (w *warnings) Handle(_ context.Context, record slog.Record) error {
	if w.count++; w.count > 100_000 {
		panic(&disagreement{text: "op-node comes to no end: " + record.Message})
	}
	return nil
}

// exception is a disagreement that is known, with the reason why it is none of hoike's faults.
type exception struct {
	name string
	fits func(*scenario, *disagreement) bool
}

var exceptions = []exception{
	{
		// op-node goes by the first fork that an L1 block activates, and keeps its old stages where that is not Holocene; they meet rules that they do
		// not know. A node started beyond that block has the new stages. See docs/decisions/0001-holocene-with-other-forks-in-one-step.md.
		name: "Holocene and a fork before it activated by the same L1 block",
		fits: func(s *scenario, d *disagreement) bool {
			var before uint64
			for _, block := range s.times {
				crosses := before > 0 && s.Rollup.IsHolocene(block.Time) && !s.Rollup.IsHolocene(before)
				if crosses && s.Rollup.IsActivationBlock(before, block.Time) != forks.Holocene {
					return d.start < block.Number && block.Number <= d.l1
				}
				before = block.Time
			}
			return false
		},
	},
	{
		// op-node v1.19.6 drops such a batch, as hoike does: the type is Lagoon's. To v1.17.0 it is a type as unknown as any other, which is left to
		// execution. See docs/decisions/0016-post-exec-transactions-before-lagoon.md.
		name: "a transaction of type 0x7D in a batch, which v1.17.0 does not know",
		fits: func(_ *scenario, d *disagreement) bool {
			return d.attributes != nil && slices.ContainsFunc(d.attributes.Transactions, func(tx eth.Data) bool {
				return len(tx) > 0 && tx[0] == 0x7d
			})
		},
	},
}

func (s *scenario) excepted(d *disagreement) *exception {
	for i := range exceptions {
		if exceptions[i].fits(s, d) {
			return &exceptions[i]
		}
	}
	return nil
}
