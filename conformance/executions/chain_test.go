package executions

import (
	"bytes"
	"fmt"
	"math/big"

	"github.com/ethereum-optimism/optimism/op-program/client/l2/engineapi"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/consensus"
	"github.com/ethereum/go-ethereum/consensus/beacon"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/state"
	"github.com/ethereum/go-ethereum/core/tracing"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/triedb"
	"github.com/holiman/uint256"
)

// execution is a line: a state, a block's attributes, and what hoike says of them.
type execution struct {
	Seed       uint64             `json:"seed"`
	Fork       string             `json:"fork"`
	Forks      map[string]uint64  `json:"forks"`
	Activates  bool               `json:"activates"`
	ChainID    uint64             `json:"chain_id"`
	Alloc      types.GenesisAlloc `json:"alloc"`
	Parent     hexutil.Bytes      `json:"parent"`
	Attributes struct {
		Timestamp    hexutil.Uint64  `json:"timestamp"`
		PrevRandao   common.Hash     `json:"prevRandao"`
		FeeRecipient common.Address  `json:"suggestedFeeRecipient"`
		GasLimit     hexutil.Uint64  `json:"gasLimit"`
		BeaconRoot   *common.Hash    `json:"parentBeaconBlockRoot"`
		Eip1559      *eth.Bytes8     `json:"eip1559Params"`
		MinBaseFee   *uint64         `json:"minBaseFee"`
		Transactions []hexutil.Bytes `json:"transactions"`
	} `json:"attributes"`
	Outcome struct {
		Header   hexutil.Bytes `json:"header"`
		Hash     common.Hash   `json:"hash"`
		Receipts [][2]any      `json:"receipts"`
		// Accounts are leaves of the state's trie, of accounts that may have changed.
		Accounts  map[common.Address]hexutil.Bytes `json:"accounts"`
		Invalid   string                           `json:"invalid"`
		Footprint bool                             `json:"footprint"`
		Error     string                           `json:"error"`
	} `json:"outcome"`
}

// made is what op-geth made.
type made struct {
	block    *types.Block
	receipts types.Receipts
	state    *state.StateDB
}

// execute builds the block as op-program does. The error says why there is none.
func (e *execution) execute() (m *made, err error) {
	c := &chain{config: e.config(), parent: new(types.Header)}
	if err := rlp.DecodeBytes(e.Parent, c.parent); err != nil {
		return nil, fmt.Errorf("the parent's header: %w", err)
	}
	if root, err := c.begin(e.Alloc); err != nil {
		return nil, err
	} else if root != c.parent.Root {
		return nil, fmt.Errorf("the state's root is %v here, not %v", root, c.parent.Root)
	}
	a := &e.Attributes
	gasLimit := eth.Uint64Quantity(a.GasLimit)
	processor, err := engineapi.NewBlockProcessorFromPayloadAttributes(c, c.parent.Hash(), &eth.PayloadAttributes{
		Timestamp: eth.Uint64Quantity(a.Timestamp), PrevRandao: eth.Bytes32(a.PrevRandao), SuggestedFeeRecipient: a.FeeRecipient,
		ParentBeaconBlockRoot: a.BeaconRoot, GasLimit: &gasLimit, EIP1559Params: a.Eip1559, MinBaseFee: a.MinBaseFee,
	})
	if err != nil {
		return nil, err
	}
	for i, raw := range a.Transactions {
		var tx types.Transaction
		if err := tx.UnmarshalBinary(raw); err != nil {
			return nil, fmt.Errorf("transaction %d: %w", i, err)
		}
		if _, err := processor.AddTx(&tx); err != nil {
			return nil, err
		}
	}
	block, receipts, err := processor.Assemble()
	if err != nil {
		return nil, err
	}
	if err := processor.Commit(); err != nil {
		return nil, err
	}
	after, err := c.StateAt(block.Root())
	return &made{block, receipts, after}, err
}

// compare says how the two differ, or nothing.
func (e *execution) compare(m *made, err error) string {
	switch {
	case e.Outcome.Error != "":
		return "hoike cannot tell: " + e.Outcome.Error
	case err != nil && e.Outcome.Invalid == "":
		return fmt.Sprintf("a block for hoike, but for op-geth: %v", err)
	case err != nil:
		return ""
	case e.Outcome.Footprint:
		// op-program does not look at the limit; op-geth's block validation does (README of the fixtures' claims).
		return ""
	case e.Outcome.Invalid != "":
		return "a block for op-geth, but for hoike: " + e.Outcome.Invalid
	case m.block.Hash() == e.Outcome.Hash:
		return ""
	}
	var ours types.Header
	if err := rlp.DecodeBytes(e.Outcome.Header, &ours); err != nil {
		return "hoike's header: " + err.Error()
	}
	text := fmt.Sprintf("the blocks differ:\nop-geth %+v\nhoike   %+v", *m.block.Header(), ours)
	for i, receipt := range m.receipts {
		if i < len(e.Outcome.Receipts) {
			text += fmt.Sprintf("\n\t%d: type %d, op-geth %v %v, hoike %v", i, receipt.Type, receipt.Status == 1, receipt.CumulativeGasUsed, e.Outcome.Receipts[i])
		}
	}
	for address, leaf := range e.Outcome.Accounts {
		var theirs []byte
		if m.state.Exist(address) {
			theirs, _ = rlp.EncodeToBytes(&types.StateAccount{
				Nonce: m.state.GetNonce(address), Balance: m.state.GetBalance(address),
				Root: m.state.GetStorageRoot(address), CodeHash: m.state.GetCodeHash(address).Bytes(),
			})
		}
		if !bytes.Equal(theirs, leaf) {
			text += fmt.Sprintf("\n\t%v: op-geth %x, hoike %x", address, theirs, []byte(leaf))
		}
	}
	return text
}

func (e *execution) config() *params.ChainConfig {
	at := func(fork string) *uint64 {
		if time, ok := e.Forks[fork]; ok {
			return &time
		}
		return nil
	}
	canyon := uint64(250)
	return &params.ChainConfig{
		ChainID:        new(big.Int).SetUint64(e.ChainID),
		HomesteadBlock: common.Big0, EIP150Block: common.Big0, EIP155Block: common.Big0, EIP158Block: common.Big0,
		ByzantiumBlock: common.Big0, ConstantinopleBlock: common.Big0, PetersburgBlock: common.Big0, IstanbulBlock: common.Big0,
		MuirGlacierBlock: common.Big0, BerlinBlock: common.Big0, LondonBlock: common.Big0, ArrowGlacierBlock: common.Big0,
		GrayGlacierBlock: common.Big0, MergeNetsplitBlock: common.Big0, TerminalTotalDifficulty: common.Big0,
		BedrockBlock: common.Big0, RegolithTime: at("regolith"),
		CanyonTime: at("canyon"), ShanghaiTime: at("canyon"),
		EcotoneTime: at("ecotone"), CancunTime: at("ecotone"),
		FjordTime: at("fjord"), GraniteTime: at("granite"), HoloceneTime: at("holocene"),
		IsthmusTime: at("isthmus"), PragueTime: at("isthmus"), JovianTime: at("jovian"), OsakaTime: at("karst"),
		Optimism: &params.OptimismConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &canyon},
	}
}

// chain is a parent block and its state: all that a block builder asks for.
type chain struct {
	config *params.ChainConfig
	parent *types.Header
	db     state.Database
}

var _ engineapi.BlockDataProvider = (*chain)(nil)

// begin makes the state, and returns its root.
func (c *chain) begin(alloc types.GenesisAlloc) (common.Hash, error) {
	c.db = state.NewDatabase(triedb.NewDatabase(rawdb.NewMemoryDatabase(), nil), nil)
	s, err := state.New(types.EmptyRootHash, c.db)
	if err != nil {
		return common.Hash{}, err
	}
	for address, account := range alloc {
		s.CreateAccount(address)
		balance, _ := uint256.FromBig(account.Balance)
		s.SetBalance(address, balance, tracing.BalanceChangeUnspecified)
		s.SetNonce(address, account.Nonce, tracing.NonceChangeUnspecified)
		s.SetCode(address, account.Code, tracing.CodeChangeUnspecified)
		for slot, value := range account.Storage {
			s.SetState(address, slot, value)
		}
	}
	// Accounts of nothing stay.
	root, err := s.Commit(0, false, false)
	if err != nil {
		return common.Hash{}, err
	}
	return root, c.db.TrieDB().Commit(root, false)
}

func (c *chain) StateAt(root common.Hash) (*state.StateDB, error) { return state.New(root, c.db) }
func (c *chain) Engine() consensus.Engine                         { return beacon.New(nil) }
func (c *chain) GetVMConfig() *vm.Config                          { return nil }
func (c *chain) Config() *params.ChainConfig                      { return c.config }
func (c *chain) CurrentHeader() *types.Header                     { return c.parent }

func (c *chain) GetHeader(hash common.Hash, _ uint64) *types.Header { return c.GetHeaderByHash(hash) }

func (c *chain) GetHeaderByNumber(number uint64) *types.Header {
	if c.parent.Number.Uint64() == number {
		return c.parent
	}
	return nil
}

func (c *chain) GetHeaderByHash(hash common.Hash) *types.Header {
	if c.parent.Hash() == hash {
		return c.parent
	}
	return nil
}
