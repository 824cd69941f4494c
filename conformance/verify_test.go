package conformance

import "testing"

func TestChain(t *testing.T) {
	d := chain(t)
	last := d.verifier.L2Safe().Number
	t.Logf("L1 %d, L2 safe %d, sequenced %d", d.miner.L1Chain().CurrentHeader().Number, last, d.seq.L2Unsafe().Number)
	if d.verifier.L2Safe() != d.seq.L2Unsafe() {
		t.Fatalf("verifier %v, sequencer %v", d.verifier.L2Safe(), d.seq.L2Unsafe())
	}
	for n := uint64(0); n <= last; n++ {
		b := d.engine.L2Chain().GetBlockByNumber(n)
		o := d.output(n)
		t.Logf("%d +%d origin %d txs %d gas %d root %s", n, b.Time()-genesisTime, o.BlockRef.L1Origin.Number, len(b.Transactions()), b.GasUsed(), o.OutputRoot)
	}
}
