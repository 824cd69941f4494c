package conformance

import (
	"bytes"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/utils"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/vm"
	"github.com/ethereum/go-ethereum/common"
)

// hoike takes every flag that op-challenger's executors build, with endpoints and without them. No pipes are handed over, so the next thing that it can
// complain of are those.
func TestCommandLinesOfOpChallenger(t *testing.T) {
	custom := folders(t)
	for len(custom) > 0 && custom[0].skip() != "" {
		custom = custom[1:]
	}
	f := custom[0]
	dir := t.TempDir()
	link := filepath.Join(dir, "op-program")
	check(t, os.Symlink(hoike(t), link))
	kona := filepath.Join(dir, "kona-host")
	// kona's executor puts `single` first, where hoike wants `host` before it.
	check(t, os.WriteFile(kona, []byte("#!/bin/sh\nexec '"+hoike(t)+"' host \"$@\"\n"), 0o755))

	inputs := utils.LocalGameInputs{
		L1Head:           common.Hash{1},
		L2Head:           common.Hash{2},
		L2OutputRoot:     common.Hash{3},
		L2Claim:          common.Hash{4},
		L2SequenceNumber: big.NewInt(7),
	}
	base := vm.Config{L1: "http://localhost:1", L1Beacon: "http://localhost:2", L2s: []string{"http://localhost:3"}}
	named := base
	named.Networks = []string{"op-sepolia"}
	files := base
	files.RollupConfigPaths, files.L1GenesisPath = []string{f.file("rollup.json")}, f.file("l1-genesis.json")
	files.L2GenesisPaths, files.L2Custom, files.L2Experimental = []string{f.file("l2-chain-config.json")}, true, "http://localhost:4"
	witness := named
	witness.EnableExperimentalWitnessEndpoint = true
	depset := named
	depset.DepsetConfigPath = f.file("rollup.json")

	for _, c := range []struct {
		name     string
		server   string
		executor vm.OracleServerExecutor
		cfg      vm.Config
	}{
		{"op-program, network", link, vm.NewOpProgramServerExecutor(quiet), named},
		{"op-program, files", link, vm.NewOpProgramServerExecutor(quiet), files},
		{"op-program, dependency set", link, vm.NewOpProgramServerExecutor(quiet), depset},
		{"kona, network", kona, vm.NewKonaExecutor(), named},
		{"kona, files", kona, vm.NewKonaExecutor(), files},
		{"kona, witness endpoint", kona, vm.NewKonaExecutor(), witness},
		{"kona, native", kona, vm.NewNativeKonaExecutor(), named},
	} {
		c.cfg.Server = c.server
		command, err := c.executor.OracleCommand(c.cfg, t.TempDir(), inputs)
		check(t, err)
		// A native run has no pipes: with endpoints, of which nobody is there, it goes on until the deadline, and without them it has no data directory.
		complaints := []string{"file descriptor 3", "file descriptor 3"}
		codes := []int{64, 64}
		if slices.Contains(command, "--native") {
			complaints, codes = []string{"deadline", "--data-dir is missing"}, []int{4, 64}
		}
		for i, command := range [][]string{append(command, "--deadline", "1s"), withoutEndpoints(command)} {
			if code, said := run(t, command); code != codes[i] || !strings.Contains(said, complaints[i]) {
				t.Errorf("%s: %q: %d %s", c.name, command, code, said)
			}
		}
	}
}

// Interop has flags of its own, which are taken and refused by name.
func TestInteropIsRefused(t *testing.T) {
	inputs := utils.LocalGameInputs{L1Head: common.Hash{1}, AgreedPreState: []byte{1}, L2SequenceNumber: big.NewInt(7)}
	cfg := vm.Config{Networks: []string{"op-sepolia", "base-sepolia"}}
	command, err := vm.NewOpProgramServerExecutor(quiet).OracleCommand(cfg, t.TempDir(), inputs)
	check(t, err)
	command[0] = hoike(t)
	command = append([]string{command[0], "host", "op-program"}, withoutEndpoints(command)[1:]...)
	if code, said := run(t, command); code != 64 || !strings.Contains(said, "--l2.agreed-prestate: programs about several chains") {
		t.Errorf("%q: %d %s", command, code, said)
	}
}

func withoutEndpoints(command []string) []string {
	var rest []string
	for i := 0; i < len(command); i++ {
		switch command[i] {
		case "--l1", "--l1.beacon", "--l2", "--l2.experimental", "--l1-node-address", "--l1-beacon-address", "--l2-node-address":
			i++
		default:
			rest = append(rest, command[i])
		}
	}
	return rest
}

func run(t *testing.T, command []string) (int, string) {
	var stderr bytes.Buffer
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stderr.String()
}
