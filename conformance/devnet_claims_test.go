package conformance

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"testing"

	"github.com/ethereum-optimism/optimism/op-program/host"
	hostcommon "github.com/ethereum-optimism/optimism/op-program/host/common"
	hostconfig "github.com/ethereum-optimism/optimism/op-program/host/config"
	"github.com/ethereum-optimism/optimism/op-program/host/kvstore"
	"github.com/ethereum-optimism/optimism/op-program/host/prefetcher"
	"github.com/ethereum-optimism/optimism/op-service/client"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum-optimism/optimism/op-service/sources"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/log"
	"github.com/klauspost/compress/zstd"
)

// The reference's own nodes make a chain, and hoike judges claims about it.
func TestDevnet(t *testing.T) {
	d := chain(t)
	last := d.seq.L2Unsafe()
	if d.verifier.L2Safe() != last {
		t.Fatalf("the verifier is at %v, the sequencer at %v", d.verifier.L2Safe(), last)
	}
	witness := &recorder{values: map[common.Hash][]byte{}}
	var claims []claim
	for n := uint64(1); n <= last.Number; n++ {
		claims = append(claims, d.claim(n-1, n))
		if n%5 == 0 {
			claims = append(claims, flipped(d.claim(n-1, n)))
		}
	}
	claims = append(claims, d.claim(0, last.Number), flipped(d.claim(0, last.Number)))
	for i := range claims {
		c := &claims[i]
		want := c.OpProgram
		c.OpProgram = d.opProgram(t, c, witness)
		if c.OpProgram != want {
			t.Errorf("op-program itself, block %d: %s instead of %s", c.ClaimedBlock, c.OpProgram, want)
		}
	}
	t.Run("Folder", func(t *testing.T) {
		dir := t.TempDir()
		d.folder(t, dir, claims, witness)
		if code, output := d.run(t, "verify", "--check-expected", dir); code != 0 {
			t.Errorf("%d %s", code, output)
		}
		t.Logf("%d claims, %d preimages", len(claims), len(witness.values))
	})
	t.Run("Verify", func(t *testing.T) { testVerify(t, d, last.Number) })
	t.Run("Server", func(t *testing.T) { testServers(t, d) })
}

// claim is that block n follows block from, at L1's head.
func (d *devnet) claim(from, n uint64) claim {
	agreed := d.output(from)
	return claim{
		L1Head: d.miner.L1Chain().CurrentHeader().Hash(), AgreedHead: agreed.BlockRef.Hash, AgreedRoot: common.Hash(agreed.OutputRoot),
		ClaimedRoot: common.Hash(d.output(n).OutputRoot), ClaimedBlock: n, OpProgram: "valid",
	}
}

// flipped is the claim with a bit of its root turned.
func flipped(c claim) claim {
	c.ClaimedRoot[17] ^= 0x40
	c.OpProgram = "invalid"
	return c
}

// opProgram is op-program's verdict, host and client, from the endpoints. What its host fetches goes to kv.
func (d *devnet) opProgram(t *testing.T, c *claim, kv kvstore.KV) string {
	cfg := hostconfig.NewSingleChainConfig(d.setup.RollupCfg, d.setup.L2Cfg.Config, d.setup.L1Cfg.Config, c.L1Head, c.AgreedHead, c.AgreedRoot,
		c.ClaimedRoot, c.ClaimedBlock)
	cfg.L1URL, cfg.L1BeaconURL, cfg.L2URLs = d.l1, d.beacon, []string{d.l2}
	check(t, cfg.Check())
	// op-program's own but for the store.
	fetcher := func(ctx context.Context, logger log.Logger, _ kvstore.KV, cfg *hostconfig.Config) (hostcommon.Prefetcher, error) {
		rpc, err := client.NewRPC(ctx, logger, cfg.L1URL)
		if err != nil {
			return nil, err
		}
		l1, err := sources.NewL1Client(rpc, logger, nil, sources.L1ClientSimpleConfig(false, sources.RPCKindStandard, 100))
		if err != nil {
			return nil, err
		}
		beacon := sources.NewL1BeaconClient(sources.NewBeaconHTTPClient(client.NewBasicHTTPClient(cfg.L1BeaconURL, logger)), sources.L1BeaconClientConfig{})
		l2, err := prefetcher.NewRetryingL2SourcesFromURLs(ctx, logger, cfg.Rollups, cfg.L2URLs, nil)
		if err != nil {
			return nil, err
		}
		return prefetcher.NewPrefetcher(logger, l1, beacon, eth.ChainIDFromBig(cfg.Rollups[0].L2ChainID), l2, kv, host.MakeProgramExecutor(logger, cfg), cfg.L2Head, nil), nil
	}
	return verdict(recovered(func() error {
		return hostcommon.FaultProofProgram(context.Background(), quiet, cfg, hostcommon.WithPrefetcher(fetcher))
	}))
}

// folder writes a claim folder, in the form of shared/fixtures/claims.
func (d *devnet) folder(t *testing.T, dir string, claims []claim, witness *recorder) {
	type entry struct {
		claim
		Expected string `json:"expected"`
	}
	var entries []entry
	for _, c := range claims {
		entries = append(entries, entry{c, c.OpProgram})
	}
	data, err := json.Marshal(map[string]any{
		"name": "devnet", "l1_chain_id": d.setup.RollupCfg.L1ChainID, "l2_chain_id": d.setup.RollupCfg.L2ChainID, "claims": entries,
	})
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, "claim.json"), data, 0o644))
	for from, to := range map[string]string{"rollup.json": "rollup.json", "l1-chain-config.json": "l1-genesis.json"} {
		data, err := os.ReadFile(d.file(from))
		check(t, err)
		check(t, os.WriteFile(filepath.Join(dir, to), data, 0o644))
	}
	file, err := os.Create(filepath.Join(dir, "witness.kv.zst"))
	check(t, err)
	defer file.Close()
	writer, err := zstd.NewWriter(file, zstd.WithEncoderLevel(zstd.SpeedFastest))
	check(t, err)
	keys := make([]common.Hash, 0, len(witness.values))
	for key := range witness.values {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i].Cmp(keys[j]) < 0 })
	for _, key := range keys {
		value := witness.values[key]
		_, err := writer.Write(append(binary.LittleEndian.AppendUint32(key[:], uint32(len(value))), value...))
		check(t, err)
	}
	check(t, writer.Close())
}

// recorder is a store in memory that can be gone through.
type recorder struct {
	// Hints and requests come by two threads.
	lock   sync.Mutex
	values map[common.Hash][]byte
}

func (r *recorder) Put(key common.Hash, value []byte) error {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.values[key] = append([]byte{}, value...)
	return nil
}

func (r *recorder) Get(key common.Hash) ([]byte, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if value, ok := r.values[key]; ok {
		return value, nil
	}
	return nil, kvstore.ErrNotFound
}

func (r *recorder) Close() error { return nil }
