//! A private file with the request that was begun and perhaps not finished. It holds only public facts, avoids asking
//! twice, and nothing depends on it.

use std::path::PathBuf;

use crate::forge::request_file;
use crate::grant::Signed;
use crate::system::Files;
use crate::system::files;

fn path(files: &Files, repository: u64) -> PathBuf {
    files.state.join(format!("asking-{repository}.json"))
}

/// The unfinished request that was begun last at a repository.
pub(super) fn find(files: &Files, repository: u64) -> Option<Signed> {
    let bytes = files::read(&path(files, repository)).ok().flatten()?;
    request_file::read_signed(&bytes).ok()
}

/// Records the request that is about to be sent. A write error does not stop the request.
pub(super) fn begin(files: &Files, repository: u64, signed: &Signed) {
    let text = request_file::write(signed);
    let written = files::make_private_folder(&files.state)
        .and_then(|()| files::replace_private(&path(files, repository), text.as_bytes()));
    if let Err(error) = written {
        tracing::warn!(%error, "the request cannot be recorded on this machine");
    }
}

/// Records that the request is finished.
pub(super) fn done(files: &Files, repository: u64) {
    if let Err(error) = std::fs::remove_file(path(files, repository)) {
        tracing::debug!(%error, "the record of the request was not removed");
    }
}
