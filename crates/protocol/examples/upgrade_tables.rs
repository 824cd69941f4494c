//! Writes the tables of `src/upgrade/` from the contracts' published bytecode and bundles.
//!
//! `cargo run -p hoike-protocol --example upgrade_tables -- <optimism monorepo>`, last run with v1.19.6. Bytecode comes from hex constants of op-node's
//! `*_upgrade_transactions.go`, bundles from `op-core/nuts/bundles`; intents, senders and gas limits are the specification's and are listed here.

use alloy_primitives::{Address, U256, address, hex, keccak256};
use hoike_protocol::{
    deposit::{DepositSource, DepositTx},
    predeploys::{GAS_PRICE_ORACLE, L1_BLOCK, L1_INFO_DEPOSITOR, OPERATOR_FEE_VAULT},
};
use std::{env, error::Error, fs, path::Path};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let monorepo = env::args()
        .nth(1)
        .ok_or("usage: upgrade_tables <optimism monorepo>")?;
    let monorepo = Path::new(&monorepo);
    let code = |file: &str, constant: &str| -> Result<Vec<u8>> {
        let path = monorepo.join(format!(
            "op-node/rollup/derive/{file}_upgrade_transactions.go"
        ));
        go_hex(&fs::read_to_string(path)?, constant)
    };
    let bundle = |file: &str, label: &str| -> Result<Vec<Upgrade>> {
        let path = monorepo.join(format!("op-core/nuts/bundles/{file}_nut_bundle.json"));
        read_bundle(&fs::read_to_string(path)?, label)
    };

    write(
        "ecotone",
        &[
            deploy(
                "Ecotone: L1 Block Deployment",
                deployer(0),
                375_000,
                code("ecotone", "l1BlockDeploymentBytecode")?,
            ),
            deploy(
                "Ecotone: Gas Price Oracle Deployment",
                deployer(1),
                1_000_000,
                code("ecotone", "gasPriceOracleDeploymentBytecode")?,
            ),
            upgrade_to(
                "Ecotone: L1 Block Proxy Update",
                L1_BLOCK,
                deployer(0).create(0),
            ),
            upgrade_to(
                "Ecotone: Gas Price Oracle Proxy Update",
                GAS_PRICE_ORACLE,
                deployer(1).create(0),
            ),
            set(
                "Ecotone: Gas Price Oracle Set Ecotone",
                "setEcotone()",
                80_000,
            ),
            deploy(
                "Ecotone: beacon block roots contract deployment",
                address!("0B799C86a49DEeb90402691F1041aa3AF2d3C875"),
                250_000,
                code("ecotone", "eip4788CreationData")?,
            ),
        ],
    )?;
    write(
        "fjord",
        &[
            deploy(
                "Fjord: Gas Price Oracle Deployment",
                deployer(2),
                1_450_000,
                code("fjord", "gasPriceOracleFjordDeploymentBytecode")?,
            ),
            upgrade_to(
                "Fjord: Gas Price Oracle Proxy Update",
                GAS_PRICE_ORACLE,
                deployer(2).create(0),
            ),
            set("Fjord: Gas Price Oracle Set Fjord", "setFjord()", 90_000),
        ],
    )?;
    write(
        "isthmus",
        &[
            deploy(
                "Isthmus: L1 Block Deployment",
                deployer(3),
                425_000,
                code("isthmus", "l1BlockIsthmusDeploymentBytecode")?,
            ),
            deploy(
                "Isthmus: Gas Price Oracle Deployment",
                deployer(4),
                1_625_000,
                code("isthmus", "gasPriceOracleIsthmusDeploymentBytecode")?,
            ),
            deploy(
                "Isthmus: Operator Fee Vault Deployment",
                deployer(5),
                500_000,
                code("isthmus", "operatorFeeVaultDeploymentBytecode")?,
            ),
            upgrade_to(
                "Isthmus: L1 Block Proxy Update",
                L1_BLOCK,
                deployer(3).create(0),
            ),
            upgrade_to(
                "Isthmus: Gas Price Oracle Proxy Update",
                GAS_PRICE_ORACLE,
                deployer(4).create(0),
            ),
            upgrade_to(
                "Isthmus: Operator Fee Vault Proxy Update",
                OPERATOR_FEE_VAULT,
                deployer(5).create(0),
            ),
            set(
                "Isthmus: Gas Price Oracle Set Isthmus",
                "setIsthmus()",
                90_000,
            ),
            deploy(
                "Isthmus: EIP-2935 Contract Deployment",
                address!("3462413Af4609098e1E27A490f554f260213D685"),
                250_000,
                code("isthmus", "blockHashDeploymentBytecode")?,
            ),
        ],
    )?;
    write(
        "jovian",
        &[
            deploy(
                "Jovian: L1 Block Deployment",
                deployer(6),
                447_315,
                code("jovian", "l1BlockJovianDeploymentBytecode")?,
            ),
            upgrade_to(
                "Jovian: L1 Block Proxy Update",
                L1_BLOCK,
                deployer(6).create(0),
            ),
            deploy(
                "Jovian: Gas Price Oracle Deployment",
                deployer(7),
                1_750_714,
                code("jovian", "gasPriceOracleJovianDeploymentBytecode")?,
            ),
            upgrade_to(
                "Jovian: Gas Price Oracle Proxy Update",
                GAS_PRICE_ORACLE,
                deployer(7).create(0),
            ),
            set("Jovian: Gas Price Oracle Set Jovian", "setJovian()", 90_000),
        ],
    )?;
    write("karst", &bundle("karst", "Karst")?)?;
    // D194: the label is the fork's old name.
    write("lagoon", &bundle("lagoon", "Interop")?)
}

struct Upgrade {
    intent: String,
    from: Address,
    to: Option<Address>,
    gas: u64,
    data: Vec<u8>,
}

/// Creates a contract from an account that has no other purpose.
fn deploy(intent: &str, from: Address, gas: u64, code: Vec<u8>) -> Upgrade {
    Upgrade {
        intent: intent.into(),
        from,
        to: None,
        gas,
        data: code,
    }
}

/// Points a proxy to a new implementation. The zero address may always do that.
fn upgrade_to(intent: &str, proxy: Address, implementation: Address) -> Upgrade {
    let data = [
        &selector("upgradeTo(address)")[..],
        implementation.into_word().as_slice(),
    ]
    .concat();
    Upgrade {
        intent: intent.into(),
        from: Address::ZERO,
        to: Some(proxy),
        gas: 50_000,
        data,
    }
}

/// Tells the gas price oracle that the fork is active.
fn set(intent: &str, function: &str, gas: u64) -> Upgrade {
    Upgrade {
        intent: intent.into(),
        from: L1_INFO_DEPOSITOR,
        to: Some(GAS_PRICE_ORACLE),
        gas,
        data: selector(function).into(),
    }
}

fn deployer(number: u8) -> Address {
    let mut address = address!("4210000000000000000000000000000000000000");
    address[19] = number;
    address
}

fn selector(function: &str) -> [u8; 4] {
    let hash = keccak256(function);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The value of `constant = common.FromHex("0x..")` in Go source.
fn go_hex(source: &str, constant: &str) -> Result<Vec<u8>> {
    let line = source
        .lines()
        .find(|line| line.split_whitespace().next() == Some(constant) && line.contains("FromHex"))
        .ok_or_else(|| format!("no constant {constant}"))?;
    let literal = line
        .split('"')
        .nth(1)
        .ok_or_else(|| format!("{constant} is no string"))?;
    Ok(hex::decode(literal)?)
}

/// The transactions of a bundle; each intent is qualified by the label and the transaction's index.
fn read_bundle(json: &str, label: &str) -> Result<Vec<Upgrade>> {
    let bundle: serde_json::Value = serde_json::from_str(json)?;
    if bundle["metadata"]["version"] != "1.0.0" {
        return Err("unknown bundle version".into());
    }
    let transactions = bundle["transactions"].as_array().ok_or("no transactions")?;
    let text = |value: &serde_json::Value, key: &str| {
        value[key]
            .as_str()
            .map(String::from)
            .ok_or_else(|| format!("no {key}"))
    };
    transactions
        .iter()
        .enumerate()
        .map(|(index, tx)| {
            Ok(Upgrade {
                intent: format!("{label} {index}: {}", text(tx, "intent")?),
                from: text(tx, "from")?.parse()?,
                to: tx["to"].as_str().map(str::parse).transpose()?,
                gas: tx["gasLimit"].as_u64().ok_or("no gasLimit")?,
                data: hex::decode(text(tx, "data")?)?,
            })
        })
        .collect()
}

fn write(fork: &str, upgrades: &[Upgrade]) -> Result<()> {
    let mut table = Vec::new();
    for upgrade in upgrades {
        let tx = DepositTx {
            source_hash: DepositSource::Upgrade {
                intent: &upgrade.intent,
            }
            .hash(),
            from: upgrade.from,
            to: upgrade.to,
            mint: U256::ZERO,
            value: U256::ZERO,
            gas: upgrade.gas,
            is_system: false,
            data: &upgrade.data,
        }
        .encode();
        table.extend_from_slice(&u32::try_from(tx.len())?.to_be_bytes());
        table.extend_from_slice(&tx);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/upgrade/{fork}.bin"));
    fs::write(&path, &table)?;
    println!(
        "{fork}: {} transactions, {} bytes",
        upgrades.len(),
        table.len()
    );
    Ok(())
}
