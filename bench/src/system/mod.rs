//! The system under test: a built Hermes, its databases and the bare handler.

mod bare_handler;
mod database;
mod hermes;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

pub use bare_handler::BareHandler;
pub use database::{DatabaseHost, DatabaseKind, PrivateDatabase};
pub use hermes::Hermes;

/// The Cargo profile that retains function names.
const PROFILE_WITH_SYMBOLS: &str = "release-fast";

/// The build of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// The same profile as this program.
    Same,
    /// A profile with function names.
    WithSymbols,
}

/// Returns the path of a program built next to this one.
fn program_path(name: &str, build: Build) -> Result<PathBuf> {
    let this_program = std::env::current_exe()?;
    let folder = this_program.parent().context("the program has no folder")?;
    let folder = match build {
        Build::Same => folder.to_path_buf(),
        Build::WithSymbols => folder.with_file_name(PROFILE_WITH_SYMBOLS),
    };
    let path = folder.join(name);
    ensure!(path.is_file(), "{} is not built; run `make bench`", path.display());
    Ok(path)
}
