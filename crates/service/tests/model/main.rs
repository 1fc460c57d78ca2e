//! A model checker for the read-your-writes promise: once any instance has acknowledged a write, every read that
//! starts later, on any instance, shows it.
//!
//! The checker explores every state of a small model once. The model has two instances, each with L1 and an observed
//! head, one shared cache and one database. Writes, reads, loads, the clock and faults make steps in every possible
//! order. A step is one operation of the cache or the database, or the local work after one reply. A request, its
//! reply and its failure are separate steps wherever something can happen between them.
//!
//! **The rules are the server's**: [`rules::SERVER`] contains the functions of `hermes_service::read_cache::rules`.
//! The promise must hold for every variant in `protocols`. Each variant in `mutations` has one defect, and the tests
//! fail unless the model finds a stale response.
//!
//! A read need not show a write that the database has lost. An unverified response promises nothing.
//!
//! Files: `variant` defines what is explored, and `search` explores it. `process` is the state: the `environment` and
//! the processes `write`, `read` with its `head_query`, `load`, `cache` and `faults`. `types` defines their values.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a missing value fails the test"
)]

mod cache;
mod environment;
mod faults;
mod head_query;
mod load;
mod mutations;
mod process;
mod protocols;
mod read;
mod rules;
mod search;
mod types;
mod variant;
mod write;

use search::explore;
use variant::Variant;

/// Explores each variant with warm and with cold caches.
fn holds(variants: &[Variant]) {
    for variant in variants {
        for cold in [false, true] {
            let explored = explore(&Variant { cold, ..variant.clone() });
            let Some(violation) = explored.violation else { continue };
            panic!("{}:\n{}", variant.name, violation.join("\n"));
        }
    }
}

#[test]
fn the_promise_holds_when_no_commit_is_lost() {
    holds(protocols::NO_COMMIT_LOST);
}

#[test]
fn the_promise_holds_when_commits_are_lost() {
    holds(protocols::COMMITS_LOST);
}

#[test]
fn every_mutation_is_detected() {
    let is_undetected = |variant: &&Variant| explore(variant).violation.is_none();
    let undetected =
        mutations::ALL.iter().filter(is_undetected).map(|variant| variant.name).collect::<Vec<_>>();
    assert!(undetected.is_empty(), "the model does not detect: {undetected:#?}");
}

#[test]
fn a_violation_lists_its_steps() {
    let variant = mutations::ALL.iter().find(|variant| variant.name.starts_with("X3 ")).unwrap();
    let steps = explore(variant).violation.unwrap();
    assert!(steps.iter().any(|step| step == "write 1 is acknowledged"), "{steps:#?}");
    assert!(steps.last().unwrap().contains("is served"), "{steps:#?}");
}
