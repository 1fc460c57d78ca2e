//! Where the built programs are.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

/// How a program was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// As this program was.
    Same,
    /// With the names of its functions, which a profile needs.
    WithSymbols,
}

/// The profile of Cargo that keeps the names of functions.
const PROFILE_WITH_SYMBOLS: &str = "release-fast";

/// The path of a program that was built beside this one.
pub fn program(name: &str, build: Build) -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.parent().context("a program is in a folder")?;
    let folder = match build {
        Build::Same => folder.to_path_buf(),
        Build::WithSymbols => folder.with_file_name(PROFILE_WITH_SYMBOLS),
    };
    let path = folder.join(name);
    ensure!(path.is_file(), "{} is not built; `make bench` builds it", path.display());
    Ok(path)
}
