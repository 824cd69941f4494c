package conformance

import (
	"bytes"
	"encoding/binary"
	encoding "encoding/hex"
	"errors"
	"testing"

	preimage "github.com/ethereum-optimism/optimism/op-preimage"
	"github.com/ethereum-optimism/optimism/op-program/client/l1"
	"github.com/ethereum-optimism/optimism/op-program/host/kvstore"
	"github.com/ethereum-optimism/optimism/op-program/host/types"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// What hoike writes is what op-challenger reads: results of precompiles and the preimages of their keys, in a directory that hoike has made.
func TestDataDirectoriesOfHoike(t *testing.T) {
	f := folders(t)
	for len(f) > 0 && f[0].skip() != "" {
		f = f[1:]
	}
	for format, other := range map[types.DataFormat]types.DataFormat{
		types.DataFormatDirectory: types.DataFormatFile,
		types.DataFormatFile:      types.DataFormatDirectory,
	} {
		dir := t.TempDir()
		s := serve(t, append(flags(f[0], &f[0].Claims[0], dir), "--data.format", string(format))...)
		hints, oracle := preimage.NewHintWriter(s.hints), preimage.NewOracleClient(s.preimages)
		written := map[common.Hash][]byte{}
		for _, call := range calls {
			hash := crypto.Keccak256Hash(call.request())
			hints.Hint(call.hint())
			key := preimage.PrecompileKey(hash)
			if got := oracle.Get(key); !bytes.Equal(got, call.result) {
				t.Errorf("%v: %x instead of %x", call.name, got, call.result)
			}
			written[key.PreimageKey()] = call.result
			written[preimage.Keccak256Key(hash).PreimageKey()] = call.request()
		}
		if code, said := s.stop(t); code != 0 {
			t.Fatalf("hoike: %d %s", code, said)
		}
		// The default is the wrong one: what counts is the format that hoike has named.
		kv := open(t, dir, other)
		for key, want := range written {
			got, err := kv.Get(key)
			check(t, err)
			if !bytes.Equal(got, want) {
				t.Errorf("%s: %s is %x instead of %x", format, key, got, want)
			}
		}
		if _, err := kv.Get(common.Hash{2}); !errors.Is(err, kvstore.ErrNotFound) {
			t.Errorf("%s: %v", format, err)
		}
		check(t, kv.Close())
	}
}

// call is one of an accelerated precompile, and what it comes to: a status byte before the output.
type call struct {
	name    string
	address byte
	gas     uint64
	input   []byte
	result  []byte
}

var calls = []call{
	{"pairing of nothing", 8, 45_000, nil, append([]byte{1}, word(1)...)},
	{"pairing of eight bytes", 8, 45_000, []byte("8 bytes."), []byte{0}},
	{"ecrecover of no signature", 1, 3_000, []byte{1, 2, 3}, []byte{1}},
	{"point evaluation of no point", 10, 50_000, []byte{1}, []byte{0}},
}

func (c *call) request() []byte {
	address := common.BytesToAddress([]byte{c.address})
	return append(binary.BigEndian.AppendUint64(address.Bytes(), c.gas), c.input...)
}

func (c *call) hint() preimage.Hint { return l1.PrecompileHintV2(c.request()) }

func word(n byte) []byte { return common.LeftPadBytes([]byte{n}, 32) }

func hex(data []byte) string { return encoding.EncodeToString(data) }
