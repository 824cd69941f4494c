package conformance

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"github.com/ethereum-optimism/optimism/op-program/host/kvstore"
	"github.com/ethereum-optimism/optimism/op-program/host/types"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/log"
	"github.com/klauspost/compress/zstd"
)

// claim is one of a folder's claims. Fields that no test reads are left out.
type claim struct {
	L1Head       common.Hash `json:"l1_head"`
	AgreedHead   common.Hash `json:"agreed_l2_head_hash"`
	AgreedRoot   common.Hash `json:"agreed_l2_output_root"`
	ClaimedRoot  common.Hash `json:"claimed_l2_output_root"`
	ClaimedBlock uint64      `json:"claimed_l2_block_number"`
	// OpProgram is op-program's verdict: "valid", "invalid" or "error: ...".
	OpProgram string `json:"op_program"`
}

// folder is a claim folder, in the form of shared/fixtures/claims.
type folder struct {
	name, path string
	witness    int64             // compressed size in bytes
	Forks      map[string]uint64 `json:"forks"`
	Claims     []claim           `json:"claims"`
}

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

// skip says why op-program v1.17.0 cannot judge a folder, or nothing.
func (f *folder) skip() string {
	if _, karst := f.Forks["karst"]; karst {
		return "has Karst: its upgrade transactions are those of v1.19, which v1.17.0 hashes otherwise"
	}
	if _, err := os.Stat(f.file("rollup.json")); errors.Is(err, os.ErrNotExist) {
		return "has no configs and a witness of what kona-client reads, which lacks what op-program reads beyond that"
	}
	return ""
}

// folders are all claim folders there are, the smallest witness first.
func folders(t *testing.T) []*folder {
	fixtures := os.Getenv("HOIKE_FIXTURES")
	if fixtures == "" {
		fixtures = "../../shared/fixtures"
	}
	paths, err := filepath.Glob(filepath.Join(fixtures, "claims", "*", "claim.json"))
	check(t, err)
	if len(paths) == 0 {
		t.Skipf("skipped: no claim folders in %s", fixtures)
	}
	var all []*folder
	for _, path := range paths {
		data, err := os.ReadFile(path)
		check(t, err)
		f := &folder{path: filepath.Dir(path), name: filepath.Base(filepath.Dir(path))}
		check(t, json.Unmarshal(data, f))
		info, err := os.Stat(f.file("witness.kv.zst"))
		check(t, err)
		f.witness = info.Size()
		all = append(all, f)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].witness < all[j].witness })
	return all
}

// preimages calls take with every value of the witness.
func (f *folder) preimages(take func(key common.Hash, value []byte) error) error {
	file, err := os.Open(f.file("witness.kv.zst"))
	if err != nil {
		return err
	}
	defer file.Close()
	reader, err := zstd.NewReader(file)
	if err != nil {
		return err
	}
	defer reader.Close()
	for {
		var head [36]byte
		if _, err := io.ReadFull(reader, head[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("head of an entry: %w", err)
		}
		value := make([]byte, binary.LittleEndian.Uint32(head[32:]))
		if _, err := io.ReadFull(reader, value); err != nil {
			return fmt.Errorf("value of %x: %w", head[:32], err)
		}
		if err := take(common.Hash(head[:32]), value); err != nil {
			return err
		}
	}
}

// dataDir is a new directory of the witness's values, written by op-program's own store.
func (f *folder) dataDir(t *testing.T) string {
	dir := t.TempDir()
	kv := open(t, dir, types.DataFormatDirectory)
	check(t, f.preimages(kv.Put))
	check(t, kv.Close())
	return dir
}

// open opens a data directory as op-program and op-challenger do.
func open(t *testing.T, dir string, byDefault types.DataFormat) kvstore.KV {
	kv, err := kvstore.NewDiskKV(quiet, dir, byDefault)
	check(t, err)
	return kv
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var quiet = log.NewLogger(log.DiscardHandler())
