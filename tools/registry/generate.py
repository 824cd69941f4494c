#!/usr/bin/env python3
"""Writes crates/registry/src/chains.rs from a commit of the superchain registry.

    python3 tools/registry/generate.py <checkout or git dir of ethereum-optimism/superchain-registry> [commit]

Reads the commit (HEAD where none is given), never the work tree, so that the header of the generated file tells the truth. A fork time is what
the chain's own file says: since version 2 of the registry its tooling writes the superchain's times into each chain's file, and op-node reads no
other. Where that has not been done yet (docs/hardfork-activation-inheritance.md), the chain is named on stderr and nothing is inherited.
Whatever this script does not know (a fork, a parameter, a kind of data availability) stops it: it may change rules.
"""

import pathlib
import subprocess
import sys
import tomllib

FORKS = ["canyon", "delta", "ecotone", "fjord", "granite", "holocene", "isthmus", "jovian", "karst", "lagoon"]
OPTIONAL = {"pectra_blob_schedule_time", "keep_karst_upgrade_gas"}
OPTIMISM = {"eip1559_elasticity", "eip1559_denominator", "eip1559_denominator_canyon"}
SYSTEM_CONFIG = {"batcherAddress", "overhead", "scalar", "gasLimit"}
OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "crates/registry/src/chains.rs"


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    repository, revision = sys.argv[1], (sys.argv + ["HEAD"])[2]
    commit, date = git(repository, "log", "-1", "--format=%H %cs", revision).split()
    superchains, chains = read(repository, commit)
    for chain in chains:
        warn_of_inheritance(chain, superchains[chain["superchain"]])
    supported = [c for c in chains if uses_ethereum(c)]
    alt_da = [c for c in chains if not uses_ethereum(c)]
    OUTPUT.write_text(HEADER.format(commit=commit, date=date, count=len(supported), others=len(alt_da))
                      + "pub(crate) static SUPPORTED: [Chain; {}] = [\n".format(len(supported))
                      + "".join(row(c, superchains[c["superchain"]]) for c in supported) + "];\n\n" + ALT_DA.format(len(alt_da))
                      + "".join(f'({c["chain_id"]}, "{c["network"]}"),\n' for c in alt_da) + "];\n")
    subprocess.run(["rustfmt", "--edition", "2024", str(OUTPUT)], check=True)
    print(f"{len(supported)} chains, and {len(alt_da)} that are known but not supported, of {commit} ({date})", file=sys.stderr)


def git(repository, *args):
    return subprocess.run(["git", "-C", repository, *args], check=True, capture_output=True, text=True).stdout


def read(repository, commit):
    superchains, chains = {}, []
    for path in git(repository, "ls-tree", "-r", "--name-only", commit, "superchain/configs").splitlines():
        if not path.endswith(".toml"):
            continue
        superchain, name = path.removesuffix(".toml").split("/")[2:]
        content = tomllib.loads(git(repository, "show", f"{commit}:{path}"))
        if name == "superchain":
            superchains[superchain] = content
        else:
            # op-node's --network takes this name.
            chains.append(content | {"superchain": superchain, "network": f"{name}-{superchain}"})
    chains.sort(key=lambda c: c["chain_id"])
    for chain in chains:
        check(chain, {f"{f}_time" for f in FORKS} | OPTIONAL, chain["hardforks"], "hardforks")
        check(chain, OPTIMISM, chain["optimism"], "optimism")
        check(chain, SYSTEM_CONFIG, chain["genesis"]["system_config"], "genesis.system_config")
    for key in ("chain_id", "network"):
        if len({c[key] for c in chains}) != len(chains):
            sys.exit(f"two chains of one {key}")
    return superchains, chains


def check(chain, known, table, what):
    if unknown := set(table) - known:
        sys.exit(f"{chain['network']}: unknown in {what}: {', '.join(sorted(unknown))}")


def uses_ethereum(chain):
    kind = chain["data_availability_type"]
    if kind not in ("eth-da", "alt-da"):
        sys.exit(f"{chain['network']}: unknown data availability {kind}")
    # Some chains name alt-DA without its parameters, so either is enough.
    return kind == "eth-da" and "alt_da" not in chain


def warn_of_inheritance(chain, superchain):
    joined = chain.get("superchain_time")
    if joined is None:
        return
    for key, time in superchain.get("hardforks", {}).items():
        if key.endswith("_time") and key not in chain["hardforks"] and time >= joined:
            print(f"{chain['network']}: its superchain has {key} = {time}, its file does not: left out", file=sys.stderr)


def row(chain, superchain):
    forks, genesis = chain["hardforks"], chain["genesis"]
    system, addresses, eip1559 = genesis["system_config"], chain["addresses"], chain["optimism"]
    times = [forks.get(f"{f}_time") for f in FORKS]
    while times and times[-1] is None:
        times.pop()
    if None in times:
        sys.exit(f"{chain['network']}: no {FORKS[times.index(None)]}_time, but later forks")
    pectra = forks.get("pectra_blob_schedule_time")
    return f"""Row {{
        name: "{chain["network"]}",
        l1_chain_id: {superchain["l1"]["chain_id"]},
        l2_chain_id: {chain["chain_id"]},
        l1_number: {genesis["l1"]["number"]},
        l1_hash: {b256(genesis["l1"]["hash"])},
        l2_number: {genesis["l2"]["number"]},
        l2_hash: {b256(genesis["l2"]["hash"])},
        l2_time: {genesis["l2_time"]},
        batcher: {address(system["batcherAddress"])},
        overhead: {b256(system["overhead"])},
        scalar: {b256(system["scalar"])},
        gas_limit: {system["gasLimit"]},
        block_time: {chain["block_time"]},
        max_sequencer_drift: {chain["max_sequencer_drift"]},
        seq_window_size: {chain["seq_window_size"]},
        forks: &[{", ".join(map(str, times))}],
        pectra_blob_schedule_time: {"None" if pectra is None else f"Some({pectra})"},
        keep_karst_upgrade_gas: {str(forks.get("keep_karst_upgrade_gas", False)).lower()},
        eip1559: ({eip1559["eip1559_elasticity"]}, {eip1559["eip1559_denominator"]}, {eip1559["eip1559_denominator_canyon"]}),
        batch_inbox: {address(chain["batch_inbox_addr"])},
        deposit_contract: {address(addresses["OptimismPortalProxy"])},
        l1_system_config: {address(addresses["SystemConfigProxy"])},
    }}.chain(),
"""


def b256(text):
    return f'b256!("{hexadecimal(text, 32)}")'


def address(text):
    return f'address!("{hexadecimal(text, 20)}")'


def hexadecimal(text, size):
    if not text.startswith("0x") or len(bytes.fromhex(text[2:])) != size:
        sys.exit(f"{text} is not {size} bytes")
    return text[2:].lower()


HEADER = """//! The chains of the superchain registry. Generated; do not edit.
//!
//! From ethereum-optimism/superchain-registry @ {commit} ({date}), by
//! `python3 tools/registry/generate.py <checkout or git dir of the registry> {commit}`:
//! {count} chains, and {others} that are known but not supported.

use crate::{{Chain, row::Row}};
use alloy_primitives::{{address, b256}};

/// The registry's commit.
pub(crate) const COMMIT: &str = "{commit}";

/// Ordered by L2 chain id.
"""
ALT_DA = """/// Id and name of the chains whose batches are not on Ethereum, ordered by id.
pub(crate) static ALT_DA: [(u64, &str); {}] = [
"""

if __name__ == "__main__":
    main()
