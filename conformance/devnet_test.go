package conformance

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum-optimism/optimism/op-batcher/compressor"
	da "github.com/ethereum-optimism/optimism/op-batcher/flags"
	"github.com/ethereum-optimism/optimism/op-core/predeploys"
	"github.com/ethereum-optimism/optimism/op-e2e/actions/helpers"
	"github.com/ethereum-optimism/optimism/op-e2e/e2eutils"
	"github.com/ethereum-optimism/optimism/op-e2e/e2eutils/fakebeacon"
	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive/params"
	"github.com/ethereum-optimism/optimism/op-node/rollup/sync"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/holiman/uint256"
)

// devnet is a whole OP Stack chain in this process: L1 with blobs, sequencer, batcher and verifier, and the endpoints of L1, beacon and verifier.
type devnet struct {
	t        helpers.Testing
	setup    *e2eutils.SetupData
	miner    *helpers.L1Miner
	engine   *helpers.L2Engine // the sequencer's
	seq      *helpers.L2Sequencer
	verifier *helpers.L2Verifier
	batchers map[common.Address]*batcher
	pool     *pool

	l1, beacon, l2 string // URLs
	dir            string // with the config files

	l1Nonce uint64               // alice's
	l1Bob   uint64               // bob's
	nonces  map[key]uint64       // of L2 accounts
	l1Txs   []*types.Transaction // for the next L1 block
}

type batcher struct {
	*helpers.L2Batcher
	cfg *helpers.BatcherCfg
}

// chain is a devnet with everything that hoike has to get right in it: each fork from Fjord to Jovian becomes active in its middle, L1 has two of its
// own, and every way to post a channel, every update of the system config and deposits of all kinds are there.
func chain(t *testing.T) *devnet {
	d := newDevnet(t, forks{
		fjord: 8, granite: 20, holocene: 30, isthmus: 44, jovian: 62,
		l1Prague: 36, l1Osaka: 72, l1BPO1: 96, blobSchedule: 60,
	})
	fees := func(base, blob uint32) []byte {
		scalar := eth.EncodeScalar(eth.EcotoneScalars{BaseFeeScalar: base, BlobBaseFeeScalar: blob})
		return scalar[:]
	}
	// Before L1 block i+1: what is posted of the blocks up to then, and what happens on L1.
	for _, round := range []struct {
		from key
		how  channel
		l1   func()
	}{
		{batcher1, channel{}, func() {
			d.deposit(&bob.address, 5_000, 3_000, 100_000, nil)
			d.deposit(nil, 0, 0, 500_000, deploys(stores))
			d.configure(derive.SystemConfigUpdateFeeScalars, number(0), fees(2_000, 700_000))
		}},
		{batcher1, channel{singular: true}, func() {
			d.configure(derive.SystemConfigUpdateGasLimit, number(40_000_000))
			d.deposit(&reverter, 7, 7, 50_000, []byte{1})
		}},
		{batcher1, channel{blobs: 1}, func() {
			d.deposit(&storer, 1, 0, 90_000, append(number(99), number(1)...))
			d.configure(derive.SystemConfigUpdateUnsafeBlockSigner, number(1))
		}},
		{batcher1, channel{blobs: 3}, func() {
			// Elasticity and denominator, which count from Holocene on.
			d.configure(derive.SystemConfigUpdateEIP1559Params, number(100<<32|4))
			// Too little gas for anything: it is in the chain and fails.
			d.deposit(&storer, 0, 0, 21_001, append(number(98), number(1)...))
		}},
		{batcher1, channel{brotli: true}, func() { d.configure(common.Hash{31: 77}, number(1)) }},
		{batcher1, channel{frameSize: 700}, func() {
			d.configure(derive.SystemConfigUpdateOperatorFeeParams, append(make([]byte, 20), 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0))
			d.deposit(&caller, 0, 0, 300_000, append(common.BytesToAddress([]byte{1}).Bytes(), signed()...))
		}},
		{batcher1, channel{singular: true, blobs: 1}, func() {
			d.configure(derive.SystemConfigUpdateMinBaseFee, number(500_000))
			d.configure(derive.SystemConfigUpdateDAFootprintGasScalar, number(200))
		}},
		// The update counts for its own L1 block already: what the old batcher posts in it is nothing, and the new one posts it again.
		{batcher1, channel{blobs: 1}, func() {
			address := batcher2.address
			d.configure(derive.SystemConfigUpdateBatcher, common.LeftPadBytes(address[:], 32))
		}},
		{batcher2, channel{brotli: true, blobs: 1, frameSize: 1_000}, func() { d.deposit(&alice.address, 1, 0, 100_000, nil) }},
		// Singular batches name the parent that they are for. A span batch would be taken up again by who starts at the replaced block.
		{batcher2, channel{singular: true, invalid: 3}, func() {}},
		{batcher2, channel{blobs: 2}, func() {}},
	} {
		d.sequence()
		d.post(round.from, round.how)
		round.l1()
		d.others()
		d.mine()
	}
	d.derive()
	return d
}

// newDevnet starts the nodes at their genesis blocks.
func newDevnet(t *testing.T, f forks) *devnet {
	if os.Getenv("DISABLE_OP_E2E_LEGACY") != "true" {
		t.Fatal("DISABLE_OP_E2E_LEGACY is not true: use run.sh")
	}
	d := &devnet{t: helpers.SubTest(t), setup: genesis(t, f), dir: t.TempDir(), nonces: map[key]uint64{}}
	d.miner, d.engine, d.seq = helpers.SetupSequencerTest(d.t, d.setup, quiet)
	engine, verifier := helpers.SetupVerifier(d.t, d.setup, quiet, d.miner.L1Client(d.t, d.setup.RollupCfg), d.miner.BlobStore(), &sync.Config{})
	d.verifier = verifier
	d.seq.ActL2PipelineFull(d.t)
	d.verifier.ActL2PipelineFull(d.t)

	d.pool = &pool{Client: d.miner.EthClient(), nonces: map[common.Address]uint64{}, signer: types.LatestSigner(d.setup.L1Cfg.Config)}
	d.batchers = map[common.Address]*batcher{}
	for _, k := range []key{batcher1, batcher2} {
		cfg := &helpers.BatcherCfg{MaxL1TxSize: 128_000, BatcherKey: k.PrivateKey}
		d.batchers[k.address] = &batcher{helpers.NewL2Batcher(quiet, d.setup.RollupCfg, cfg, d.seq.RollupClient(), d.pool,
			d.engine.EthClient(), d.engine.EngineClient(d.t, d.setup.RollupCfg)), cfg}
	}

	beacon := fakebeacon.NewBeacon(quiet, d.miner.BlobStore(), genesisTime, l1BlockTime)
	check(t, beacon.Start("127.0.0.1:0"))
	t.Cleanup(func() { _ = beacon.Close() })
	d.l1, d.beacon, d.l2 = d.miner.HTTPEndpoint(), beacon.BeaconAddr(), engine.HTTPEndpoint()

	for name, value := range map[string]any{
		"rollup.json": d.setup.RollupCfg, "l1-genesis.json": d.setup.L1Cfg, "l1-chain-config.json": d.setup.L1Cfg.Config, "l2-genesis.json": d.setup.L2Cfg, "l2-chain-config.json": d.setup.L2Cfg.Config,
	} {
		data, err := json.MarshalIndent(value, "", "  ")
		check(t, err)
		check(t, os.WriteFile(d.file(name), data, 0o644))
	}
	return d
}

func (d *devnet) file(name string) string { return filepath.Join(d.dir, name) }

// mine makes the next L1 block, of what batchers have posted and l1Txs, and shows it to the sequencer.
func (d *devnet) mine() {
	d.miner.ActL1StartBlock(l1BlockTime)(d.t)
	for _, tx := range append(d.pool.txs, d.l1Txs...) {
		d.miner.IncludeTx(d.t, tx)
	}
	d.pool.txs, d.l1Txs = nil, nil
	d.miner.ActL1EndBlock(d.t)
	d.seq.ActL1HeadSignal(d.t)
	d.seq.ActL2PipelineFull(d.t)
}

// sequence makes the L2 blocks that have the L1 head as their origin, with transactions of its own choice.
func (d *devnet) sequence() {
	// After a block that was replaced these are not what they were.
	state, err := d.engine.L2Chain().StateAt(d.engine.L2Chain().CurrentHeader().Root)
	d.check(err)
	for _, k := range []key{alice, bob} {
		d.nonces[k] = state.GetNonce(k.address)
	}
	next := d.miner.L1Chain().CurrentHeader().Time + l1BlockTime
	for d.seq.L2Unsafe().Time+l2BlockTime < next {
		d.seq.ActL2StartBlock(d.t)
		for _, tx := range d.userTxs(d.seq.L2Unsafe().Number+1, d.seq.L2Unsafe().Time+l2BlockTime) {
			d.include(tx.from, tx.data)
		}
		d.seq.ActL2EndBlock(d.t)
	}
}

// include puts a transaction into the L2 block being built, unless that has to be empty of them: then nothing happens.
func (d *devnet) include(from key, data func(nonce uint64) types.TxData) {
	tx, err := types.SignNewTx(from.PrivateKey, types.LatestSigner(d.setup.L2Cfg.Config), data(d.nonces[from]))
	d.check(err)
	receipt, err := d.engine.EngineApi.IncludeTx(tx, from.address)
	d.check(err)
	if receipt != nil {
		d.nonces[from]++
		if data, ok := data(0).(*types.SetCodeTx); ok {
			d.nonces[bob] += uint64(len(data.AuthList))
		}
	}
}

type userTx struct {
	from key
	data func(nonce uint64) types.TxData
}

// userTxs are the user transactions of L2 block n.
func (d *devnet) userTxs(n, time uint64) []userTx {
	id := d.setup.L2Cfg.Config.ChainID
	call := func(from key, to common.Address, value int64, input []byte) userTx {
		return userTx{from, func(nonce uint64) types.TxData {
			return &types.DynamicFeeTx{ChainID: id, Nonce: nonce, To: &to, Value: big.NewInt(value), Data: input, Gas: 600_000,
				GasTipCap: big.NewInt(1_000_000), GasFeeCap: big.NewInt(100_000_000_000)}
		}}
	}
	store := func(from key, to common.Address, slot, value uint64) userTx {
		return call(from, to, 0, append(number(slot), number(value)...))
	}
	precompile := func(address uint16, input []byte) userTx {
		return call(alice, caller, 0, append(common.BytesToAddress(binary.BigEndian.AppendUint16(nil, address)).Bytes(), input...))
	}
	var txs []userTx
	// Slots come and go: what a deletion leaves of a trie needs nodes that nothing else reads.
	txs = append(txs, store(alice, storer, n%7, n), store(bob, storer, n%5, 0))
	switch n % 6 {
	case 0:
		txs = append(txs, call(bob, crypto.CreateAddress(bob.address, 1<<32+n), 1_000, nil))
		txs = append(txs, call(alice, reverter, 0, nil))
	case 1:
		txs = append(txs, userTx{bob, func(nonce uint64) types.TxData {
			return &types.LegacyTx{Nonce: nonce, GasPrice: big.NewInt(50_000_000_000), Gas: 200_000, Data: deploys(stores)}
		}})
	case 2:
		txs = append(txs, store(bob, predeploys.L2ToL1MessagePasserAddr, n, 1))
	case 3:
		txs = append(txs, precompile(1, signed()), precompile(10, pointEvaluation(d.t)))
	case 4:
		txs = append(txs, precompile(8, make([]byte, 192)), userTx{bob, func(nonce uint64) types.TxData {
			return &types.AccessListTx{ChainID: id, Nonce: nonce, To: &storer, GasPrice: big.NewInt(50_000_000_000), Gas: 100_000, Data: append(number(n), number(1)...),
				AccessList: types.AccessList{{Address: storer, StorageKeys: []common.Hash{{1}, common.BigToHash(new(big.Int).SetUint64(n))}}}}
		}})
	case 5:
		switch {
		case d.setup.RollupCfg.IsIsthmus(time):
			txs = append(txs, precompile(0x0b, make([]byte, 256)), precompile(0x0f, make([]byte, 384)))
			txs = append(txs, userTx{alice, func(nonce uint64) types.TxData {
				auth, err := types.SignSetCode(bob.PrivateKey, types.SetCodeAuthorization{ChainID: *uint256.MustFromBig(id), Address: storer, Nonce: d.nonces[bob]})
				d.check(err)
				return &types.SetCodeTx{ChainID: uint256.MustFromBig(id), Nonce: nonce, To: bob.address, Data: append(number(n), number(n)...), Gas: 200_000,
					GasTipCap: uint256.NewInt(1), GasFeeCap: uint256.NewInt(100_000_000_000), AuthList: []types.SetCodeAuthorization{auth}}
			}})
		case d.setup.RollupCfg.IsFjord(time):
			txs = append(txs, precompile(0x100, make([]byte, 160)))
		}
	}
	return txs
}

// channel is how a batcher posts.
type channel struct {
	singular bool
	blobs    int // 0: calldata
	// frameSize splits a channel into frames, and so transactions, of at most that many bytes; brotli compresses by it. These and what follows are
	// not what the helpers' batcher does, so that only its transactions are made by it.
	frameSize uint64
	brotli    bool
	// invalid is which of the blocks has a transaction that cannot be: from Holocene on a block of deposits comes instead, and the rest is dropped.
	invalid uint64
}

// post has a batcher post all blocks since the safe head. Its transactions are in the next L1 block.
func (d *devnet) post(from key, e channel) {
	b := d.batchers[from.address]
	b.cfg.ForceSubmitSingularBatch = e.singular
	b.cfg.DataAvailabilityType = da.CalldataType
	if e.blobs > 0 {
		b.cfg.DataAvailabilityType = da.BlobsType
	}
	head := d.miner.L1Chain().CurrentHeader()
	b.cfg.EnableCellProofs = d.setup.L1Cfg.Config.IsOsaka(new(big.Int).Add(head.Number, common.Big1), head.Time+l1BlockTime)
	switch {
	case e.frameSize > 0 || e.brotli || e.invalid > 0:
		algorithm := derive.Zlib
		if e.brotli {
			algorithm = derive.Brotli10
		}
		if e.frameSize == 0 {
			e.frameSize = b.cfg.MaxL1TxSize
		}
		spec := rollup.NewChainSpec(d.setup.RollupCfg)
		var out derive.ChannelOut
		var err error
		if e.singular {
			var c derive.Compressor
			c, err = compressor.NewNonCompressor(compressor.Config{TargetOutputSize: b.cfg.MaxL1TxSize, CompressionAlgo: algorithm})
			d.check(err)
			out, err = derive.NewSingularChannelOut(c, spec)
		} else {
			out, err = derive.NewSpanChannelOut(b.cfg.MaxL1TxSize, algorithm, spec)
		}
		d.check(err)
		for n := d.seq.L2Safe().Number + 1; n <= d.seq.L2Unsafe().Number; n++ {
			block := d.engine.L2Chain().GetBlockByNumber(n)
			if n == d.seq.L2Safe().Number+e.invalid {
				tx, err := types.SignNewTx(bob.PrivateKey, types.LatestSigner(d.setup.L2Cfg.Config), &types.LegacyTx{Nonce: 1 << 20, GasPrice: big.NewInt(1e12), Gas: 21_000})
				d.check(err)
				block = block.WithBody(types.Body{Transactions: append(block.Transactions(), tx)})
			}
			_, err := out.AddBlock(d.setup.RollupCfg, block)
			d.check(err)
		}
		d.check(out.Close())
		for last := false; !last; {
			data := bytes.NewBuffer([]byte{params.DerivationVersion0})
			_, err := out.OutputFrame(data, e.frameSize)
			if last = errors.Is(err, io.EOF); !last {
				d.check(err)
			}
			b.ActL2BatchSubmitRaw(d.t, data.Bytes())
		}
	case e.blobs > 1:
		b.ActSubmitAllMultiBlobs(d.t, e.blobs)
	default:
		b.ActSubmitAll(d.t)
	}
}

// deposit has the portal log a deposit, in the next L1 block.
func (d *devnet) deposit(to *common.Address, mint, value int64, gas uint64, input []byte) {
	tx := &types.DepositTx{From: depositor, To: to, Mint: big.NewInt(mint), Value: big.NewInt(value), Gas: gas, Data: input}
	log, err := derive.MarshalDepositLogEvent(portal, tx)
	d.check(err)
	d.emit(portal, log.Topics, log.Data)
}

// configure has the system config log an update, in the next L1 block.
func (d *devnet) configure(update common.Hash, words ...[]byte) {
	data := append(number(32), number(32*uint64(len(words)))...)
	d.emit(config, []common.Hash{derive.ConfigUpdateEventABIHash, derive.ConfigUpdateEventVersion0, update}, append(data, bytes.Join(words, nil)...))
}

func (d *devnet) emit(from common.Address, topics []common.Hash, data []byte) {
	var input []byte
	for _, topic := range topics {
		input = append(input, topic[:]...)
	}
	tx, err := types.SignNewTx(alice.PrivateKey, d.pool.signer, &types.DynamicFeeTx{
		ChainID: d.setup.L1Cfg.Config.ChainID, Nonce: d.l1Nonce, To: &from, Gas: 300_000, Data: append(input, data...),
		GasTipCap: big.NewInt(1_000_000_000), GasFeeCap: big.NewInt(100_000_000_000),
	})
	d.check(err)
	d.l1Nonce++
	d.l1Txs = append(d.l1Txs, tx)
}

// others are L1 transactions of all types that mean nothing to the L2: hoike has to know them to check the roots of what it reads.
func (d *devnet) others() {
	cfg := d.setup.L1Cfg.Config
	head := d.miner.L1Chain().CurrentHeader()
	fee, id := big.NewInt(100_000_000_000), cfg.ChainID
	send := func(signer types.Signer, data types.TxData) {
		tx, err := types.SignNewTx(alice.PrivateKey, signer, data)
		d.check(err)
		d.l1Nonce++
		d.l1Txs = append(d.l1Txs, tx)
	}
	send(d.pool.signer, &types.LegacyTx{Nonce: d.l1Nonce, GasPrice: fee, Gas: 100_000, To: &bob.address, Value: big.NewInt(1)})
	send(types.HomesteadSigner{}, &types.LegacyTx{Nonce: d.l1Nonce, GasPrice: fee, Gas: 200_000, Data: deploys(logs(0))})
	send(d.pool.signer, &types.AccessListTx{ChainID: id, Nonce: d.l1Nonce, GasPrice: fee, Gas: 100_000, To: &config, Data: make([]byte, 128),
		AccessList: types.AccessList{{Address: portal, StorageKeys: []common.Hash{{1}, {}}}, {Address: config}}})
	if cfg.IsPrague(head.Number, head.Time+l1BlockTime) {
		auth, err := types.SignSetCode(bob.PrivateKey, types.SetCodeAuthorization{Address: portal, Nonce: d.l1Bob})
		d.check(err)
		d.l1Bob++
		send(d.pool.signer, &types.SetCodeTx{ChainID: uint256.MustFromBig(id), Nonce: d.l1Nonce, To: bob.address, Data: make([]byte, 160), Gas: 200_000,
			GasTipCap: uint256.NewInt(1), GasFeeCap: uint256.MustFromBig(fee), AuthList: []types.SetCodeAuthorization{auth}})
	}
}

// derive has the verifier derive what L1 has.
func (d *devnet) derive() {
	d.verifier.ActL1HeadSignal(d.t)
	d.verifier.ActL2PipelineFull(d.t)
}

// output is op-node's answer about an L2 block.
func (d *devnet) output(n uint64) *eth.OutputResponse {
	output, err := d.verifier.RollupClient().OutputAtBlock(context.Background(), n)
	d.check(err)
	return output
}

func (d *devnet) check(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// pool keeps what batchers send for the next L1 block. Unlike geth's it has them at once.
type pool struct {
	*ethclient.Client
	signer types.Signer
	nonces map[common.Address]uint64
	txs    []*types.Transaction
}

func (p *pool) PendingNonceAt(_ context.Context, account common.Address) (uint64, error) {
	return p.nonces[account], nil
}

func (p *pool) SendTransaction(_ context.Context, tx *types.Transaction) error {
	from, err := p.signer.Sender(tx)
	p.nonces[from]++
	p.txs = append(p.txs, tx)
	return err
}

// HeaderByNumber is asked for the pending one.
func (p *pool) HeaderByNumber(ctx context.Context, _ *big.Int) (*types.Header, error) {
	return p.Client.HeaderByNumber(ctx, nil)
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 24), n) }

// deploys is code that deploys code of less than 256 bytes.
func deploys(code []byte) []byte {
	return append([]byte{0x60, byte(len(code)), 0x60, 11, 0x5f, 0x39, 0x60, byte(len(code)), 0x5f, 0xf3, 0xfe}, code...)
}

// signed is an input of ecrecover that has a signer.
func signed() []byte {
	hash := crypto.Keccak256([]byte("signed"))
	signature, err := crypto.Sign(hash, alice.PrivateKey)
	if err != nil {
		panic(err)
	}
	return bytes.Join([][]byte{hash, number(27 + uint64(signature[64])), signature[:64]}, nil)
}

// pointEvaluation is an input of the KZG precompile that is right.
func pointEvaluation(t helpers.Testing) []byte {
	var blob kzg4844.Blob
	blob[31] = 1
	point := kzg4844.Point{31: 2}
	commitment, err := kzg4844.BlobToCommitment(&blob)
	if err != nil {
		t.Fatal(err)
	}
	proof, value, err := kzg4844.ComputeProof(&blob, point)
	if err != nil {
		t.Fatal(err)
	}
	hash := eth.KZGToVersionedHash(commitment)
	return bytes.Join([][]byte{hash[:], point[:], value[:], commitment[:], proof[:]}, nil)
}
