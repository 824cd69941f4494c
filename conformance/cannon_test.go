package conformance

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"math"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/utils"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/vm"
	"github.com/ethereum-optimism/optimism/op-challenger/metrics"
	"github.com/ethereum-optimism/optimism/op-program/host/types"
	"github.com/klauspost/compress/zstd"
)

const cannonType = "multithreaded64-5"

// The original cannon, built from its module.
func goCannon(t *testing.T) string {
	bin := filepath.Join(t.TempDir(), "go-cannon")
	build := exec.Command("go", "build", "-o", bin, "github.com/ethereum-optimism/optimism/cannon")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return bin
}

// A link to hoike by another name, which then stands for a command.
func link(t *testing.T, name string) string {
	path := filepath.Join(t.TempDir(), name)
	check(t, os.Symlink(hoike(t), path))
	return path
}

func mustRun(t *testing.T, command ...string) []byte {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%q: %v: %s", command, err, stderr.String())
	}
	return stdout.Bytes()
}

func gunzip(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	check(t, err)
	defer file.Close()
	packed, err := gzip.NewReader(file)
	check(t, err)
	content, err := io.ReadAll(packed)
	check(t, err)
	return content
}

type vmTrace struct {
	Elf              string            `json:"elf"`
	PreimageRequests []json.RawMessage `json:"preimageRequests"`
	Error            *struct{}         `json:"error"`
	Final            struct {
		Step uint64 `json:"step"`
	} `json:"final"`
}

// Programs that ask nobody run on both from both's states: files, snapshots and proofs are the same, and each goes on from the other's snapshot.
func TestCannonGoesOnFromTheOthersSnapshots(t *testing.T) {
	root := os.Getenv("HOIKE_FIXTURES")
	if root == "" {
		root = "../../shared/fixtures"
	}
	root = filepath.Join(root, "vm", "cannon")
	traces, err := filepath.Glob(filepath.Join(root, "*", "trace.json.zst"))
	check(t, err)
	if len(traces) == 0 {
		t.Skipf("no runs in %s", root)
	}
	original, ours := goCannon(t), link(t, "cannon")
	decoder, err := zstd.NewReader(nil)
	check(t, err)
	unpack := func(path string) []byte {
		packed, err := os.ReadFile(path)
		check(t, err)
		content, err := decoder.DecodeAll(packed, nil)
		check(t, err)
		return content
	}
	ran := 0
	for _, path := range traces {
		var trace vmTrace
		check(t, json.Unmarshal(unpack(path), &trace))
		elf := filepath.Join(root, "elf", trace.Elf)
		if _, err := os.Stat(elf); err != nil || len(trace.PreimageRequests) > 0 || trace.Error != nil {
			continue
		}
		ran++
		dir := t.TempDir()
		program := filepath.Join(dir, "program.elf")
		check(t, os.WriteFile(program, unpack(elf), 0o644))
		half := trace.Final.Step / 2
		at := func(name string) string { return filepath.Join(dir, name) }
		// What each makes alone.
		for name, bin := range map[string]string{"go": original, "rust": ours} {
			mustRun(t, bin, "load-elf", "--type", cannonType, "--path", program, "--out", at(name+"-0.bin.gz"), "--meta", "")
			mustRun(t, bin, "run", "--input", at(name+"-0.bin.gz"), "--output", at(name+"-half.bin.gz"), "--meta", "", "--stop-at", "="+strconv.FormatUint(half, 10))
		}
		for _, state := range []string{"-0.bin.gz", "-half.bin.gz"} {
			if !bytes.Equal(gunzip(t, at("go"+state)), gunzip(t, at("rust"+state))) {
				t.Fatalf("%s: other states %s", trace.Elf, state)
			}
		}
		// What each makes of the other's.
		for name, bin := range map[string]string{"go": ours, "rust": original} {
			mustRun(t, bin, "run", "--input", at(name+"-half.bin.gz"), "--output", at(name+"-end.bin.gz"), "--meta", "", "--proof-at", "="+strconv.FormatUint(half, 10), "--proof-fmt", at(name+"-%d.json"))
		}
		if !bytes.Equal(gunzip(t, at("go-end.bin.gz")), gunzip(t, at("rust-end.bin.gz"))) {
			t.Errorf("%s: other ends", trace.Elf)
		}
		proof := strconv.FormatUint(half, 10) + ".json"
		one, err := os.ReadFile(at("go-" + proof))
		check(t, err)
		other, err := os.ReadFile(at("rust-" + proof))
		check(t, err)
		if !bytes.Equal(one, other) {
			t.Errorf("%s: other proofs of step %d", trace.Elf, half)
		}
		if one, other := mustRun(t, original, "witness", "--input", at("rust-end.bin.gz")), mustRun(t, ours, "witness", "--input", at("rust-end.bin.gz")); !bytes.Equal(one, other) {
			t.Errorf("%s: other witnesses: %s %s", trace.Elf, one, other)
		}
	}
	if ran == 0 {
		t.Error("no program asks nobody")
	}
}

// op-challenger's executor drives hoike as VM and as server, with hoike's guest, and gets its proofs; the original cannon, started from hoike's snapshots
// with hoike's server, proves the same steps with the same bytes.
func TestExecutorOfOpChallengerDrivesHoike(t *testing.T) {
	guest := os.Getenv("HOIKE_CANNON_ELF")
	if guest == "" {
		t.Skip("HOIKE_CANNON_ELF names no guest: scripts/fpvm.sh builds it")
	}
	original, ours, server := goCannon(t), link(t, "cannon"), link(t, "kona-host")
	// The one with the smallest witness, and of its claims the first that op-program finds valid.
	var f *folder
	for _, f = range folders(t) {
		if f.skip() == "" {
			break
		}
	}
	claim := f.Claims[slices.IndexFunc(f.Claims, func(c claim) bool { return c.OpProgram == "valid" })]
	dir := t.TempDir()
	prestate := filepath.Join(dir, "prestate.bin.gz")
	mustRun(t, ours, "load-elf", "--type", cannonType, "--path", guest, "--out", prestate, "--meta", "")
	cfg := vm.Config{
		VmBin: ours, Server: server, SnapshotFreq: 10_000_000, InfoFreq: 100_000_000, DebugInfo: true, BinarySnapshots: true,
		RollupConfigPaths: []string{f.file("rollup.json")}, L1GenesisPath: f.file("l1-genesis.json"), L2s: []string{""},
	}
	inputs := utils.LocalGameInputs{
		L1Head: claim.L1Head, L2Head: claim.AgreedHead, L2OutputRoot: claim.AgreedRoot,
		L2Claim: claim.ClaimedRoot, L2SequenceNumber: new(big.Int).SetUint64(claim.ClaimedBlock),
	}
	oracle := offline{vm.NewKonaExecutor()}
	check(t, os.MkdirAll(vm.PreimageDir(dir), 0o755))
	kv := open(t, vm.PreimageDir(dir), types.DataFormatDirectory)
	check(t, f.preimages(kv.Put))
	check(t, kv.Close())
	executor := vm.NewExecutor(quiet, metrics.NewTypedVmMetrics(metrics.NoopMetrics, "cannon-kona"), cfg, oracle, prestate, inputs)
	check(t, executor.DoGenerateProof(context.Background(), dir, math.MaxUint64, math.MaxUint64))
	var end struct {
		Step     uint64 `json:"step"`
		Exited   bool   `json:"exited"`
		ExitCode uint8  `json:"exitCode"`
	}
	check(t, json.Unmarshal(mustRun(t, original, "witness", "--input", vm.FinalStatePath(dir, true)), &end))
	if !end.Exited || end.ExitCode != 0 {
		t.Fatalf("%s: exited %v with %d after %d steps", f.name, end.Exited, end.ExitCode, end.Step)
	}
	// The original's own whole run: the same state at every snapshot and at the end.
	whole := t.TempDir()
	command, err := oracle.OracleCommand(cfg, vm.PreimageDir(dir), inputs)
	check(t, err)
	mustRun(t, append([]string{original, "run", "--input", prestate, "--output", filepath.Join(whole, "final.bin.gz"), "--meta", "", "--info-at", "never",
		"--snapshot-at", "%" + strconv.FormatUint(uint64(cfg.SnapshotFreq), 10), "--snapshot-fmt", filepath.Join(whole, "%d.bin.gz"), "--"}, command...)...)
	checkpoints := 0
	for step := uint64(0); step < end.Step; step += uint64(cfg.SnapshotFreq) {
		name := strconv.FormatUint(step, 10) + ".bin.gz"
		if !bytes.Equal(gunzip(t, filepath.Join(whole, name)), gunzip(t, filepath.Join(dir, vm.SnapsDir, name))) {
			t.Fatalf("%s: other states before step %d", f.name, step)
		}
		checkpoints++
	}
	if checkpoints < 3 || !bytes.Equal(gunzip(t, filepath.Join(whole, "final.bin.gz")), gunzip(t, vm.FinalStatePath(dir, true))) {
		t.Fatalf("%s: %d checkpoints, or other ends", f.name, checkpoints)
	}
	t.Logf("%s: %d steps, %d checkpoints", f.name, end.Step, checkpoints)
	for _, step := range []uint64{0, end.Step / 3, end.Step / 2, end.Step - 1} {
		check(t, executor.GenerateProof(context.Background(), dir, step))
		name := strconv.FormatUint(step, 10) + ".json.gz"
		proof := gunzip(t, filepath.Join(dir, utils.ProofsDir, name))
		start, err := vm.FindStartingSnapshot(quiet, filepath.Join(dir, vm.SnapsDir), prestate, step, true)
		check(t, err)
		theirs := t.TempDir()
		state := filepath.Join(theirs, "state.bin.gz")
		args := append([]string{"--"}, command...)
		// To the step in one run, the proof in the next, so that it has no leftovers of earlier ones.
		mustRun(t, append([]string{original, "run", "--input", start, "--output", state, "--meta", "", "--stop-at", "=" + strconv.FormatUint(step, 10)}, args...)...)
		mustRun(t, append([]string{original, "run", "--input", state, "--output", "", "--meta", "", "--proof-at", "=" + strconv.FormatUint(step, 10),
			"--stop-at", "=" + strconv.FormatUint(step+1, 10), "--proof-fmt", filepath.Join(theirs, "%d.json.gz")}, args...)...)
		if !bytes.Equal(proof, gunzip(t, filepath.Join(theirs, name))) {
			t.Errorf("%s: other proofs of step %d", f.name, step)
		}
	}
}

// kona's command line without endpoints: the data directory has everything.
type offline struct{ vm.OracleServerExecutor }

func (o offline) OracleCommand(cfg vm.Config, dataDir string, inputs utils.LocalGameInputs) ([]string, error) {
	command, err := o.OracleServerExecutor.OracleCommand(cfg, dataDir, inputs)
	return withoutEndpoints(command), err
}
