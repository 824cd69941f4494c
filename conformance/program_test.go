package conformance

import (
	"errors"
	"hash/fnv"
	"math/rand"
	"os"
	"sort"
	"strconv"
	"strings"
	"testing"

	preimage "github.com/ethereum-optimism/optimism/op-preimage"
	"github.com/ethereum-optimism/optimism/op-program/client"
	"github.com/ethereum-optimism/optimism/op-program/client/boot"
	opclaim "github.com/ethereum-optimism/optimism/op-program/client/claim"
)

// op-program's client asks hoike, and comes to the verdict that it came to when the fixtures were made.
func TestClientComesToItsVerdicts(t *testing.T) {
	for _, f := range folders(t) {
		t.Run(f.name, func(t *testing.T) {
			if why := f.skip(); why != "" {
				t.Skipf("skipped: %s", why)
			}
			picked := sample(t, f)
			if len(picked) == 0 {
				t.Skipf("skipped: a witness of %d bytes is not part of the sample, see HOIKE_ALL", f.witness)
			}
			dir := f.dataDir(t)
			for _, i := range picked {
				c := &f.Claims[i]
				s := serve(t, flags(f, c, dir)...)
				got := verdict(recovered(func() error {
					return client.RunProgram(quiet, s.preimages, s.hints, client.Config{})
				}))
				code, said := s.stop(t)
				// Of an error only that it is one: the fixtures cut its text.
				want, _, _ := strings.Cut(c.OpProgram, ":")
				if kind, _, _ := strings.Cut(got, ":"); kind != want {
					t.Errorf("claim %d: %s, but op-program said %s; hoike: %d %s", i, got, c.OpProgram, code, said)
				} else if want != "error" && (code != 0 || said != "") {
					t.Errorf("claim %d: hoike: %d %s", i, code, said)
				}
			}
			t.Logf("%d of %d claims", len(picked), len(f.Claims))
		})
	}
}

// op-program's own reader of local keys finds the claim and the three configs.
func TestBootInfo(t *testing.T) {
	for _, f := range folders(t) {
		if f.skip() != "" {
			continue
		}
		c := &f.Claims[0]
		s := serve(t, flags(f, c, t.TempDir())...)
		var info *boot.BootInfo
		err := recovered(func() error {
			info = boot.NewBootstrapClient(preimage.NewOracleClient(s.preimages)).BootInfo()
			return nil
		})
		if code, said := s.stop(t); err != nil || code != 0 {
			t.Fatalf("%s: %v; hoike: %d %s", f.name, err, code, said)
		}
		if info.L1Head != c.L1Head || info.L2OutputRoot != c.AgreedRoot || info.L2Claim != c.ClaimedRoot ||
			info.L2ClaimBlockNumber != c.ClaimedBlock || info.L2ChainID != boot.CustomChainIDIndicator {
			t.Errorf("%s: %+v is not %+v", f.name, info, c)
		}
		if info.RollupConfig.L2ChainID.Cmp(info.L2ChainConfig.ChainID) != 0 || info.L1ChainConfig.BlobScheduleConfig == nil {
			t.Errorf("%s: configs %+v", f.name, info)
		}
	}
}

// A value that is not there ends both sides: no verdict, and the server says which key.
func TestMissingValueIsNoVerdict(t *testing.T) {
	for _, f := range folders(t) {
		if f.skip() != "" {
			continue
		}
		c := &f.Claims[0]
		s := serve(t, flags(f, c, t.TempDir())...)
		got := verdict(recovered(func() error {
			return client.RunProgram(quiet, s.preimages, s.hints, client.Config{})
		}))
		code, said := s.stop(t)
		// The first value that is asked for: the header of the L1 head.
		key := preimage.Keccak256Key(c.L1Head).PreimageKey()
		if !strings.HasPrefix(got, "error") || code != 3 || !strings.Contains(said, hex(key[:])) {
			t.Errorf("%s: %s; hoike: %d %s", f.name, got, code, said)
		}
		return
	}
}

func verdict(err error) string {
	switch {
	case err == nil:
		return "valid"
	case errors.Is(err, opclaim.ErrClaimNotValid):
		return "invalid"
	default:
		return "error: " + err.Error()
	}
}

// sample picks claims of a folder, in order: all of them with HOIKE_ALL=1; else, of folders that are not large, the first of each verdict, and one
// by the seed HOIKE_SEED and the folder's name.
func sample(t *testing.T, f *folder) []int {
	picked := map[int]bool{}
	switch {
	case os.Getenv("HOIKE_ALL") == "1":
		for i := range f.Claims {
			picked[i] = true
		}
	case f.witness <= largest:
		seen := map[string]bool{}
		for i, c := range f.Claims {
			kind, _, _ := strings.Cut(c.OpProgram, ":")
			if !seen[kind] {
				seen[kind], picked[i] = true, true
			}
		}
		seed := int64(1)
		if text := os.Getenv("HOIKE_SEED"); text != "" {
			var err error
			seed, err = strconv.ParseInt(text, 10, 64)
			check(t, err)
		}
		name := fnv.New64a()
		_, _ = name.Write([]byte(f.name))
		picked[rand.New(rand.NewSource(seed^int64(name.Sum64()))).Intn(len(f.Claims))] = true
	}
	order := make([]int, 0, len(picked))
	for i := range picked {
		order = append(order, i)
	}
	sort.Ints(order)
	return order
}

// largest is the compressed size, in bytes, of witnesses that are part of the sample.
const largest = 300_000
