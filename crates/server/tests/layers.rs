//! The arrows between the crates, as `ARCHITECTURE.md` draws them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Which of our crates each of our crates may use outside its tests.
const ARROWS: &[(&str, &[&str])] = &[
    // It measures, and nothing may use it.
    (
        "hermes-bench",
        &[
            "hermes-domain",
            "hermes-migration",
            "hermes-repository",
            "hermes-service",
            "hermes-test-support",
            "hermes-web",
        ],
    ),
    ("hermes-domain", &[]),
    ("hermes-fault", &[]),
    ("hermes-service", &["hermes-domain", "hermes-fault"]),
    ("hermes-repository", &["hermes-domain", "hermes-fault"]),
    ("hermes-redis", &[]),
    ("hermes-cache", &["hermes-domain", "hermes-redis"]),
    ("hermes-events", &["hermes-domain", "hermes-redis"]),
    ("hermes-web", &["hermes-domain", "hermes-fault", "hermes-service"]),
    ("hermes-migration", &[]),
    ("hermes-test-support", &["hermes-domain"]),
    (
        "hermes-server",
        &[
            "hermes-cache",
            "hermes-domain",
            "hermes-events",
            "hermes-migration",
            "hermes-repository",
            "hermes-service",
            "hermes-web",
        ],
    ),
];

/// What the domain may use: nothing that does input or output.
const PURE: &[&str] = &[
    "async-trait",
    "bytes",
    "chrono",
    "email_address",
    "iso_currency",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "uuid",
];

#[test]
fn no_crate_depends_against_the_arrows() {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    for package in &metadata.packages {
        let normal =
            package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        found.insert(package.name.to_string(), normal.map(|dependency| dependency.name.clone()).collect());
    }
    let known: BTreeSet<_> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), known, "every crate has its arrows");
    for (name, allowed) in ARROWS {
        let ours = found[*name].iter().filter(|dependency| dependency.starts_with("hermes-"));
        let against: Vec<_> = ours.filter(|dependency| !allowed.contains(&dependency.as_str())).collect();
        assert!(against.is_empty(), "{name} may not depend on {against:?}");
    }
    let impure: Vec<_> =
        found["hermes-domain"].iter().filter(|name| !PURE.contains(&name.as_str())).collect();
    assert!(impure.is_empty(), "the domain may not depend on {impure:?}");
}

/// `.ci/plain` looks for the points in the program itself.
#[test]
fn only_tests_switch_the_points_of_faults_on() {
    let mut with_points = BTreeSet::new();
    for package in &MetadataCommand::new().no_deps().exec().unwrap().packages {
        let name = package.name.as_str();
        for (feature, enables) in &package.features {
            let is_its_own = feature == "fault-injection";
            with_points.extend(is_its_own.then(|| name.to_owned()));
            let against = enables.iter().any(|enabled| enabled.contains("fault"));
            assert!(is_its_own || !against, "the feature {feature} of {name} enables {enables:?}");
        }
        for dependency in &package.dependencies {
            let enables = dependency.features.iter().any(|feature| feature == "fault-injection");
            let is_optional = dependency.name != "hermes-fault" || dependency.optional;
            let of_tests = dependency.kind == DependencyKind::Development;
            assert!(
                of_tests || (!enables && is_optional),
                "{name} depends on {} with points",
                dependency.name
            );
        }
    }
    assert!(with_points.contains("hermes-service"), "{with_points:?}");
}
