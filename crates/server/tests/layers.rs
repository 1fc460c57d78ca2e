//! The dependencies between the crates, and the files, are those of `ARCHITECTURE.md`.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// The crates of the workspace, each with the ones that it may use outside of tests.
const ALLOWED: &[(&str, &str)] = &[
    ("bench", "domain migration repository service statements test-support web"),
    ("domain", ""),
    ("fault", ""),
    ("service", "domain fault statements"),
    ("repository", "domain fault"),
    ("redis", ""),
    ("cache", "domain redis"),
    ("events", "domain redis"),
    ("languages", "domain"),
    ("statements", "domain"),
    ("web", "domain fault languages service"),
    ("migration", "fault"),
    ("test-support", "domain"),
    ("mail", "domain languages"),
    ("server", "cache domain events languages mail migration repository service statements web"),
];

/// The libraries that the domain may use; none of them does input or output.
const PURE: &str = "async-trait bytes chrono chrono-tz crc32fast data-encoding email_address hmac iban_validate icu_normalizer \
    icu_properties iso_currency itoa regex-lite serde serde_json sha2 subtle thiserror uuid";

fn packages() -> Vec<Package> {
    MetadataCommand::new().no_deps().exec().unwrap().packages
}

#[test]
fn crates_use_only_the_crates_below_them() {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages() {
        let normal =
            package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        used.insert(package.name.to_string(), normal.map(|dependency| dependency.name.clone()).collect());
    }
    assert_eq!(used.len(), ALLOWED.len(), "ALLOWED does not list every crate: {:?}", used.keys());
    for (name, allowed) in ALLOWED {
        let ours = used[&format!("hermes-{name}")].iter().filter_map(|name| name.strip_prefix("hermes-"));
        let excess: Vec<_> =
            ours.filter(|used| !allowed.split(' ').any(|allowed| allowed == *used)).collect();
        assert!(excess.is_empty(), "{name} may not depend on {excess:?}");
    }
    let impure: Vec<_> =
        used["hermes-domain"].iter().filter(|name| !PURE.split(' ').any(|pure| pure == *name)).collect();
    assert!(impure.is_empty(), "the domain may not depend on {impure:?}");
}

/// `.ci/plain` checks the program itself for fail points.
#[test]
fn only_tests_enable_fail_points() {
    let mut with_fail_points = BTreeSet::new();
    for package in packages() {
        let name = package.name.as_str();
        for (feature, enabled) in &package.features {
            if feature == "fault-injection" {
                with_fail_points.insert(name.to_owned());
            } else {
                let has_fault = enabled.iter().any(|enabled| enabled.contains("fault"));
                assert!(!has_fault, "the feature {feature} of {name} enables {enabled:?}");
            }
        }
        for dependency in &package.dependencies {
            let is_enabled = dependency.features.iter().any(|feature| feature == "fault-injection");
            let is_mandatory = dependency.name == "hermes-fault" && !dependency.optional;
            assert!(
                dependency.kind == DependencyKind::Development || !(is_enabled || is_mandatory),
                "{name} enables the fail points of {}",
                dependency.name
            );
        }
    }
    assert!(with_fail_points.contains("hermes-service"), "{with_fail_points:?}");
}

#[test]
fn the_documents_name_only_existing_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    collect_files(&root, &mut files);
    let documents = files.iter().filter(|file| {
        let is_ours = ["ARCHITECTURE.md", "SECURITY.md"].iter().any(|name| file.ends_with(name));
        is_ours
            || (file.extension().is_some_and(|extension| extension == "md")
                && file.starts_with(root.join("docs")))
    });
    let text: String = documents.map(|file| fs::read_to_string(file).unwrap()).collect();
    let is_path = |code: &&str| {
        let is_file = [".rs", ".lua", ".md", ".toml"].iter().any(|extension| code.ends_with(extension));
        is_file && code.contains('/') && !code.contains(char::is_whitespace)
    };
    // The operator creates these.
    let is_own = |path: &&str| !path.starts_with("config/") && !path.starts_with("/etc/");
    let paths: BTreeSet<_> = text.split('`').skip(1).step_by(2).filter(is_path).filter(is_own).collect();
    assert!(paths.len() > 20, "{paths:?}");
    // `Path::ends_with` compares whole components.
    let exists = |path: &str| files.iter().any(|file| file.ends_with(path.trim_start_matches("../")));
    let missing: Vec<_> = paths.into_iter().filter(|path| !exists(path)).collect();
    assert!(missing.is_empty(), "the documents name missing files: {missing:#?}");
}

/// Collects the files below a folder, without hidden folders and build output.
fn collect_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if !entry.file_type().unwrap().is_dir() {
            files.push(entry.path());
        } else if !name.to_string_lossy().starts_with('.') && name != "target" {
            collect_files(&entry.path(), files);
        }
    }
}
