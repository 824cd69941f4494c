package scenarios

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rlp"
)

// data is bytes in hexadecimal, without a prefix.
type data []byte

func (d *data) UnmarshalJSON(text []byte) error {
	var digits string
	if err := json.Unmarshal(text, &digits); err != nil {
		return err
	}
	var err error
	*d, err = hex.DecodeString(digits)
	return err
}

// scenario is one line of crates/testkit/examples/scenarios: an L1 chain, and what hoike derives of it.
type scenario struct {
	Seed   uint64
	Rollup rollup.Config
	L1     struct {
		ChainID  uint64 `json:"chain_id"`
		Shanghai *uint64
		Schedule []struct{ Time, Fraction uint64 }
	}
	Blocks []scenarioL1Block
	L2     []scenarioL2Block
	Runs   []scenarioRun
	// Reasons and Missing are in the last line only.
	Reasons map[string]uint64
	Missing []string
	// times are the L1 blocks, decoded.
	times []eth.L1BlockRef
}

type scenarioL1Block struct {
	Header       data
	Transactions []data
	Receipts     []data
	Blobs        []struct {
		Hash common.Hash
		// Data is the blob without the zeros at its end.
		Data data
	}
}

type scenarioL2Block struct {
	Number, Time uint64
	Hash, Parent common.Hash
	GasLimit     uint64 `json:"gas_limit"`
	ExtraData    data   `json:"extra_data"`
	Transactions []data
}

type scenarioRun struct {
	// Agreed is the number of the block that derivation starts from.
	Agreed   uint64
	Attempts []attempt
	// Halt is why hoike could not go on.
	Halt *string
	// Safe is the number of the last safe block.
	Safe uint64
}

// attempt is attributes that came out of hoike, and what became of them.
type attempt struct {
	// L1 is the number of the block that was being read, Safe that of the newest safe block then.
	L1, Safe   uint64
	Attributes struct {
		Parent       common.Hash
		Time         uint64
		PrevRandao   eth.Bytes32    `json:"prev_randao"`
		FeeRecipient common.Address `json:"fee_recipient"`
		GasLimit     uint64         `json:"gas_limit"`
		Withdrawals  bool
		BeaconRoot   *common.Hash `json:"beacon_root"`
		Eip1559      *eth.Bytes8  `json:"eip1559_params"`
		MinBaseFee   *uint64      `json:"min_base_fee"`
		Transactions []data
	}
	// Block is missing where they were invalid.
	Block *struct {
		Hash      common.Hash
		ExtraData data `json:"extra_data"`
	}
}

// l1Config is the L1 chain's config as geth has it: the forks that change the blob base fee get their times in the order of the schedule.
func (s *scenario) l1Config() *params.ChainConfig {
	config := &params.ChainConfig{
		ChainID: new(big.Int).SetUint64(s.L1.ChainID), LondonBlock: new(big.Int), ShanghaiTime: s.L1.Shanghai,
		BlobScheduleConfig: &params.BlobScheduleConfig{},
	}
	blobs := config.BlobScheduleConfig
	forks := []struct {
		time   **uint64
		config **params.BlobConfig
	}{
		{&config.CancunTime, &blobs.Cancun}, {&config.PragueTime, &blobs.Prague}, {&config.OsakaTime, &blobs.Osaka},
		{&config.BPO1Time, &blobs.BPO1}, {&config.BPO2Time, &blobs.BPO2},
	}
	for i, entry := range s.L1.Schedule {
		*forks[i].time = &entry.Time
		*forks[i].config = &params.BlobConfig{Target: 3, Max: 6, UpdateFraction: entry.Fraction}
	}
	return config
}

// l1Chain serves the L1 of a scenario as op-node's pipeline wants it.
type l1Chain struct {
	first  uint64
	byHash map[common.Hash]*l1Block
	blocks []*l1Block
	blobs  map[common.Hash]*eth.Blob
	// at is the last block that was asked for by number or hash: the one that the pipeline stands at, once it runs. start is the last one asked for by
	// hash, which happens only while it looks where to begin.
	at, start uint64
}

type l1Block struct {
	info         eth.BlockInfo
	transactions types.Transactions
	receipts     types.Receipts
}

func (s *scenario) l1Chain() (*l1Chain, error) {
	chain := &l1Chain{byHash: make(map[common.Hash]*l1Block), blobs: make(map[common.Hash]*eth.Blob)}
	for i, raw := range s.Blocks {
		var header types.Header
		if err := rlp.DecodeBytes(raw.Header, &header); err != nil {
			return nil, fmt.Errorf("header %d: %w", i, err)
		}
		block := &l1Block{info: eth.HeaderBlockInfo(&header)}
		for j, tx := range raw.Transactions {
			decoded := new(types.Transaction)
			if err := decoded.UnmarshalBinary(tx); err != nil {
				return nil, fmt.Errorf("transaction %d of L1 block %d: %w", j, header.Number, err)
			}
			block.transactions = append(block.transactions, decoded)
		}
		logs := uint(0)
		for j, receipt := range raw.Receipts {
			decoded := new(types.Receipt)
			if err := decoded.UnmarshalBinary(receipt); err != nil {
				return nil, fmt.Errorf("receipt %d of L1 block %d: %w", j, header.Number, err)
			}
			for _, log := range decoded.Logs {
				log.BlockHash, log.BlockNumber, log.Index = block.info.Hash(), block.info.NumberU64(), logs
				logs++
			}
			block.receipts = append(block.receipts, decoded)
		}
		for _, raw := range raw.Blobs {
			blob := new(eth.Blob)
			copy(blob[:], raw.Data)
			chain.blobs[raw.Hash] = blob
		}
		chain.byHash[block.info.Hash()] = block
		chain.blocks = append(chain.blocks, block)
	}
	chain.first = chain.blocks[0].info.NumberU64()
	s.times = nil
	for _, block := range chain.blocks {
		s.times = append(s.times, eth.InfoToL1BlockRef(block.info))
	}
	return chain, nil
}

func (c *l1Chain) time(number uint64) uint64 { return c.blocks[number-c.first].info.Time() }

func (c *l1Chain) block(hash common.Hash) (*l1Block, error) {
	if block := c.byHash[hash]; block != nil {
		return block, nil
	}
	return nil, fmt.Errorf("L1 block %s: %w", hash, ethereum.NotFound)
}

func (c *l1Chain) L1BlockRefByLabel(context.Context, eth.BlockLabel) (eth.L1BlockRef, error) {
	return eth.InfoToL1BlockRef(c.blocks[len(c.blocks)-1].info), nil
}

func (c *l1Chain) L1BlockRefByNumber(_ context.Context, number uint64) (eth.L1BlockRef, error) {
	if number < c.first || number-c.first >= uint64(len(c.blocks)) {
		return eth.L1BlockRef{}, fmt.Errorf("L1 block %d: %w", number, ethereum.NotFound)
	}
	c.at = number
	return eth.InfoToL1BlockRef(c.blocks[number-c.first].info), nil
}

func (c *l1Chain) L1BlockRefByHash(_ context.Context, hash common.Hash) (eth.L1BlockRef, error) {
	block, err := c.block(hash)
	if err != nil {
		return eth.L1BlockRef{}, err
	}
	c.at = block.info.NumberU64()
	c.start = c.at
	return eth.InfoToL1BlockRef(block.info), nil
}

func (c *l1Chain) InfoByHash(_ context.Context, hash common.Hash) (eth.BlockInfo, error) {
	block, err := c.block(hash)
	if err != nil {
		return nil, err
	}
	return block.info, nil
}

func (c *l1Chain) FetchReceipts(_ context.Context, hash common.Hash) (eth.BlockInfo, types.Receipts, error) {
	block, err := c.block(hash)
	if err != nil {
		return nil, nil, err
	}
	return block.info, block.receipts, nil
}

func (c *l1Chain) InfoAndTxsByHash(_ context.Context, hash common.Hash) (eth.BlockInfo, types.Transactions, error) {
	block, err := c.block(hash)
	if err != nil {
		return nil, nil, err
	}
	return block.info, block.transactions, nil
}

func (c *l1Chain) GetBlobsByHash(_ context.Context, _ uint64, hashes []common.Hash) ([]*eth.Blob, error) {
	var blobs []*eth.Blob
	for _, hash := range hashes {
		blob := c.blobs[hash]
		if blob == nil {
			return nil, fmt.Errorf("blob %s: %w", hash, ethereum.NotFound)
		}
		blobs = append(blobs, blob)
	}
	return blobs, nil
}
