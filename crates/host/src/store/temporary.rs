//! Files that are whole or not there.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// Writes a file under a name that nobody else uses, and renames it. `root` is a directory on the same file system.
///
/// A process that is killed leaves at most a file with such a name behind, which nobody reads.
pub(super) fn replace(root: &Path, target: &Path, contents: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    // A process number may come again after a crash; then the file is there, and the next count is tried.
    let (temporary, mut file) = loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = root.join(format!("{name}.{}-{count}.tmp", process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => break (path, file),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(cause),
        }
    };
    let written = file.write_all(contents);
    drop(file);
    let done = written.and_then(|()| fs::rename(&temporary, target));
    if done.is_err() {
        let _it_may_be_gone = fs::remove_file(&temporary);
    }
    done
}
