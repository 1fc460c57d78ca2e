//! Generates the type `Texts` from every file in `texts/`. A file that lacks a message of `en.ftl`, or has it with other
//! arguments, fails the build.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use fluent_static_codegen::MessageBundleBuilder;

const FOLDER: &str = "texts";
const DEFAULT: &str = "en";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut builder = MessageBundleBuilder::new("Texts");
    builder.set_default_language(DEFAULT)?.set_resources_dir(FOLDER);
    for language in languages()? {
        builder.add_resource(&language, format!("{language}.ftl"))?;
    }
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    builder.build()?.write_to_file(folder.join("texts.rs"))?;
    Ok(())
}

/// Returns the languages with a file, the default first.
fn languages() -> Result<Vec<String>, Box<dyn Error>> {
    let mut others = Vec::new();
    for entry in fs::read_dir(Path::new(FOLDER))? {
        let path = entry?.path();
        let is_fluent = path.extension().is_some_and(|extension| extension == "ftl");
        let name = path.file_stem().and_then(|name| name.to_str());
        others.extend(name.filter(|name| is_fluent && *name != DEFAULT).map(str::to_owned));
    }
    others.sort();
    Ok(std::iter::once(DEFAULT.to_owned()).chain(others).collect())
}
