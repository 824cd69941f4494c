//! Data directories, in the formats that op-program's host writes and op-challenger reads.
//!
//! `kvformat` in the directory names the format. `directory`: a file a value, `<first four digits of the key>/<the other sixty>.txt`, its content the
//! value in hex. `file`: the same in one directory, `0x<key>.txt`. Other formats (`pebble`; the RocksDB of older kona-hosts) are refused by name.
//!
//! Every value is written to a file of another name and then renamed. So a process may die at any moment, and several may use one directory: a
//! value is there whole, or it is not there.

mod temporary;

use alloy_primitives::{B256, Bytes, hex};
use hoike_preimage::{BLOB_BYTES, Commitment, PreimageKey};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use temporary::replace;

/// How values lie in a data directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// In a directory for each first two bytes of keys.
    Directory,
    /// All in one directory.
    File,
}

impl Format {
    /// What `kvformat` says.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::File => "file",
        }
    }
}

/// A data directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disk {
    root: PathBuf,
    format: Format,
}

impl Disk {
    /// Opens a data directory, or makes it. What `kvformat` says goes before `format`, which is written there if there is nothing.
    ///
    /// # Errors
    /// A directory that cannot be made, read or written, or that has another format.
    pub fn open(root: &Path, format: Format) -> Result<Self, StoreError> {
        let at = |cause| StoreError::new(root, cause);
        fs::create_dir_all(root).map_err(at)?;
        let marker = root.join(MARKER);
        let format = match fs::read(&marker) {
            Ok(name) if name == b"directory" => Format::Directory,
            Ok(name) if name == b"file" => Format::File,
            Ok(name) => {
                let name = String::from_utf8_lossy(&name).chars().take(40).collect();
                let root = root.to_path_buf();
                return Err(StoreError::Format { root, name });
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                // RocksDB's file of that name points to its manifest.
                if root.join("CURRENT").exists() && root.join("IDENTITY").exists() {
                    let (root, name) = (root.to_path_buf(), "rocksdb".into());
                    return Err(StoreError::Format { root, name });
                }
                replace(root, &marker, format.name().as_bytes())
                    .map_err(|cause| StoreError::new(&marker, cause))?;
                format
            }
            Err(cause) => return Err(StoreError::new(&marker, cause)),
        };
        let root = root.to_path_buf();
        Ok(Self { root, format })
    }

    /// The format that it has.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The value under a key, unchecked; `None` if there is none.
    ///
    /// # Errors
    /// A file that cannot be read, or is not hex.
    pub fn get(&self, key: PreimageKey) -> Result<Option<Bytes>, StoreError> {
        let path = self.path(key);
        match fs::read(&path) {
            // A prefix would be taken here, and not by op-program.
            Ok(text) if text.starts_with(b"0x") => Err(StoreError::Malformed { path }),
            Ok(text) => match hex::decode(text) {
                Ok(value) => Ok(Some(value.into())),
                Err(_) => Err(StoreError::Malformed { path }),
            },
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(StoreError::new(&path, cause)),
        }
    }

    /// Puts a value under a key, whether it belongs there or not; what was there is replaced.
    ///
    /// # Errors
    /// A file that cannot be written; then what was there is still there.
    pub fn put(&self, key: PreimageKey, value: &[u8]) -> Result<(), StoreError> {
        self.write(&self.path(key), hex::encode(value).as_bytes())
    }

    /// A blob that was kept in one piece, with its commitment; `None` if there is none, or only half of one.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn blob(&self, versioned_hash: &B256) -> Result<Option<(Commitment, Bytes)>, StoreError> {
        let path = self.blob_path(versioned_hash);
        match fs::read(&path) {
            Ok(bytes) => Ok(split_blob(&bytes.into()).filter(|(commitment, _)| {
                PreimageKey::sha256(*versioned_hash).is_hash_of(commitment) == Some(true)
            })),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(StoreError::new(&path, cause)),
        }
    }

    /// Keeps a blob in one piece, beside the values: 8,193 files are made of it when a program wants it by elements.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn put_blob(
        &self,
        versioned_hash: &B256,
        commitment: &Commitment,
        contents: &[u8],
    ) -> Result<(), StoreError> {
        let file = [&commitment[..], contents].concat();
        self.write(&self.blob_path(versioned_hash), &file)
    }

    /// Whether something was marked as kept; what can be relied on is only what is there.
    pub(crate) fn is_marked(&self, what: B256) -> bool {
        self.mark_path(what).exists()
    }

    /// Marks something as kept.
    pub(crate) fn mark(&self, what: B256) -> Result<(), StoreError> {
        self.write(&self.mark_path(what), &[])
    }

    /// A whole file, whose directory is made if it is not there.
    fn write(&self, path: &Path, contents: &[u8]) -> Result<(), StoreError> {
        let write = || {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            replace(&self.root, path, contents)
        };
        write().map_err(|cause| StoreError::new(path, cause))
    }

    fn mark_path(&self, what: B256) -> PathBuf {
        self.root.join(OWN).join(format!("{what}.kept"))
    }

    fn blob_path(&self, versioned_hash: &B256) -> PathBuf {
        self.root.join(OWN).join(format!("{versioned_hash}.blob"))
    }

    fn path(&self, key: PreimageKey) -> PathBuf {
        let digits = hex::encode(key.as_bytes());
        let (first, rest) = digits.split_at(4);
        match self.format {
            Format::Directory => self.root.join(first).join(format!("{rest}.txt")),
            Format::File => self.root.join(format!("0x{digits}.txt")),
        }
    }
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system says no.
    #[error("{}: {cause}: {}", path.display(), remedy(cause))]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What it says.
        cause: io::Error,
    },
    /// The directory was written in a format that is not read here.
    #[error("{} is a data directory of format {name:?}; only directory and file are read: use another data directory", root.display())]
    Format {
        /// The directory.
        root: PathBuf,
        /// The format's name.
        name: String,
    },
    /// A value's file is not hex: somebody else wrote there.
    #[error("{} is not hex, so it was not written by a preimage host: remove it to have it fetched again", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}

impl StoreError {
    fn new(path: &Path, cause: io::Error) -> Self {
        let path = path.to_path_buf();
        Self::Io { path, cause }
    }
}

/// What the user can do about it.
fn remedy(cause: &io::Error) -> &'static str {
    use io::ErrorKind::{
        AlreadyExists, NotADirectory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem,
        StorageFull,
    };
    match cause.kind() {
        StorageFull | QuotaExceeded => {
            "free space and run again, which goes on with what is kept; or use another data directory"
        }
        PermissionDenied | ReadOnlyFilesystem => "make it writable, or use another data directory",
        AlreadyExists | NotADirectory => "a data directory has to be a directory",
        _ => "use another data directory, or mend this one",
    }
}

/// Commitment and contents, as a blob's file holds them.
fn split_blob(file: &Bytes) -> Option<(Commitment, Bytes)> {
    let commitment = *file.first_chunk::<48>()?;
    let contents = file.slice(48..);
    (contents.len() == BLOB_BYTES).then_some((commitment, contents))
}

const MARKER: &str = "kvformat";
/// The folder of what is hoike's alone; other hosts do not look into it.
const OWN: &str = "hoike";
