//! A random block on a random state.

use crate::code;
use crate::world::{CHAIN, World};
use alloy_consensus::{TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use alloy_primitives::{Address, B64, B256, Bytes, Signature, TxKind, U256, hex, keccak256};
use hoike_executor::{Executor, InvalidPayload};
use hoike_native::Native;
use hoike_protocol::deposit::DepositTx;
use hoike_protocol::predeploys::SEQUENCER_FEE_VAULT;
use hoike_protocol::{Attributes, Fork, L2Time, SystemConfig, l1_info};
use hoike_testkit::{Key, Rng, Store};
use hoike_trie::Trie;
use serde_json::{Value, json};

/// The block of this seed, and what the executor says of it.
pub(crate) fn execution(seed: u64) -> Value {
    let mut rng = Rng::new(seed);
    let world = World::random(&mut rng);
    let transactions = transactions(&mut rng, &world);
    let attributes = attributes(&mut rng, &world, transactions);
    let mut executor = Executor::new(world.rules.clone(), world.store.clone());
    let outcome = executor.execute(&world.parent, &attributes, &mut Native::new());
    let outcome = match outcome {
        Ok(Ok(executed)) => json!({
            "header": hex(alloy_rlp::encode(executed.header.inner())),
            "hash": hex(executed.header.hash()),
            "receipts": executed.receipts.iter()
                .map(|receipt| json!([receipt.success, receipt.cumulative_gas_used]))
                .collect::<Vec<_>>(),
            "accounts": accounts(&world, &mut executor, executed.header.state_root),
        }),
        Ok(Err(why)) => {
            json!({ "invalid": why.to_string(), "footprint": matches!(why, InvalidPayload::Footprint { .. }) })
        }
        Err(why) => json!({ "error": why.to_string() }),
    };
    let time = |fork| world.rules.rollup.schedule.time_of(fork);
    json!({
        "seed": seed,
        "fork": world.fork.name(),
        "forks": Fork::ALL.into_iter().skip(1)
            .filter_map(|fork| Some((fork.name().to_owned(), json!(time(fork)?))))
            .collect::<serde_json::Map<_, _>>(),
        "activates": world.activates,
        "chain_id": CHAIN,
        "alloc": world.alloc(),
        "parent": hex(alloy_rlp::encode(world.parent.inner())),
        "attributes": {
            "timestamp": format!("{:#x}", attributes.time.0),
            "prevRandao": hex(attributes.prev_randao),
            "suggestedFeeRecipient": hex(attributes.fee_recipient),
            "gasLimit": format!("{:#x}", attributes.gas_limit),
            "parentBeaconBlockRoot": attributes.parent_beacon_root.map(hex),
            "eip1559Params": attributes.eip1559_params.map(hex),
            "minBaseFee": attributes.min_base_fee,
            "transactions": attributes.transactions.iter().map(hex).collect::<Vec<_>>(),
        },
        "outcome": outcome,
    })
}

/// What became of the accounts that are known, to tell where two states differ: their leaves.
fn accounts(world: &World, executor: &mut Executor<Store>, root: B256) -> Value {
    let mut nodes = executor.nodes();
    let mut trie = Trie::new(root);
    let known = world.accounts.keys().chain(&world.known);
    let mut leaf = |address: &Address| {
        let leaf = trie.get(&mut nodes, &keccak256(address));
        leaf.expect("a state that was just made")
            .map_or_else(|| "0x".to_owned(), hex)
    };
    known
        .map(|address| (hex(address), leaf(address)))
        .map(|(address, leaf)| (address, json!(leaf)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode_prefixed(bytes)
}

fn attributes(rng: &mut Rng, world: &World, transactions: Vec<Bytes>) -> Attributes {
    let time = L2Time(world.parent.timestamp + world.rules.rollup.block_time);
    let view = world.rules.at_l2(time);
    let params = [B64::ZERO, B64::new([0, 0, 0, 8, 0, 0, 0, 2])];
    Attributes {
        parent: world.parent.hash(),
        time,
        prev_randao: B256::from_slice(&rng.bytes(32)),
        fee_recipient: SEQUENCER_FEE_VAULT,
        gas_limit: *rng.pick(&[30_000_000, 30_000_000, 60_000_000, 5_000_000]),
        parent_beacon_root: view
            .parent_beacon_root
            .then(|| B256::from_slice(&rng.bytes(32))),
        eip1559_params: view.eip1559_params().then(|| *rng.pick(&params)),
        min_base_fee: view.min_base_fee().then(|| *rng.pick(&[0, 1_000_000])),
        transactions,
    }
}

fn transactions(rng: &mut Rng, world: &World) -> Vec<Bytes> {
    let mut all = vec![l1_info(rng, world)];
    let mut nonces: Vec<u64> = world
        .users
        .iter()
        .map(|user| world.accounts[&user.address()].nonce)
        .collect();
    for _ in 0..rng.below(4) {
        let (from, deposit) = deposit(rng, world);
        // Deposits count up their sender's nonce.
        if let Some(user) = world.users.iter().position(|user| user.address() == from) {
            nonces[user] += 1;
        }
        all.push(deposit);
    }
    // One transaction that cannot be makes the whole block void, so most blocks have none on purpose.
    let spoilt = rng.one_in(6);
    for _ in 0..rng.below(6) {
        let user = rng.below(world.users.len());
        all.push(transaction(rng, world, user, &mut nonces, spoilt));
    }
    all
}

fn l1_info(rng: &mut Rng, world: &World) -> Bytes {
    let time = L2Time(world.parent.timestamp + world.rules.rollup.block_time);
    let config = SystemConfig {
        da_footprint_gas_scalar: *rng.pick(&[0, 400, 65_535]),
        ..world.rules.rollup.genesis.system_config
    };
    let origin = alloy_consensus::Header {
        number: 17,
        timestamp: world.parent.timestamp,
        base_fee_per_gas: Some(7),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        ..alloy_consensus::Header::default()
    };
    let view = world.rules.at_l2(time);
    let at = world
        .rules
        .at_origin(hoike_protocol::OriginTime(origin.timestamp));
    let hash = origin.hash_slow();
    l1_info::transaction(&config, 3, &origin, hash, &view, &at).expect("L1 attributes")
}

fn deposit(rng: &mut Rng, world: &World) -> (Address, Bytes) {
    let creates = rng.one_in(5);
    let data = match (creates, rng.below(8)) {
        // Longer init code than EIP-3860 allows fails for op-geth also under Karst (decision 13).
        (true, 0) if world.fork != Fork::Karst => vec![0; 49_150 + rng.below(5)],
        (true, _) => code::random(rng, &world.known),
        (false, _) => {
            let length = *rng.pick(&[0, 4, 32, 64, 200]);
            rng.bytes(length)
        }
    };
    let from = if rng.one_in(2) {
        world.users[rng.below(world.users.len())].address()
    } else {
        *rng.pick(&world.known)
    };
    let amount = |rng: &mut Rng| match rng.below(6) {
        0 => U256::from(rng.next_u64()),
        1 => U256::from(10_u128.pow(18)),
        2 => U256::from(rng.below(3)),
        _ => U256::ZERO,
    };
    let deposit = DepositTx {
        source_hash: B256::from_slice(&rng.bytes(32)),
        from,
        to: (!creates).then(|| *rng.pick(&world.known)),
        mint: amount(rng),
        value: amount(rng),
        gas: *rng.pick(&[0, 20_999, 21_000, 60_000, 200_000, 1_000_000, 2_500_000]),
        is_system: world.fork == Fork::Bedrock && rng.one_in(4),
        data: &data,
    };
    (from, deposit.encode())
}

fn transaction(
    rng: &mut Rng,
    world: &World,
    user: usize,
    nonces: &mut [u64],
    spoilt: bool,
) -> Bytes {
    let key = &world.users[user];
    let spoilt = spoilt && rng.one_in(2);
    let nonce = nonces[user];
    nonces[user] += 1;
    let nonce = if spoilt && rng.one_in(3) {
        nonce.wrapping_add(rng.next_u64() % 3).wrapping_sub(1)
    } else {
        nonce
    };
    let kinds: &[u8] = match world.fork {
        Fork::Isthmus | Fork::Jovian | Fork::Karst => &[0, 1, 2, 4],
        _ if spoilt => &[0, 1, 2, 4],
        _ => &[0, 1, 2],
    };
    let kind = *rng.pick(kinds);
    let creates = kind != 4 && rng.one_in(5);
    let input: Bytes = if creates {
        if spoilt && rng.one_in(4) {
            vec![0; 49_150 + rng.below(5)].into()
        } else {
            code::random(rng, &world.known).into()
        }
    } else {
        let length = *rng.pick(&[0, 0, 4, 32, 68, 128, 500]);
        let mut data = rng.bytes(length);
        if rng.one_in(2) {
            data.iter_mut().step_by(2).for_each(|byte| *byte = 0);
        }
        data.into()
    };
    let to = if creates {
        TxKind::Create
    } else {
        TxKind::Call(*rng.pick(&world.known))
    };
    let value = match rng.below(6) {
        0 => U256::from(rng.below(5)),
        1 if spoilt => U256::MAX >> rng.below(100),
        _ => U256::ZERO,
    };
    let gas_limit = if spoilt {
        *rng.pick(&[0, 20_999, 21_000, 53_000, 31_000_000, u64::MAX])
    } else {
        *rng.pick(&[300_000, 400_000, 1_000_000, 3_000_000])
    };
    let price = if spoilt && rng.one_in(3) {
        u128::from(rng.next_u64() >> rng.below(64))
    } else {
        *rng.pick(&[2_000_000_000, 5_000_000_000])
    };
    let tip = if spoilt && rng.one_in(4) {
        price + 1
    } else {
        *rng.pick(&[0, 1, price / 2, price])
    };
    let access_list = access_list(rng, world);
    let chain_id = if spoilt && rng.one_in(8) {
        CHAIN + 1
    } else {
        CHAIN
    };
    match kind {
        0 => key.signed(TxLegacy {
            chain_id: (!rng.one_in(4)).then_some(chain_id),
            nonce,
            gas_price: price,
            gas_limit,
            to,
            value,
            input,
        }),
        1 => key.signed(TxEip2930 {
            chain_id,
            nonce,
            gas_price: price,
            gas_limit,
            to,
            value,
            access_list,
            input,
        }),
        2 => key.signed(TxEip1559 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: price,
            max_priority_fee_per_gas: tip,
            to,
            value,
            access_list,
            input,
        }),
        _ => {
            let authorization_list = authorizations(rng, world, nonces);
            key.signed(TxEip7702 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: price,
                max_priority_fee_per_gas: tip,
                to: to.into_to().unwrap_or_default(),
                value,
                access_list,
                authorization_list,
                input,
            })
        }
    }
}

fn access_list(rng: &mut Rng, world: &World) -> AccessList {
    let items = (0..rng.below(3)).map(|_| AccessListItem {
        address: *rng.pick(&world.known),
        storage_keys: (0..rng.below(3))
            .map(|_| B256::with_last_byte(rng.below(6) as u8))
            .collect(),
    });
    AccessList(items.collect())
}

/// Authorizations of users, some of them void. One that is good counts up its authority's nonce.
fn authorizations(rng: &mut Rng, world: &World, nonces: &mut [u64]) -> Vec<SignedAuthorization> {
    let stranger = Key::named("stranger");
    let mut list = Vec::new();
    for _ in 0..1 + rng.below(3) {
        let user = rng.below(world.users.len() + 1);
        let key = world.users.get(user).unwrap_or(&stranger);
        let nonce = nonces.get(user).copied().unwrap_or_default();
        let good = rng.one_in(2);
        let chain_id = *rng.pick(&[0, CHAIN]);
        let authorization = Authorization {
            chain_id: U256::from(if good { chain_id } else { 5 }),
            address: *rng.pick(&[
                world.known[0],
                world.known[1],
                Address::ZERO,
                world.known[12],
            ]),
            nonce: if user == world.users.len() { 0 } else { nonce },
        };
        let signature = key.signature(&authorization.signature_hash());
        let signature = if rng.one_in(10) {
            Signature::new(U256::ONE, U256::ONE, rng.one_in(2))
        } else {
            signature
        };
        let counts = good && user < world.users.len();
        if counts && signature != Signature::new(U256::ONE, U256::ONE, true) {
            nonces[user] += 1;
        }
        list.push(authorization.into_signed(signature));
    }
    list
}
