//! Files as the originals name them: packed if the name ends with .gz, and whole or not there.

use crate::configs::{Stopped, data};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use std::{
    ffi::OsStr,
    fs::{self, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// Where something is written.
pub(super) enum Target {
    /// The name was empty.
    Nowhere,
    /// The name was -.
    Stdout,
    File(PathBuf),
}

impl Target {
    pub(super) fn new(name: &OsStr) -> Self {
        match name.as_encoded_bytes() {
            b"" => Self::Nowhere,
            b"-" => Self::Stdout,
            _ => Self::File(name.into()),
        }
    }

    /// What decides the form: what goes to stdout is packed.
    pub(super) fn name(&self) -> &Path {
        match self {
            Self::Nowhere | Self::Stdout => Path::new("-.bin"),
            Self::File(path) => path,
        }
    }

    /// Writes under another name and renames, so that nobody ever finds half of it.
    pub(super) fn write(&self, content: &[u8]) -> Result<(), Stopped> {
        let Self::File(path) = self else {
            if matches!(self, Self::Stdout) {
                let mut out = io::stdout().lock();
                return out
                    .write_all(content)
                    .and_then(|()| out.flush())
                    .map_err(|cause| data(format_args!("stdout: {cause}")));
            }
            return Ok(());
        };
        // A device or a pipe is not to be replaced.
        let special = fs::metadata(path).is_ok_and(|meta| !meta.is_file());
        let done = if special {
            fs::write(path, content)
        } else {
            replace(path, content)
        };
        done.map_err(|cause| data(format_args!("cannot write {}: {cause}", path.display())))
    }
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&temporary)
        .and_then(|mut file| file.write_all(content));
    let done = written.and_then(|()| fs::rename(&temporary, path));
    if done.is_err() {
        let _it_may_not_be_there = fs::remove_file(&temporary);
    }
    done
}

/// A file's content; unpacked if it is packed, whatever its name.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Stopped> {
    let fault = |cause| data(format_args!("cannot read {}: {cause}", path.display()));
    let content = fs::read(path).map_err(fault)?;
    if !content.starts_with(&GZIP) {
        return Ok(content);
    }
    let mut unpacked = Vec::new();
    GzDecoder::new(&content[..])
        .read_to_end(&mut unpacked)
        .map_err(fault)?;
    Ok(unpacked)
}

/// A file's content as its name wants it.
pub(super) fn packed(name: &Path, content: Vec<u8>) -> Result<Vec<u8>, Stopped> {
    if name.extension() != Some("gz".as_ref()) {
        return Ok(content);
    }
    // States are mostly zeros, and are written while a dispute's clock runs.
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer
        .write_all(&content)
        .and_then(|()| packer.finish())
        .map_err(|cause| data(format_args!("cannot pack {}: {cause}", name.display())))
}

const GZIP: [u8; 2] = [0x1f, 0x8b];
