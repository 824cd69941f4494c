package conformance

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/utils"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/vm"
	preimage "github.com/ethereum-optimism/optimism/op-preimage"
	"github.com/ethereum-optimism/optimism/op-program/client"
	"github.com/ethereum-optimism/optimism/op-program/client/boot"
	"github.com/ethereum-optimism/optimism/op-program/host/types"
	"github.com/ethereum/go-ethereum/common"
)

// testServers has op-program's client ask hoike, as op-challenger starts it for either program, with endpoints and an empty data directory.
func testServers(t *testing.T, d *devnet) {
	for name, s := range map[string]struct {
		executor vm.OracleServerExecutor
		// l1Config is in geth's genesis form or not: kona-client takes only what is in the genesis under config.
		l1Config string
		command  []string
		guest    func(c *claim) *guest
	}{
		"op-program": {vm.NewOpProgramServerExecutor(quiet), "l1-genesis.json", []string{"host", "op-program"}, func(*claim) *guest { return &guest{} }},
		"kona":       {vm.NewKonaExecutor(), "l1-chain-config.json", []string{"host"}, d.konaGuest},
	} {
		t.Run(name, func(t *testing.T) {
			// Each fork's first block among them, and blocks of blobs and of each accelerated precompile.
			for _, n := range []uint64{4, 15, 22, 28, 31, 47} {
				for _, c := range []claim{d.claim(n-1, n), flipped(d.claim(n-1, n))} {
					dir := t.TempDir()
					command, err := s.executor.OracleCommand(d.challenger(s.l1Config), dir, utils.LocalGameInputs{
						L1Head: c.L1Head, L2Head: c.AgreedHead, L2OutputRoot: c.AgreedRoot, L2Claim: c.ClaimedRoot, L2SequenceNumber: new(big.Int).SetUint64(n),
					})
					check(t, err)
					// First from the endpoints, then from what the directory has of them: op-challenger runs the VM more than once.
					for _, args := range [][]string{command, withoutEndpoints(command)} {
						server := serve(t, append(s.command, args[1:]...)...)
						p := s.guest(&c)
						got := p.run(t, server)
						code, said := server.stop(t)
						if got != c.OpProgram || code != 0 {
							t.Errorf("block %d: %s instead of %s; hoike %q: %d %s", n, got, c.OpProgram, args, code, said)
							continue
						}
						d.checkSteps(t, dir, p.read, n)
					}
				}
			}
		})
	}
}

// challenger is op-challenger's config of the devnet.
func (d *devnet) challenger(l1Config string) vm.Config {
	return vm.Config{
		Server: "server", L1: d.l1, L1Beacon: d.beacon, L2s: []string{d.l2}, L2Custom: true,
		RollupConfigPaths: []string{d.file("rollup.json")}, L2GenesisPaths: []string{d.file("l2-genesis.json")}, L1GenesisPath: d.file(l1Config),
	}
}

// checkSteps has op-challenger's own code load what the step on chain needs of a value: blob field elements and precompile results are proven by more
// than themselves.
func (d *devnet) checkSteps(t *testing.T, dir string, read map[common.Hash][]byte, n uint64) {
	if format, err := os.ReadFile(filepath.Join(dir, "kvformat")); err != nil {
		t.Errorf("block %d: %v", n, err)
	} else if string(bytes.TrimSpace(format)) != string(types.DataFormatDirectory) {
		t.Errorf("block %d: kvformat is %s", n, format)
	}
	loader := utils.NewPreimageLoader(func() (utils.PreimageSource, error) { return open(t, dir, types.DataFormatFile), nil })
	done := map[preimage.KeyType]int{}
	for key, value := range read {
		kind := preimage.KeyType(key[0])
		// A blob takes a while to load, and one element is as good as another.
		if kind != preimage.BlobKeyType && kind != preimage.PrecompileKeyType || kind == preimage.BlobKeyType && done[kind] > 0 {
			continue
		}
		done[kind]++
		withLength := append(binary.BigEndian.AppendUint64(nil, uint64(len(value))), value...)
		_, err := loader.LoadPreimage(&utils.ProofData{OracleKey: key[:], OracleValue: withLength})
		if err != nil {
			t.Errorf("block %d: key %s: %v", n, key, err)
		}
	}
}

// guest is op-program's client on the other side of hoike's pipes.
type guest struct {
	// local answers local keys in hoike's stead; nil: hoike does.
	local map[preimage.LocalIndexKey][]byte
	// own is what hoike has to answer to these.
	own map[preimage.LocalIndexKey][]byte
	// reword makes another program's hint of op-program's; nothing: it has no such hint.
	reword func(hint string) string
	lock   sync.Mutex
	read   map[common.Hash][]byte // all that hoike has answered
}

// konaGuest is as kona-client is: local keys have other meanings, and hints other words.
func (d *devnet) konaGuest(c *claim) *guest {
	number := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	data := func(value any) []byte {
		data, err := json.Marshal(value)
		d.check(err)
		return data
	}
	id := d.setup.RollupCfg.L2ChainID.Uint64()
	return &guest{
		own: map[preimage.LocalIndexKey][]byte{
			boot.L2ChainIDLocalIndex:     number(id),
			boot.L2ChainConfigLocalIndex: data(d.setup.RollupCfg),
			boot.RollupConfigLocalIndex:  data(d.setup.L1Cfg.Config),
		},
		local: map[preimage.LocalIndexKey][]byte{
			boot.L2ChainIDLocalIndex:     number(^uint64(0)),
			boot.L2ChainConfigLocalIndex: data(d.setup.L2Cfg.Config),
			boot.RollupConfigLocalIndex:  data(d.setup.RollupCfg),
			boot.L1ChainConfigLocalIndex: data(d.setup.L1Cfg.Config),
		},
		reword: func(hint string) string {
			name, payload, _ := strings.Cut(hint, " ")
			switch name {
			case "l2-block-header", "l2-transactions", "l2-code", "l2-state-node":
				return hint + fmt.Sprintf("%016x", id)
			case "l2-output":
				return "starting-l2-output " + payload
			case "l1-precompile-v2":
				return "l1-precompile " + payload
			case "l2-payload-witness":
				return ""
			default:
				return hint
			}
		},
	}
}

// run runs the client until it has come to a verdict.
func (p *guest) run(t *testing.T, s *server) string {
	preimages, asked, err := preimage.CreateBidirectionalChannel()
	check(t, err)
	hints, hinted, err := preimage.CreateBidirectionalChannel()
	check(t, err)
	p.read = map[common.Hash][]byte{}
	var group sync.WaitGroup
	// What goes wrong on the way to hoike ends the client's pipes, and so the client.
	pass := func(to preimage.FileChannel, next func() error) {
		group.Add(1)
		go func() {
			defer group.Done()
			defer to.Close()
			for recovered(next) == nil {
			}
		}()
	}
	oracle, hinter := preimage.NewOracleClient(s.preimages), preimage.NewHintWriter(s.hints)
	if err := recovered(func() error {
		for key, want := range p.own {
			if got := oracle.Get(key); !sameJSON(got, want) {
				t.Errorf("local key %d is %s instead of %s", key, got, want)
			}
		}
		return nil
	}); err != nil {
		return verdict(err)
	}
	answers, wishes := preimage.NewOracleServer(asked), preimage.NewHintReader(hinted)
	pass(asked, func() error {
		return answers.NextPreimageRequest(func(key [32]byte) ([]byte, error) { return p.get(oracle, key), nil })
	})
	pass(hinted, func() error {
		return wishes.NextHint(func(hint string) error {
			if p.reword != nil {
				hint = p.reword(hint)
			}
			if hint != "" {
				hinter.Hint(wording(hint))
			}
			return nil
		})
	})
	got := verdict(recovered(func() error { return client.RunProgram(quiet, preimages, hints, client.Config{}) }))
	check(t, preimages.Close())
	check(t, hints.Close())
	group.Wait()
	return got
}

func (p *guest) get(oracle *preimage.OracleClient, key preimageKey) []byte {
	for index, value := range p.local {
		if key == index.PreimageKey() {
			return value
		}
	}
	value := oracle.Get(key)
	p.lock.Lock()
	defer p.lock.Unlock()
	p.read[common.Hash(key)] = value
	return value
}

// sameJSON also says of what is no JSON whether it is the same.
func sameJSON(a, b []byte) bool {
	var left, right any
	if json.Unmarshal(a, &left) != nil || json.Unmarshal(b, &right) != nil {
		return bytes.Equal(a, b)
	}
	return reflect.DeepEqual(left, right)
}

// preimageKey is a key as it is on the wire.
type preimageKey [32]byte

func (k preimageKey) PreimageKey() [32]byte { return k }

// wording is a hint as it is on the wire.
type wording string

func (w wording) Hint() string { return string(w) }
