package scenarios

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// disagreement is where op-node goes another way than hoike. The engine panics with it, since nothing after it means anything.
type disagreement struct {
	run     int
	attempt int
	// start and l1 are the L1 blocks at which op-node began, and at which it stood.
	start, l1 uint64
	text      string
	// attributes are op-node's, if it is they that differ.
	attributes *eth.PayloadAttributes
}

// engine executes nothing: it knows what hoike has derived, and what became of it.
type engine struct {
	config *rollup.Config
	l1     *l1Chain
	run    *scenarioRun
	blocks map[common.Hash]*eth.ExecutionPayload
	head   common.Hash
	safe   common.Hash
	// next is the index of the attempt that has to come next.
	next int
	// calls ends a run that does not end by itself.
	calls int
}

func newEngine(s *scenario, l1 *l1Chain, run *scenarioRun) *engine {
	e := &engine{config: &s.Rollup, l1: l1, run: run, blocks: make(map[common.Hash]*eth.ExecutionPayload)}
	for _, block := range s.L2[:run.Agreed+1] {
		payload := &eth.ExecutionPayload{
			ParentHash: block.Parent, BlockNumber: hexutil.Uint64(block.Number), GasLimit: hexutil.Uint64(block.GasLimit),
			Timestamp: hexutil.Uint64(block.Time), ExtraData: eth.BytesMax32(block.ExtraData), BlockHash: block.Hash,
		}
		for _, tx := range block.Transactions {
			payload.Transactions = append(payload.Transactions, eth.Data(tx))
		}
		e.blocks[block.Hash] = payload
		e.head, e.safe = block.Hash, block.Hash
	}
	return e
}

func (e *engine) disagree(attributes *eth.PayloadAttributes, format string, args ...any) {
	panic(&disagreement{attempt: e.next, text: fmt.Sprintf(format, args...), attributes: attributes})
}

// invalidAttributes is the engine API's error for attributes that it does not begin to build on.
type invalidAttributes struct{}

func (invalidAttributes) Error() string  { return "invalid by hoike's stand-in" }
func (invalidAttributes) ErrorCode() int { return int(eth.InvalidPayloadAttributes) }

func (e *engine) ForkchoiceUpdate(_ context.Context, state *eth.ForkchoiceState, attributes *eth.PayloadAttributes) (*eth.ForkchoiceUpdatedResult, error) {
	if e.calls++; e.calls > 10_000 {
		e.disagree(nil, "op-node comes to no end")
	}
	e.head, e.safe = state.HeadBlockHash, state.SafeBlockHash
	status := eth.PayloadStatusV1{Status: eth.ExecutionValid, LatestValidHash: &e.head}
	if attributes == nil {
		return &eth.ForkchoiceUpdatedResult{PayloadStatus: status}, nil
	}
	if e.next >= len(e.run.Attempts) {
		e.disagree(attributes, "op-node has attributes that hoike does not have:\n%s", describe(attributes, state.HeadBlockHash))
	}
	want := &e.run.Attempts[e.next]
	if diff := e.compare(want, attributes, state); diff != "" {
		e.disagree(attributes, "attributes differ (op-node's, hoike's):\n%s", diff)
	}
	e.next++
	if want.Block == nil {
		// Engines say it in one of three ways. The last one, after having built it, is only understood from Holocene on.
		late := e.config.IsHolocene(e.l1.time(want.L1)) && !attributes.IsDepositsOnly()
		switch want.Attributes.Time % 3 {
		case 0:
			return nil, invalidAttributes{}
		case 1:
			status.Status = eth.ExecutionInvalid
			return &eth.ForkchoiceUpdatedResult{PayloadStatus: status}, nil
		case 2:
			if !late {
				return nil, invalidAttributes{}
			}
		}
	}
	id := new(eth.PayloadID)
	binary.BigEndian.PutUint64(id[:], uint64(e.next-1))
	return &eth.ForkchoiceUpdatedResult{PayloadStatus: status, PayloadID: id}, nil
}

func (e *engine) GetPayload(_ context.Context, info eth.PayloadInfo) (*eth.ExecutionPayloadEnvelope, error) {
	built := &e.run.Attempts[binary.BigEndian.Uint64(info.ID[:])]
	attributes := &built.Attributes
	payload := &eth.ExecutionPayload{
		ParentHash: attributes.Parent, FeeRecipient: attributes.FeeRecipient, PrevRandao: attributes.PrevRandao,
		BlockNumber: e.blocks[attributes.Parent].BlockNumber + 1, GasLimit: hexutil.Uint64(attributes.GasLimit),
		Timestamp: hexutil.Uint64(attributes.Time), BlockHash: refused,
	}
	if built.Block != nil {
		payload.ExtraData, payload.BlockHash = eth.BytesMax32(built.Block.ExtraData), built.Block.Hash
	}
	for _, tx := range attributes.Transactions {
		payload.Transactions = append(payload.Transactions, eth.Data(tx))
	}
	return &eth.ExecutionPayloadEnvelope{ParentBeaconBlockRoot: attributes.BeaconRoot, ExecutionPayload: payload}, nil
}

func (e *engine) NewPayload(_ context.Context, payload *eth.ExecutionPayload, _ *common.Hash) (*eth.PayloadStatusV1, error) {
	if payload.BlockHash == refused {
		return &eth.PayloadStatusV1{Status: eth.ExecutionInvalid}, nil
	}
	e.blocks[payload.BlockHash] = payload
	return &eth.PayloadStatusV1{Status: eth.ExecutionValid, LatestValidHash: &payload.BlockHash}, nil
}

// refused is the hash of blocks that are built and then refused.
var refused = common.Hash{0xde, 0xad}

// compare tells how op-node's attributes differ from those that come next, in what they hold and in what they came from.
func (e *engine) compare(want *attempt, got *eth.PayloadAttributes, state *eth.ForkchoiceState) string {
	var diff strings.Builder
	differ := func(name string, got, want any) {
		if got, want := fmt.Sprint(got), fmt.Sprint(want); got != want {
			fmt.Fprintf(&diff, "  %s: %s, %s\n", name, got, want)
		}
	}
	attributes := &want.Attributes
	differ("parent", state.HeadBlockHash, attributes.Parent)
	differ("L1 block", e.l1.at, want.L1)
	differ("safe", uint64(e.blocks[state.SafeBlockHash].BlockNumber), want.Safe)
	differ("time", uint64(got.Timestamp), attributes.Time)
	differ("randao", got.PrevRandao, attributes.PrevRandao)
	differ("fee recipient", got.SuggestedFeeRecipient, attributes.FeeRecipient)
	differ("gas limit", uint64(*got.GasLimit), attributes.GasLimit)
	differ("withdrawals", got.Withdrawals != nil, attributes.Withdrawals)
	differ("beacon root", deref(got.ParentBeaconBlockRoot), deref(attributes.BeaconRoot))
	differ("EIP-1559 parameters", deref(got.EIP1559Params), deref(attributes.Eip1559))
	differ("least base fee", deref(got.MinBaseFee), deref(attributes.MinBaseFee))
	differ("no transaction pool", got.NoTxPool, true)
	differ("transactions", len(got.Transactions), len(attributes.Transactions))
	for i := range max(len(got.Transactions), len(attributes.Transactions)) {
		var theirs, ours hexutil.Bytes
		if i < len(got.Transactions) {
			theirs = got.Transactions[i]
		}
		if i < len(attributes.Transactions) {
			ours = hexutil.Bytes(attributes.Transactions[i])
		}
		differ(fmt.Sprintf("transaction %d", i), theirs, ours)
	}
	return diff.String()
}

func deref[T any](value *T) string {
	if value == nil {
		return "none"
	}
	return fmt.Sprint(*value)
}

func describe(attributes *eth.PayloadAttributes, parent common.Hash) string {
	var out strings.Builder
	fmt.Fprintf(&out, "  time %d on %s, %d transactions\n", uint64(attributes.Timestamp), parent, len(attributes.Transactions))
	for _, tx := range attributes.Transactions {
		if len(tx) > 0 && tx[0] != types.DepositTxType {
			fmt.Fprintf(&out, "  %s\n", tx)
		}
	}
	return out.String()
}

func (e *engine) payload(hash common.Hash) (*eth.ExecutionPayload, error) {
	if payload := e.blocks[hash]; payload != nil {
		return payload, nil
	}
	return nil, fmt.Errorf("L2 block %s: %w", hash, ethereum.NotFound)
}

func (e *engine) byNumber(number uint64) (*eth.ExecutionPayload, error) {
	for payload := e.blocks[e.head]; payload != nil; payload = e.blocks[payload.ParentHash] {
		if uint64(payload.BlockNumber) == number {
			return payload, nil
		}
	}
	return nil, fmt.Errorf("L2 block %d: %w", number, ethereum.NotFound)
}

func (e *engine) reference(payload *eth.ExecutionPayload, err error) (eth.L2BlockRef, error) {
	if err != nil {
		return eth.L2BlockRef{}, err
	}
	return derive.PayloadToBlockRef(e.config, payload)
}

func (e *engine) L2BlockRefByLabel(_ context.Context, label eth.BlockLabel) (eth.L2BlockRef, error) {
	if label == eth.Unsafe {
		return e.reference(e.payload(e.head))
	}
	return e.reference(e.payload(e.safe))
}

func (e *engine) L2BlockRefByHash(_ context.Context, hash common.Hash) (eth.L2BlockRef, error) {
	return e.reference(e.payload(hash))
}

func (e *engine) L2BlockRefByNumber(_ context.Context, number uint64) (eth.L2BlockRef, error) {
	return e.reference(e.byNumber(number))
}

func (e *engine) PayloadByHash(_ context.Context, hash common.Hash) (*eth.ExecutionPayloadEnvelope, error) {
	payload, err := e.payload(hash)
	return &eth.ExecutionPayloadEnvelope{ExecutionPayload: payload}, err
}

func (e *engine) PayloadByNumber(_ context.Context, number uint64) (*eth.ExecutionPayloadEnvelope, error) {
	payload, err := e.byNumber(number)
	return &eth.ExecutionPayloadEnvelope{ExecutionPayload: payload}, err
}

func (e *engine) SystemConfigByL2Hash(_ context.Context, hash common.Hash) (eth.SystemConfig, error) {
	payload, err := e.payload(hash)
	if err != nil {
		return eth.SystemConfig{}, err
	}
	return derive.PayloadToSystemConfig(e.config, payload)
}
