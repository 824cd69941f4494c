package conformance

import (
	"crypto/ecdsa"
	"math/big"
	"testing"

	"github.com/ethereum-optimism/optimism/op-core/predeploys"
	"github.com/ethereum-optimism/optimism/op-e2e/e2eutils"
	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/core/vm/program"
	"github.com/ethereum/go-ethereum/core/vm/runtime"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
)

// forks are activation times of the devnet's L2, in seconds after genesis. All up to Ecotone are active from genesis on.
type forks struct {
	fjord, granite, holocene, isthmus, jovian uint64
	// l1Prague, l1Osaka and l1BPO1 are those of its L1.
	l1Prague, l1Osaka, l1BPO1 uint64
	// blobSchedule is the rollup's pectra_blob_schedule_time: until then L1 blob fees are reckoned as before Prague.
	blobSchedule uint64
}

// genesisTime is fixed, and nothing that the devnet does depends on the clock. Ids of channels are random, and with them all hashes.
const (
	genesisTime = 1_701_900_000
	l1BlockTime = 12
	l2BlockTime = 2
)

var (
	alice, bob, batcher1, batcher2 = account("alice"), account("bob"), account("first batcher"), account("second batcher")

	inbox  = common.HexToAddress("0xff00000000000000000000000000000000007777")
	portal = common.HexToAddress("0x0d0d")
	config = common.HexToAddress("0x0c0c")

	// depositor is no one else, since deposits count up its nonce on L2.
	depositor = common.HexToAddress("0xde90517e4")

	// Contracts of the L2 genesis: see their code below.
	storer, caller, reverter = common.HexToAddress("0x5700"), common.HexToAddress("0xca11"), common.HexToAddress("0xbad0")
)

type key struct {
	*ecdsa.PrivateKey
	address common.Address
}

func account(name string) key {
	private, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		panic(err)
	}
	return key{private, crypto.PubkeyToAddress(private.PublicKey)}
}

// genesis makes the configs and genesis blocks of both chains. op-deployer would need artifacts of forge, which the Go module does not have.
func genesis(t *testing.T, f forks) *e2eutils.SetupData {
	at := func(offset uint64) *uint64 {
		time := genesisTime + offset
		return &time
	}
	zero := new(uint64)
	ether := func(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(params.Ether)) }
	merged := params.ChainConfig{
		HomesteadBlock: common.Big0, EIP150Block: common.Big0, EIP155Block: common.Big0, EIP158Block: common.Big0,
		ByzantiumBlock: common.Big0, ConstantinopleBlock: common.Big0, PetersburgBlock: common.Big0, IstanbulBlock: common.Big0,
		MuirGlacierBlock: common.Big0, BerlinBlock: common.Big0, LondonBlock: common.Big0, ArrowGlacierBlock: common.Big0,
		GrayGlacierBlock: common.Big0, MergeNetsplitBlock: common.Big0, TerminalTotalDifficulty: common.Big0,
		ShanghaiTime: zero, CancunTime: zero,
	}

	l1 := merged
	l1.ChainID = big.NewInt(977)
	l1.PragueTime, l1.OsakaTime, l1.BPO1Time = at(f.l1Prague), at(f.l1Osaka), at(f.l1BPO1)
	l1.BlobScheduleConfig = &params.BlobScheduleConfig{
		Cancun: params.DefaultCancunBlobConfig, Prague: params.DefaultPragueBlobConfig,
		Osaka: params.DefaultOsakaBlobConfig, BPO1: params.DefaultBPO1BlobConfig,
	}
	// Blob fees that are well above one wei, so that it shows by which schedule they are reckoned.
	excess := uint64(60_000_000)
	l1Genesis := &core.Genesis{
		Config: &l1, Timestamp: genesisTime, GasLimit: 30_000_000, Difficulty: common.Big0,
		BaseFee: big.NewInt(7 * params.GWei), ExcessBlobGas: &excess, BlobGasUsed: new(uint64),
		Alloc: types.GenesisAlloc{
			alice.address:                {Balance: ether(10_000)},
			batcher1.address:             {Balance: ether(10_000)},
			batcher2.address:             {Balance: ether(10_000)},
			portal:                       {Balance: new(big.Int), Code: logs(4)},
			config:                       {Balance: new(big.Int), Code: logs(3)},
			params.BeaconRootsAddress:    {Balance: new(big.Int), Nonce: 1, Code: params.BeaconRootsCode},
			params.HistoryStorageAddress: {Balance: new(big.Int), Nonce: 1, Code: params.HistoryStorageCode},
		},
	}

	l2 := merged
	l2.ChainID = big.NewInt(70_000_977)
	l2.BedrockBlock, l2.RegolithTime, l2.CanyonTime, l2.EcotoneTime = common.Big0, zero, zero, zero
	l2.FjordTime, l2.GraniteTime, l2.HoloceneTime = at(f.fjord), at(f.granite), at(f.holocene)
	l2.IsthmusTime, l2.PragueTime, l2.JovianTime = at(f.isthmus), at(f.isthmus), at(f.jovian)
	l2.Optimism = &params.OptimismConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: new(uint64)}
	*l2.Optimism.EIP1559DenominatorCanyon = 250
	l2Genesis := &core.Genesis{
		Config: &l2, Timestamp: genesisTime, GasLimit: 30_000_000, Difficulty: common.Big0, BaseFee: big.NewInt(params.GWei),
		Alloc: types.GenesisAlloc{
			alice.address:             {Balance: ether(1_000)},
			bob.address:               {Balance: ether(1_000)},
			storer:                    {Balance: new(big.Int), Nonce: 1, Code: stores},
			caller:                    {Balance: new(big.Int), Nonce: 1, Code: relays},
			reverter:                  {Balance: new(big.Int), Nonce: 1, Code: program.New().Push0().Push0().Op(vm.REVERT).Bytes()},
			params.BeaconRootsAddress: {Balance: new(big.Int), Nonce: 1, Code: params.BeaconRootsCode},
			// A withdrawal is nothing but a slot that is written.
			predeploys.L2ToL1MessagePasserAddr: {Balance: new(big.Int), Nonce: 1, Code: stores},
		},
	}
	for _, vault := range []common.Address{predeploys.BaseFeeVaultAddr, predeploys.L1FeeVaultAddr, predeploys.SequencerFeeVaultAddr, predeploys.OperatorFeeVaultAddr} {
		l2Genesis.Alloc[vault] = types.Account{Balance: new(big.Int), Nonce: 1, Code: upgradeable}
	}
	// The first two of Ecotone's upgrade transactions deploy the contracts behind these two proxies. Later upgrades find proxies as they expect them.
	upgrade, err := derive.EcotoneNetworkUpgradeTransactions()
	check(t, err)
	for i, predeploy := range []common.Address{predeploys.L1BlockAddr, predeploys.GasPriceOracleAddr} {
		var deploy types.Transaction
		check(t, deploy.UnmarshalBinary(upgrade[i]))
		code, address, _, err := runtime.Create(deploy.Data(), &runtime.Config{Origin: common.Address{byte(i) + 1}})
		check(t, err)
		l2Genesis.Alloc[address] = types.Account{Balance: new(big.Int), Nonce: 1, Code: code}
		l2Genesis.Alloc[predeploy] = types.Account{
			Balance: new(big.Int), Nonce: 1, Code: upgradeable,
			Storage: map[common.Hash]common.Hash{implementation: common.BytesToHash(address[:])},
		}
	}

	// The oracle takes an upgrade only after the one before: its first flag says that Ecotone is on.
	l2Genesis.Alloc[predeploys.GasPriceOracleAddr].Storage[common.Hash{}] = common.BigToHash(common.Big1)

	rollup := &rollup.Config{
		Genesis: rollup.Genesis{
			L1:     eth.BlockID{Hash: l1Genesis.ToBlock().Hash()},
			L2:     eth.BlockID{Hash: l2Genesis.ToBlock().Hash()},
			L2Time: genesisTime,
			SystemConfig: eth.SystemConfig{
				BatcherAddr: batcher1.address,
				Scalar:      eth.EncodeScalar(eth.EcotoneScalars{BaseFeeScalar: 1_368, BlobBaseFeeScalar: 810_949}),
				GasLimit:    30_000_000,
			},
		},
		BlockTime: l2BlockTime, MaxSequencerDrift: 600, SeqWindowSize: 20, ChannelTimeoutBedrock: 10,
		L1ChainID: l1.ChainID, L2ChainID: l2.ChainID,
		RegolithTime: zero, CanyonTime: zero, DeltaTime: zero, EcotoneTime: zero,
		FjordTime: l2.FjordTime, GraniteTime: l2.GraniteTime, HoloceneTime: l2.HoloceneTime, IsthmusTime: l2.IsthmusTime, JovianTime: l2.JovianTime,
		PectraBlobScheduleTime: at(f.blobSchedule),
		BatchInboxAddress:      inbox, DepositContractAddress: portal, L1SystemConfigAddress: config,
		ChainOpConfig: l2.Optimism,
	}
	check(t, rollup.Check())
	return &e2eutils.SetupData{L1Cfg: l1Genesis, L2Cfg: l2Genesis, RollupCfg: rollup}
}

// implementation is the slot in which EIP-1967 has the address of the code behind a proxy.
var implementation = common.BigToHash(new(big.Int).Sub(crypto.Keccak256Hash([]byte("eip1967.proxy.implementation")).Big(), common.Big1))

// upgradeable is a proxy whose implementation the zero address sets, by upgradeTo(address), as upgrade transactions do.
var upgradeable = func() []byte {
	// What both jumps go to has to be known before: the code up to there has the same length whatever is pushed.
	build := func(returns, upgrade byte) *program.Program {
		p := program.New().Op(vm.CALLER, vm.ISZERO).Append([]byte{byte(vm.PUSH1), upgrade}).Op(vm.JUMPI)
		p.Op(vm.CALLDATASIZE).Push0().Push0().Op(vm.CALLDATACOPY)
		p.Push0().Push0().Op(vm.CALLDATASIZE).Push0().Push(implementation).Op(vm.SLOAD, vm.GAS, vm.DELEGATECALL)
		p.Op(vm.RETURNDATASIZE).Push0().Push0().Op(vm.RETURNDATACOPY)
		p.Append([]byte{byte(vm.PUSH1), returns}).Op(vm.JUMPI)
		return p.Op(vm.RETURNDATASIZE).Push0().Op(vm.REVERT)
	}
	returns := byte(build(0, 0).Size())
	upgrade := returns + 4
	p := build(returns, upgrade).Op(vm.JUMPDEST, vm.RETURNDATASIZE).Push0().Op(vm.RETURN)
	p.Op(vm.JUMPDEST).Push(4).Op(vm.CALLDATALOAD).Push(implementation).Op(vm.SSTORE, vm.STOP)
	return p.Bytes()
}()

// logs is code that emits a log of n topics: the calldata's first n words are the topics, the rest is the log's data.
func logs(n int) []byte {
	p := program.New().Push(32*n).Op(vm.CALLDATASIZE, vm.SUB)
	p.Op(vm.DUP1).Push(32 * n).Push0().Op(vm.CALLDATACOPY)
	for i := n - 1; i >= 0; i-- {
		p.Push(32 * i).Op(vm.CALLDATALOAD)
	}
	return p.Op(vm.DUP1 + vm.OpCode(n)).Push0().Op(vm.LOG0 + vm.OpCode(n)).Bytes()
}

// stores is code that writes the calldata's second word to the slot that the first names.
var stores = program.New().Push(32).Op(vm.CALLDATALOAD).Push0().Op(vm.CALLDATALOAD, vm.SSTORE).Bytes()

// relays is code that calls the address in the calldata's first 20 bytes with the rest, and writes the hash of the answer, plus one if the call went
// well, to the slot of the block's number.
var relays = func() []byte {
	p := program.New().Push(20).Op(vm.CALLDATASIZE, vm.SUB)
	p.Op(vm.DUP1).Push(20).Push0().Op(vm.CALLDATACOPY)
	p.Push0().Push0().Op(vm.DUP3).Push0().Push0().Op(vm.CALLDATALOAD).Push(96).Op(vm.SHR, vm.GAS, vm.STATICCALL)
	p.Op(vm.RETURNDATASIZE).Push0().Push0().Op(vm.RETURNDATACOPY)
	p.Op(vm.RETURNDATASIZE).Push0().Op(vm.KECCAK256, vm.ADD, vm.NUMBER, vm.SSTORE)
	return p.Bytes()
}()
