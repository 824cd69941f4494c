package conformance

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	preimage "github.com/ethereum-optimism/optimism/op-preimage"
)

// server is a hoike process that serves on four pipes.
type server struct {
	hints, preimages preimage.FileChannel
	cmd              *exec.Cmd
	stderr           bytes.Buffer
}

// hoike is the binary to test.
func hoike(t *testing.T) string {
	path := os.Getenv("HOIKE_BIN")
	if path == "" {
		t.Fatal("HOIKE_BIN names no hoike: use run.sh")
	}
	return path
}

// serve starts hoike with the pipes that a VM hands over: hints in and out as 3 and 4, preimages in and out as 5 and 6.
func serve(t *testing.T, args ...string) *server {
	hints, hostHints, err := preimage.CreateBidirectionalChannel()
	check(t, err)
	preimages, hostPreimages, err := preimage.CreateBidirectionalChannel()
	check(t, err)
	s := &server{hints: hints, preimages: preimages, cmd: exec.Command(hoike(t), args...)}
	s.cmd.ExtraFiles = []*os.File{hostHints.Reader(), hostHints.Writer(), hostPreimages.Reader(), hostPreimages.Writer()}
	s.cmd.Stderr = &s.stderr
	check(t, s.cmd.Start())
	// The child has them; as long as they are open here too nobody sees the other side go.
	check(t, hostHints.Close())
	check(t, hostPreimages.Close())
	return s
}

// stop closes this side, upon which the server has to end by itself. Its exit code and what it said.
func (s *server) stop(t *testing.T) (int, string) {
	check(t, s.hints.Close())
	check(t, s.preimages.Close())
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		t.Fatalf("%v does not end when its pipes are closed", s.cmd.Args)
	}
	return s.cmd.ProcessState.ExitCode(), s.stderr.String()
}

// flags are what op-challenger gives to op-program's host, but for the endpoints.
func flags(f *folder, c *claim, dataDir string) []string {
	return []string{
		"host", "op-program", "--server",
		"--datadir", dataDir,
		"--l1.head", c.L1Head.Hex(),
		"--l2.claim", c.ClaimedRoot.Hex(),
		"--l2.blocknumber", strconv.FormatUint(c.ClaimedBlock, 10),
		"--l2.head", c.AgreedHead.Hex(),
		"--l2.outputroot", c.AgreedRoot.Hex(),
		"--rollup.config", f.file("rollup.json"),
		"--l2.genesis", f.file("l2-chain-config.json"),
		"--log.level", "INFO",
		"--l2.custom",
		"--l1.chainconfig", f.file("l1-genesis.json"),
	}
}

// recovered runs a program that panics where it cannot go on.
func recovered(run func() error) (err error) {
	defer func() {
		if why := recover(); why != nil {
			err = fmt.Errorf("panic: %v", why)
		}
	}()
	return run()
}
