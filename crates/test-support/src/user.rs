//! The user that runs the tests.

use std::os::unix::fs::MetadataExt;

/// Returns the numeric id of the user: the owner of a file that this process creates. A system call would need unsafe
/// code.
pub(crate) fn user_id() -> u32 {
    let file = tempfile::tempfile().expect("the folder for temporary files is writable");
    file.metadata().expect("an open file has metadata").uid()
}

/// Whether the tests run as root, which the database servers allow only with an option.
pub(crate) fn is_root() -> bool {
    user_id() == 0
}
