package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

// answer is what `hoike verify --json` says. Fields that no test reads are left out.
type answer struct {
	Verdict  *string `json:"verdict"`
	Error    *string `json:"error"`
	L1Head   any     `json:"l1_head"`
	Agreed   block   `json:"agreed"`
	Claimed  block   `json:"claimed"`
	Computed block   `json:"computed"`
}

type block struct {
	Number     uint64      `json:"number"`
	Hash       common.Hash `json:"hash"`
	OutputRoot common.Hash `json:"output_root"`
}

// testVerify has `hoike verify` judge claims from the endpoints.
func testVerify(t *testing.T, d *devnet, last uint64) {
	t.Run("Blocks", func(t *testing.T) {
		d.each(last, func(n uint64) {
			d.valid(t, n-1, n, d.verify(t, n-1, n, d.endpoints()))
		})
	})
	t.Run("Range", func(t *testing.T) {
		d.valid(t, 0, last, d.verify(t, 0, last, d.endpoints()))
	})
	t.Run("WrongRoot", func(t *testing.T) {
		for n := uint64(1); n <= last; n += 9 {
			c := flipped(d.claim(n-1, n))
			got := d.verify(t, n-1, n, d.endpoints(), "--claim-root", c.ClaimedRoot.Hex())
			if got.code != 1 || got.verdict() != "invalid" || got.Computed.OutputRoot != common.Hash(d.output(n).OutputRoot) {
				t.Errorf("block %d: %s", n, got)
			}
		}
	})
	t.Run("WrongAgreedRoot", func(t *testing.T) {
		c := d.claim(4, 5)
		c.AgreedRoot[9] ^= 1
		got := d.verify(t, 4, 5, d.endpoints(), "--agreed-root", c.AgreedRoot.Hex())
		if got.code <= 1 || got.verdict() != "" {
			t.Errorf("a root that is no block's: %s", got)
		}
	})
	t.Run("EarlierHead", func(t *testing.T) {
		// Up to its head an L1 block may leave blocks underived: what op-program says of the claim is what counts.
		witness := &recorder{values: map[common.Hash][]byte{}}
		for _, number := range []uint64{1, 4, 6, 8} {
			head := d.miner.L1Chain().GetHeaderByNumber(number).Hash()
			for _, n := range []uint64{5 + 6*(number-1), 6 + 6*(number-1), 12 + 6*(number-1)} {
				c := d.claim(n-4, n)
				c.L1Head = head
				want := d.opProgram(t, &c, witness)
				got := d.verify(t, n-4, n, d.endpoints(), "--l1-head", head.Hex(), "--claim-root", c.ClaimedRoot.Hex())
				if got.verdict() != want {
					t.Errorf("L1 %d, block %d: op-program says %s; %s", number, n, want, got)
				}
				t.Logf("L1 %d, block %d: %s", number, n, want)
			}
		}
	})
	t.Run("Save", func(t *testing.T) {
		for name, flip := range map[string]bool{"valid": false, "invalid": true} {
			c := d.claim(20, 33)
			if flip {
				c = flipped(c)
			}
			dir := filepath.Join(t.TempDir(), "saved")
			first := d.verify(t, 20, 33, d.endpoints(), "--claim-root", c.ClaimedRoot.Hex(), "--save", dir)
			if first.verdict() != name {
				t.Errorf("%s: %s", name, first)
			}
			// No endpoint is named: the folder has to have all.
			second := d.judge(t, "verify", "--json", dir)
			if second.verdict() != name || second.Computed != first.Computed {
				t.Errorf("%s, from the folder: %s", name, second)
			}
		}
	})
	t.Run("OtherConfigs", func(t *testing.T) {
		e := d.endpoints()
		e.l1Config, e.l2Config = "l1-chain-config.json", "l2-chain-config.json"
		d.valid(t, 30, 31, d.verify(t, 30, 31, e))
	})
	t.Run("WebSocket", func(t *testing.T) {
		e := d.endpoints()
		// geth serves both on one port.
		e.l1, e.l2 = strings.Replace(e.l1, "http:", "ws:", 1), strings.Replace(e.l2, "http:", "ws:", 1)
		for _, n := range []uint64{3, 17, 22, 31, 35, 48} {
			d.valid(t, n-1, n, d.verify(t, n-1, n, e))
		}
		d.valid(t, 0, last, d.verify(t, 0, last, e))
	})
	// What endpoints may lack: hoike has another way to the same data, or says what it needs.
	for name, lacks := range map[string][]string{
		"NoWitness":  {"debug_executePayload", "debug_executionWitness"},
		"NoReceipts": {"debug_getRawReceipts", "eth_getBlockReceipts"},
	} {
		t.Run(name, func(t *testing.T) {
			e := d.endpoints()
			e.l1, e.l2 = proxy(t, e.l1, without(lacks)), proxy(t, e.l2, without(lacks))
			for _, n := range []uint64{3, 17, 22, 31, 35, 48} {
				d.valid(t, n-1, n, d.verify(t, n-1, n, e))
			}
		})
	}
	t.Run("NoDebug", func(t *testing.T) {
		e := d.endpoints()
		lacks := []string{"debug_"}
		e.l1, e.l2 = proxy(t, e.l1, without(lacks)), proxy(t, e.l2, without(lacks))
		// A deleted slot may leave one node beside it whose contents the new root needs. No proof that can be asked for has it, which is no verdict.
		var lacking []uint64
		for n := uint64(1); n <= last; n++ {
			got := d.verify(t, n-1, n, e)
			if got.code == 4 && got.verdict() == "" {
				lacking = append(lacking, n)
			} else {
				d.valid(t, n-1, n, got)
			}
		}
		t.Logf("blocks that proofs were not enough for: %d", lacking)
		if len(lacking) > 10 {
			t.Error("that is more than deletions account for")
		}
	})
	t.Run("Unsteady", func(t *testing.T) {
		e := d.endpoints()
		e.l1, e.beacon, e.l2 = proxy(t, e.l1, unsteady()), proxy(t, e.beacon, unsteady()), proxy(t, e.l2, unsteady())
		d.valid(t, 14, 15, d.verify(t, 14, 15, e))
	})
	// No answer, or a wrong one, is no verdict. The block is one of a blob, with transactions of all sorts.
	for name, spoil := range map[string]func(e *endpoints){
		"NoBeacon":  func(e *endpoints) { e.beacon = proxy(t, e.beacon, nothing) },
		"NoL1":      func(e *endpoints) { e.l1 = proxy(t, e.l1, nothing) },
		"NoL2":      func(e *endpoints) { e.l2 = proxy(t, e.l2, nothing) },
		"BadBeacon": func(e *endpoints) { e.beacon = proxy(t, e.beacon, spoiled) },
		"BadL1":     func(e *endpoints) { e.l1 = proxy(t, e.l1, spoiled) },
		"BadL2":     func(e *endpoints) { e.l2 = proxy(t, e.l2, spoiled) },
	} {
		t.Run(name, func(t *testing.T) {
			e := d.endpoints()
			spoil(&e)
			head := d.miner.L1Chain().CurrentHeader().Hash().Hex()
			for _, root := range []string{d.output(15).OutputRoot.String(), common.Hash(flipped(d.claim(14, 15)).ClaimedRoot).Hex()} {
				got := d.verify(t, 14, 15, e, "--deadline", "4s", "--l1-head", head, "--claim-root", root, "--agreed-root", d.output(14).OutputRoot.String())
				if got.code != 3 && got.code != 4 || got.verdict() != "" {
					t.Errorf("%s", got)
				}
			}
		})
	}
}

// endpoints are where hoike is told to look, and with which configs.
type endpoints struct{ l1, beacon, l2, l1Config, l2Config string }

func (d *devnet) endpoints() endpoints { return endpoints{d.l1, d.beacon, d.l2, "l1-genesis.json", ""} }

// verify has hoike judge that block n follows block from. The claimed root is the L2 endpoint's unless more says otherwise.
func (d *devnet) verify(t *testing.T, from, n uint64, e endpoints, more ...string) *judged {
	args := []string{
		"verify", "--json", "--rollup-config", d.file("rollup.json"), "--l1-config", d.file(e.l1Config),
		"--from", strconv.FormatUint(from, 10), "--block", strconv.FormatUint(n, 10),
		"--l1", e.l1, "--beacon", e.beacon, "--l2", e.l2,
	}
	if !slices.Contains(more, "--deadline") {
		args = append(args, "--deadline", "60s")
	}
	if e.l2Config != "" {
		args = append(args, "--l2-config", d.file(e.l2Config))
	}
	return d.judge(t, append(args, more...)...)
}

// valid checks that hoike has found block n valid, and that its blocks are op-node's.
func (d *devnet) valid(t *testing.T, from, n uint64, got *judged) {
	agreed, claimed := d.output(from), d.output(n)
	if got.code != 0 || got.verdict() != "valid" ||
		got.Agreed != (block{from, agreed.BlockRef.Hash, common.Hash(agreed.OutputRoot)}) ||
		got.Computed != (block{n, claimed.BlockRef.Hash, common.Hash(claimed.OutputRoot)}) {
		t.Errorf("block %d after %d, output root %s: %s", n, from, claimed.OutputRoot, got)
	}
}

// judged is how a run of hoike ended.
type judged struct {
	answer
	args           []string
	code           int
	stdout, stderr string
}

func (j *judged) verdict() string {
	if j.Verdict == nil {
		return ""
	}
	return *j.Verdict
}

func (j *judged) String() string {
	return fmt.Sprintf("exit code %d of hoike %s\n%s%s", j.code, strings.Join(j.args, " "), j.stdout, j.stderr)
}

func (d *devnet) judge(t *testing.T, args ...string) *judged {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(hoike(t), args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	j := &judged{args: args, code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	// Where there is no answer at all the code says so.
	if stdout.Len() > 0 {
		if err := json.Unmarshal(stdout.Bytes(), &j.answer); err != nil {
			t.Errorf("%v: %s", err, j)
		}
	}
	return j
}

// run has hoike say something that is no JSON.
func (d *devnet) run(t *testing.T, args ...string) (int, string) {
	cmd := exec.Command(hoike(t), args...)
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(output)
}

// each calls check with 1 to last, two at a time.
func (d *devnet) each(last uint64, check func(n uint64)) {
	var group sync.WaitGroup
	numbers := make(chan uint64)
	for range 2 {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := range numbers {
				check(n)
			}
		}()
	}
	for n := uint64(1); n <= last; n++ {
		numbers <- n
	}
	close(numbers)
	group.Wait()
}
