package conformance

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestDevnetStands keeps a devnet for as long as HOIKE_DEVNET_STANDS says, for whoever wants to try something by hand, and says where it is.
func TestDevnetStands(t *testing.T) {
	text := os.Getenv("HOIKE_DEVNET_STANDS")
	if text == "" {
		t.Skip("skipped: HOIKE_DEVNET_STANDS is not set")
	}
	how, err := time.ParseDuration(text)
	check(t, err)
	d := chain(t)
	fmt.Printf("hoike verify --rollup-config %s --l1-config %s --l1 %s --beacon %s --l2 %s --block %d\n",
		d.file("rollup.json"), d.file("l1-genesis.json"), d.l1, d.beacon, d.l2, d.verifier.L2Safe().Number)
	time.Sleep(how)
}
