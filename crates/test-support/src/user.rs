//! Who runs the tests.

use std::os::unix::fs::MetadataExt;

/// The numeric id of the user, told by the owner of a file that this process makes: asking the system directly
/// would take unsafe code.
pub(crate) fn user_id() -> u32 {
    let file = tempfile::tempfile().expect("the folder for temporary files is writable");
    file.metadata().expect("an open file has metadata").uid()
}

/// Whether the tests run as root. The database servers refuse to, unless they are told.
pub(crate) fn is_root() -> bool {
    user_id() == 0
}
