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
	"time"

	preimage "github.com/ethereum-optimism/optimism/op-preimage"
	"github.com/ethereum-optimism/optimism/op-program/host"
	hostcommon "github.com/ethereum-optimism/optimism/op-program/host/common"
	hostconfig "github.com/ethereum-optimism/optimism/op-program/host/config"
	"github.com/ethereum-optimism/optimism/op-program/host/kvstore"
	"github.com/ethereum-optimism/optimism/op-program/host/prefetcher"
	"github.com/ethereum-optimism/optimism/op-service/client"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum-optimism/optimism/op-service/sources"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
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
	d.checkContents(t)
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
		dir := os.Getenv("HOIKE_DEVNET")
		if dir == "" {
			dir = t.TempDir()
		}
		check(t, os.MkdirAll(dir, 0o755))
		d.folder(t, dir, claims, witness)
		if code, output := d.run(t, "verify", "--check-expected", dir); code != 0 {
			t.Errorf("%d %s", code, output)
		}
		kinds := map[preimage.KeyType]int{}
		for key := range witness.values {
			kinds[preimage.KeyType(key[0])]++
		}
		t.Logf("%d claims; preimages of each type: %v", len(claims), kinds)
		if kinds[preimage.BlobKeyType] == 0 || kinds[preimage.PrecompileKeyType] < 4 {
			t.Error("no blobs, or few precompiles, were asked for")
		}
	})
	// The beacon node is asked for several blobs of a block at once, in op-node's way: else what follows takes half a minute a block.
	if !t.Run("Blobs", func(t *testing.T) {
		begun := time.Now()
		d.valid(t, 14, 15, d.verify(t, 14, 15, d.endpoints()))
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("that took %v", took)
		}
	}) {
		return
	}
	t.Run("Verify", func(t *testing.T) { testVerify(t, d, last.Number) })
	t.Run("Server", func(t *testing.T) { testServers(t, d) })
}

// checkContents checks that what hoike is to get right is in the chain: that no update, replacement or upgrade has come to nothing.
func (d *devnet) checkContents(t *testing.T) {
	last := d.verifier.L2Safe()
	got, err := d.engine.EngineClient(d.t, d.setup.RollupCfg).SystemConfigByL2Hash(context.Background(), last.Hash)
	check(t, err)
	want := eth.SystemConfig{
		BatcherAddr: batcher2.address, Scalar: eth.EncodeScalar(eth.EcotoneScalars{BaseFeeScalar: 2_000, BlobBaseFeeScalar: 700_000}), GasLimit: 40_000_000,
		EIP1559Params: eth.Bytes8{3: 100, 7: 4}, OperatorFeeParams: eth.EncodeOperatorFeeParams(eth.OperatorFeeParams{Scalar: 256, Constant: 512}),
		MinBaseFee: 500_000, DAFootprintGasScalar: 200,
	}
	want.MarshalPreHolocene = got.MarshalPreHolocene
	if got != want {
		t.Errorf("system config %+v instead of %+v", got, want)
	}
	var blobs, replaced, mints, failed, delegated int
	for n := uint64(1); n <= d.miner.L1Chain().CurrentHeader().Number.Uint64(); n++ {
		for _, tx := range d.miner.L1Chain().GetBlockByNumber(n).Transactions() {
			blobs += len(tx.BlobHashes())
		}
	}
	chain := d.engine.L2Chain()
	for n := uint64(1); n <= last.Number; n++ {
		block := chain.GetBlockByNumber(n)
		receipts := chain.GetReceiptsByHash(block.Hash())
		user := 0
		for i, tx := range block.Transactions() {
			switch {
			case !tx.IsDepositTx():
				user++
			case tx.Mint() != nil && tx.Mint().Sign() > 0:
				mints++
			}
			if tx.Type() == types.SetCodeTxType {
				delegated++
			}
			if receipts[i].Status == types.ReceiptStatusFailed {
				failed++
			}
		}
		activation := func(time *uint64) bool { return block.Time() == *time }
		cfg := d.setup.RollupCfg
		if activation(cfg.FjordTime) || activation(cfg.IsthmusTime) || activation(cfg.JovianTime) {
			// An upgrade fails where the contracts are not as it expects them, and the block goes on.
			for i, receipt := range receipts {
				if receipt.Status != types.ReceiptStatusSuccessful {
					t.Errorf("block %d: transaction %d of the upgrade failed", n, i)
				}
			}
		} else if user == 0 && block.Time() > *cfg.JovianTime {
			replaced++
		}
	}
	t.Logf("%d L2 blocks, %d blobs, %d mints, %d failed transactions, %d delegations, %d replaced blocks", last.Number, blobs, mints, failed, delegated, replaced)
	if blobs < 8 || mints < 3 || failed < 5 || delegated < 3 || replaced != 1 {
		t.Error("that is less than there should be")
	}
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
