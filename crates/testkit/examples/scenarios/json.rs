//! A scenario as JSON: the rollup config in op-node's form, L1 as raw bytes, derivations as lists of attributes.

use alloy_primitives::{Bytes, hex};
use hoike_protocol::{
    Attributes, Fork, RollupConfig, Rules,
    rules::{L1Config, Withdrawals},
};
use hoike_testkit::scenario::{Attempt, Outcome, Run, Scenario, StandIn};
use hoike_testkit::{Blob, Chain, L1Block};
use serde_json::{Map, Value, json};

pub(crate) fn scenario(scenario: &Scenario) -> Value {
    let Chain { rules, l1, .. } = &scenario.chain;
    json!({
        "seed": scenario.seed,
        "rollup": rollup(&rules.rollup, &scenario.chain),
        "l1": l1_config(&rules.l1, &scenario.chain),
        "blocks": l1.iter().map(block).collect::<Vec<_>>(),
        "l2": scenario.l2.iter().map(l2_block).collect::<Vec<_>>(),
        "runs": scenario.runs.iter().map(|one| run(one, rules)).collect::<Vec<_>>(),
    })
}

fn rollup(config: &RollupConfig, chain: &Chain) -> Value {
    let (genesis, system) = (&config.genesis, &config.genesis.system_config);
    let mut out = json!({
        "genesis": {
            "l1": { "hash": digits(genesis.l1.hash), "number": genesis.l1.number },
            "l2": { "hash": digits(genesis.l2.hash), "number": genesis.l2.number },
            "l2_time": genesis.l2_time,
            "system_config": {
                "batcherAddr": digits(system.batcher),
                "overhead": format!("{:#066x}", system.overhead),
                "scalar": digits(system.scalar),
                "gasLimit": system.gas_limit,
                "eip1559Params": digits(system.eip1559_params),
                "operatorFeeParams": digits(system.operator_fee),
                "minBaseFee": system.min_base_fee,
                "daFootprintGasScalar": system.da_footprint_gas_scalar,
            },
        },
        "block_time": config.block_time,
        "max_sequencer_drift": config.max_sequencer_drift,
        "seq_window_size": config.seq_window_size,
        "channel_timeout": config.channel_timeout,
        "l1_chain_id": config.l1_chain_id,
        "l2_chain_id": config.l2_chain_id,
        "batch_inbox_address": digits(config.batch_inbox),
        "deposit_contract_address": digits(config.deposit_contract),
        "l1_system_config_address": digits(config.l1_system_config),
        "chain_op_config": {
            "eip1559Elasticity": config.eip1559.elasticity,
            "eip1559Denominator": config.eip1559.denominator,
            "eip1559DenominatorCanyon": config.eip1559.denominator_canyon,
        },
    });
    let fields = out.as_object_mut().expect("an object");
    if let Some(time) = config.pectra_blob_schedule_time {
        fields.insert("pectra_blob_schedule_time".into(), time.into());
    }
    for (fork, seconds) in Fork::ALL.into_iter().skip(1).zip(chain.setup.forks) {
        if let Some(seconds) = seconds {
            let time = if seconds == 0 {
                0
            } else {
                genesis.l2_time + seconds
            };
            let name = format!("{fork:?}_time").to_lowercase();
            fields.insert(name, time.into());
        }
    }
    out
}

fn l1_config(config: &L1Config, chain: &Chain) -> Value {
    let forks = &chain.setup.l1_forks;
    let schedule = config.blob_schedule.iter();
    json!({
        "chain_id": config.chain_id,
        "shanghai": forks.shanghai,
        "schedule": schedule
            .map(|entry| json!({ "time": entry.time, "fraction": entry.update_fraction }))
            .collect::<Vec<_>>(),
    })
}

fn block(block: &L1Block) -> Value {
    json!({
        "header": hex::encode(alloy_rlp::encode(block.header.inner())),
        "transactions": all(&block.transactions),
        "receipts": all(&block.receipts),
        "blobs": block.blobs.iter().map(blob).collect::<Vec<_>>(),
    })
}

/// Without the zeros at its end, which are nearly all of it.
fn blob(blob: &Blob) -> Value {
    let end = blob.contents.iter().rposition(|byte| *byte != 0);
    let used = &blob.contents[..end.map_or(0, |end| end + 1)];
    json!({ "hash": digits(blob.hash), "data": hex::encode(used) })
}

fn l2_block(block: &StandIn) -> Value {
    json!({
        "number": block.header.number,
        "hash": digits(block.header.hash()),
        "parent": digits(block.header.parent_hash),
        "time": block.header.timestamp,
        "gas_limit": block.header.gas_limit,
        "extra_data": hex::encode(&block.header.extra_data),
        "transactions": all(&block.transactions),
    })
}

fn run(run: &Run, rules: &Rules) -> Value {
    json!({
        "agreed": run.agreed,
        "attempts": run.attempts.iter().map(|one| attempt(one, rules)).collect::<Vec<_>>(),
        "halt": run.halt.as_ref().map(|halt| format!("{halt:?}")),
        "safe": run.safe,
    })
}

fn attempt(attempt: &Attempt, rules: &Rules) -> Value {
    let block = match &attempt.outcome {
        Outcome::Invalid => Value::Null,
        Outcome::Block(block) => json!({
            "hash": digits(block.header.hash()),
            "extra_data": hex::encode(&block.header.extra_data),
        }),
    };
    json!({
        "l1": attempt.l1,
        "safe": attempt.safe,
        "attributes": attributes(&attempt.attributes, rules),
        "block": block,
    })
}

fn attributes(attributes: &Attributes, rules: &Rules) -> Value {
    let withdrawals = rules.at_l2(attributes.time).withdrawals != Withdrawals::None;
    let mut out = Map::new();
    out.insert("parent".into(), json!(digits(attributes.parent)));
    out.insert("time".into(), json!(attributes.time.0));
    out.insert("prev_randao".into(), json!(digits(attributes.prev_randao)));
    out.insert(
        "fee_recipient".into(),
        json!(digits(attributes.fee_recipient)),
    );
    out.insert("gas_limit".into(), json!(attributes.gas_limit));
    out.insert("withdrawals".into(), json!(withdrawals));
    out.insert(
        "beacon_root".into(),
        json!(attributes.parent_beacon_root.map(digits)),
    );
    out.insert(
        "eip1559_params".into(),
        json!(attributes.eip1559_params.map(digits)),
    );
    out.insert("min_base_fee".into(), json!(attributes.min_base_fee));
    out.insert("transactions".into(), json!(all(&attributes.transactions)));
    Value::Object(out)
}

fn all(bytes: &[Bytes]) -> Vec<String> {
    bytes.iter().map(hex::encode).collect()
}

fn digits(bytes: impl AsRef<[u8]>) -> String {
    hex::encode_prefixed(bytes)
}
