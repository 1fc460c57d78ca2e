//! The guides: their commands run as written, and their links lead somewhere.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic fails the test"
)]

mod commands;
mod links;
mod markdown;

use std::fs;
use std::path::{Path, PathBuf};

/// A document and its path in the repository.
struct Document {
    path: PathBuf,
    text: String,
}

/// Returns the folder of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Returns all documents for people, sorted.
fn documents() -> Vec<Document> {
    let root = root();
    let mut paths =
        ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"].map(PathBuf::from).to_vec();
    for folder in ["docs", "docs/decisions"] {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let names = entries.filter(|name| name.to_string_lossy().ends_with(".md"));
        paths.extend(names.map(|name| Path::new(folder).join(name)));
    }
    paths.sort();
    assert!(paths.len() > 20, "{paths:?}");
    paths
        .into_iter()
        .map(|path| Document { text: fs::read_to_string(root.join(&path)).unwrap(), path })
        .collect()
}
