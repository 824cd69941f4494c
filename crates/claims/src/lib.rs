//! Claim folders: `claim.json` with one or more claims about a chain, `witness.kv.zst` with the preimages, and for chains that are not in the superchain
//! registry `rollup.json` and `l1-genesis.json`, with `l2-chain-config.json` if the chain is executed by such a config.
//!
//! Every field is checked, and every error names the file and the field. Nothing is allocated by a size that a file only announces.
#![forbid(unsafe_code)]

use alloy_primitives::{B256, Bytes};
use hoike_preimage::{Witness, WitnessError};
use hoike_program::{Boot, Claim};
use hoike_protocol::{BlockId, Rules, rules::Variants};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// A folder's claims and witness.
#[derive(Debug)]
pub struct Folder {
    /// Its name, from `claim.json` or else the path.
    pub name: String,
    /// Its claims, at least one.
    pub claims: Vec<Entry>,
    /// The chain's name.
    pub chain: String,
    /// The chain's rules.
    pub rules: Rules,
    /// The preimages.
    pub witness: Witness,
    /// Size of the witness, decompressed.
    pub witness_bytes: usize,
}

/// A claim as `claim.json` has it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Entry {
    l1_head: B256,
    agreed_l2_head_hash: Option<B256>,
    agreed_l2_block_number: Option<u64>,
    agreed_l2_output_root: B256,
    claimed_l2_output_root: B256,
    claimed_l2_block_number: u64,
    /// The verdict that is expected, if the file says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Expected>,
    /// What the claim is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The verdict that a folder expects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// Valid.
    Valid,
    /// Invalid.
    Invalid,
}

#[derive(Deserialize, Serialize)]
struct Document {
    name: Option<String>,
    l1_chain_id: u64,
    l2_chain_id: u64,
    claims: Vec<Entry>,
}

impl Entry {
    /// A claim on this agreed block.
    pub const fn new(claim: &Claim, agreed: &BlockId) -> Self {
        Self {
            l1_head: claim.l1_head,
            agreed_l2_head_hash: Some(agreed.hash),
            agreed_l2_block_number: Some(agreed.number),
            agreed_l2_output_root: claim.agreed_output_root,
            claimed_l2_output_root: claim.claimed_output_root,
            claimed_l2_block_number: claim.claimed_block,
            expected: None,
            note: None,
        }
    }

    /// What the program runs on.
    pub fn boot(&self, rules: &Rules) -> Boot {
        let claim = Claim {
            l1_head: self.l1_head,
            agreed_output_root: self.agreed_l2_output_root,
            claimed_output_root: self.claimed_l2_output_root,
            claimed_block: self.claimed_l2_block_number,
        };
        Boot {
            claim,
            rules: rules.clone(),
        }
    }

    /// The claim's remark about the agreed block, against what the agreed output root is in fact the root of.
    pub fn check_agreed(&self, agreed: &hoike_protocol::BlockId) -> Result<(), String> {
        if let Some(number) = self
            .agreed_l2_block_number
            .filter(|number| *number != agreed.number)
        {
            return Err(format!(
                "agreed_l2_block_number is {number}, but agreed_l2_output_root is the root of block {}",
                agreed.number
            ));
        }
        if let Some(hash) = self.agreed_l2_head_hash.filter(|hash| *hash != agreed.hash) {
            return Err(format!(
                "agreed_l2_head_hash is {hash}, but agreed_l2_output_root is the root of block {}",
                agreed.hash
            ));
        }
        Ok(())
    }

    /// The claimed block's number and output root.
    pub const fn claimed(&self) -> (u64, B256) {
        (self.claimed_l2_block_number, self.claimed_l2_output_root)
    }

    /// The agreed output root.
    pub const fn agreed_root(&self) -> B256 {
        self.agreed_l2_output_root
    }
}

impl Folder {
    /// Writes a folder that [`Self::read`] reads, into a directory that is made if it is not there. `witness` is in the form of [`Witness::parse`].
    /// `claim.json` comes last, so that a folder that has one is whole.
    ///
    /// # Errors
    /// A file that cannot be written, and a directory that has a claim already.
    pub fn write(
        to: &Path,
        name: &str,
        rules: &Rules,
        configs: &Configs,
        claims: &[Entry],
        witness: &[u8],
    ) -> Result<(), FolderError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |cause| FolderError::Write { path, cause }
        };
        let document = Document {
            name: Some(name.to_owned()),
            l1_chain_id: rules.rollup.l1_chain_id,
            l2_chain_id: rules.rollup.l2_chain_id,
            claims: claims.to_vec(),
        };
        std::fs::create_dir_all(to).map_err(failed(to))?;
        let claim = to.join(CLAIM);
        if claim.exists() {
            return Err(FolderError::Taken { path: claim });
        }
        let packed = zstd::encode_all(witness, COMPRESSION).map_err(failed(&to.join(WITNESS)))?;
        let json = serde_json::to_vec_pretty(&document)
            .map_err(|why| failed(&claim)(io::Error::other(why)))?;
        let files = [
            (ROLLUP, configs.rollup.as_deref()),
            (L1_CONFIG, configs.l1.as_deref()),
            (L2_CONFIG, configs.l2.as_deref()),
            (WITNESS, Some(&packed[..])),
            (CLAIM, Some(&json[..])),
        ];
        for (file, contents) in files {
            let Some(contents) = contents else {
                continue;
            };
            let path = to.join(file);
            let partial = to.join(format!("{file}.{}.tmp", std::process::id()));
            std::fs::write(&partial, contents)
                .and_then(|()| std::fs::rename(&partial, &path))
                .map_err(failed(&path))?;
        }
        Ok(())
    }

    /// A folder that is in no directory.
    ///
    /// # Errors
    /// The witness is not in its form.
    pub fn in_memory(
        name: &str,
        chain: &str,
        rules: &Rules,
        claims: Vec<Entry>,
        witness: Vec<u8>,
    ) -> Result<Self, FolderError> {
        let witness_bytes = witness.len();
        let parsed = Witness::parse(Bytes::from(witness));
        Ok(Self {
            name: name.to_owned(),
            claims,
            chain: chain.to_owned(),
            rules: rules.clone(),
            witness: parsed.map_err(|why| FolderError::Witness {
                folder: name.to_owned(),
                why,
            })?,
            witness_bytes,
        })
    }
}

/// How large files may be, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Each JSON file.
    pub json: u64,
    /// The witness, decompressed.
    pub witness: u64,
}

impl Default for Limits {
    /// Far above any files seen so far, far below what would hurt.
    fn default() -> Self {
        Self {
            json: 64 << 20,
            witness: 4 << 30,
        }
    }
}

impl Folder {
    /// Reads a folder.
    ///
    /// # Errors
    /// The first file that is missing, too large or wrong, with the field or entry.
    pub fn read(folder: &Path) -> Result<Self, FolderError> {
        Self::read_within(folder, Limits::default())
    }

    /// Reads a folder whose files are not above limits.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_within(folder: &Path, limits: Limits) -> Result<Self, FolderError> {
        let claim = read(&folder.join(CLAIM), limits.json)?;
        let configs = Configs {
            rollup: read_if_there(&folder.join(ROLLUP), limits.json)?,
            l1: read_if_there(&folder.join(L1_CONFIG), limits.json)?,
            l2: read_if_there(&folder.join(L2_CONFIG), limits.json)?,
        };
        let path = folder.join(WITNESS);
        let mut witness = File::open(&path).map_err(|cause| FolderError::Read {
            path: path.clone(),
            cause,
        })?;
        let name = folder.display().to_string();
        Self::from_parts(&name, &claim, configs, &mut witness, limits.witness)
    }

    /// The same from the contents of `claim.json` and `witness.kv.zst`, for a chain of the registry; `name` is for errors.
    pub fn from_bytes(name: &str, claim: &[u8], witness: &[u8]) -> Result<Self, FolderError> {
        Self::from_parts(
            name,
            claim,
            Configs {
                rollup: None,
                l1: None,
                l2: None,
            },
            &mut io::Cursor::new(witness),
            Limits::default().witness,
        )
    }

    fn from_parts(
        folder: &str,
        claim: &[u8],
        configs: Configs,
        witness: &mut dyn Read,
        limit: u64,
    ) -> Result<Self, FolderError> {
        let mut json = serde_json::Deserializer::from_slice(claim);
        let document: Document =
            serde_path_to_error::deserialize(&mut json).map_err(|error| FolderError::Claim {
                folder: folder.into(),
                field: error.path().to_string(),
                why: error.inner().to_string(),
            })?;
        json.end().map_err(|error| FolderError::Claim {
            folder: folder.into(),
            field: "(end)".into(),
            why: error.to_string(),
        })?;
        if document.claims.is_empty() {
            return Err(FolderError::Claim {
                folder: folder.into(),
                field: "claims".into(),
                why: "there is none".into(),
            });
        }
        let (rules, chain) = configs.rules(folder, &document)?;
        let raw = decompress(witness, limit).map_err(|why| FolderError::Compression {
            folder: folder.into(),
            why,
        })?;
        let witness_bytes = raw.len();
        let witness = Witness::parse(Bytes::from(raw)).map_err(|why| FolderError::Witness {
            folder: folder.into(),
            why,
        })?;
        let name = document.name.unwrap_or_else(|| folder.to_string());
        Ok(Self {
            name,
            claims: document.claims,
            chain,
            rules,
            witness,
            witness_bytes,
        })
    }
}

/// The files of a chain that is not in the registry, or whose configs are given all the same.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Configs {
    /// `rollup.json`.
    pub rollup: Option<Vec<u8>>,
    /// `l1-genesis.json`.
    pub l1: Option<Vec<u8>>,
    /// `l2-chain-config.json`.
    pub l2: Option<Vec<u8>>,
}

impl Configs {
    /// The chain's rules, from the folder's files or else from the registry, and a name for the chain.
    fn rules(self, folder: &str, document: &Document) -> Result<(Rules, String), FolderError> {
        let config = |file: &str, why: String| FolderError::Config {
            folder: folder.into(),
            file: file.into(),
            why,
        };
        let (rollup, chain) = match self.rollup {
            Some(json) => {
                let rollup = hoike_registry::rollup_config(&json)
                    .map_err(|why| config(ROLLUP, why.to_string()))?;
                let chain = format!("chain {}", rollup.l2_chain_id);
                (rollup, chain)
            }
            None => {
                let chain = hoike_registry::chain(document.l2_chain_id)
                    .map_err(|why| config(ROLLUP, format!("is not there, and {why}")))?;
                (chain.rollup.clone(), chain.name.to_string())
            }
        };
        let l1 = match self.l1 {
            Some(json) => hoike_registry::l1_config_json(&json)
                .map_err(|why| config(L1_CONFIG, why.to_string()))?,
            None => hoike_registry::l1_config(rollup.l1_chain_id).ok_or_else(|| {
                config(
                    L1_CONFIG,
                    format!(
                        "is not there, and L1 chain {} is not in the registry",
                        rollup.l1_chain_id
                    ),
                )
            })?,
        };
        for (file, field, got, want) in [
            (
                ROLLUP,
                "l2_chain_id",
                rollup.l2_chain_id,
                document.l2_chain_id,
            ),
            (
                ROLLUP,
                "l1_chain_id",
                rollup.l1_chain_id,
                document.l1_chain_id,
            ),
            (L1_CONFIG, "chainId", l1.chain_id, document.l1_chain_id),
        ] {
            if got != want {
                return Err(config(
                    file,
                    format!("{field} is {got}, but {CLAIM} says {want}"),
                ));
            }
        }
        let mut variants = Variants::default();
        if let Some(json) = self.l2 {
            variants.karst_evm = hoike_registry::l2_config_json(&json, &rollup)
                .map_err(|why| config(L2_CONFIG, why.to_string()))?;
        }
        Ok((
            Rules {
                rollup,
                l1,
                variants,
            },
            chain,
        ))
    }
}

/// Decompresses a witness. What it announces of its size is not believed: memory grows with what really comes out, up to a limit.
fn decompress(compressed: &mut dyn Read, limit: u64) -> Result<Vec<u8>, String> {
    let mut decoder = zstd::Decoder::new(compressed).map_err(|cause| cause.to_string())?;
    decoder
        .window_log_max(MAX_WINDOW_LOG)
        .map_err(|cause| cause.to_string())?;
    let mut raw = Vec::new();
    decoder
        .take(limit.saturating_add(1))
        .read_to_end(&mut raw)
        .map_err(|cause| format!("no whole zstd stream: {cause}"))?;
    if raw.len() as u64 > limit {
        return Err(format!("it decompresses to more than {limit} bytes"));
    }
    Ok(raw)
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FolderError> {
    let failed = |cause| FolderError::Read {
        path: path.to_path_buf(),
        cause,
    };
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(failed)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(FolderError::TooLarge {
            path: path.to_path_buf(),
            limit,
        });
    }
    Ok(bytes)
}

fn read_if_there(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FolderError> {
    match read(path, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(FolderError::Read { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are what their names say")]
pub enum FolderError {
    /// A file is missing or unreadable.
    #[error("cannot read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },
    /// A file cannot be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write { path: PathBuf, cause: io::Error },
    /// There is a claim already.
    #[error("{} is there already, and is not overwritten: give a new folder", path.display())]
    Taken { path: PathBuf },
    /// A file is larger than any such file.
    #[error("{} has more than {limit} bytes", path.display())]
    TooLarge { path: PathBuf, limit: u64 },
    /// A field of `claim.json` is wrong.
    #[error("{folder}: {CLAIM}: {field}: {why}")]
    Claim {
        folder: String,
        field: String,
        why: String,
    },
    /// A config is wrong, or needed and missing.
    #[error("{folder}: {file}: {why}")]
    Config {
        folder: String,
        file: String,
        why: String,
    },
    /// The witness does not decompress.
    #[error("{folder}: {WITNESS}: {why}")]
    Compression { folder: String, why: String },
    /// The witness is not in its form.
    #[error("{folder}: {WITNESS}: {why}")]
    Witness { folder: String, why: WitnessError },
}

const CLAIM: &str = "claim.json";
const ROLLUP: &str = "rollup.json";
const L1_CONFIG: &str = "l1-genesis.json";
const L2_CONFIG: &str = "l2-chain-config.json";
/// zstd's level: what is gained beyond it is not worth the wait.
const COMPRESSION: i32 = 9;
const WITNESS: &str = "witness.kv.zst";
/// zstd windows up to 128 MiB, what its own command line accepts by default.
const MAX_WINDOW_LOG: u32 = 27;
