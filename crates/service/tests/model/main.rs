//! Promise G, for every history there is: after any instance has acknowledged a write, every read that starts
//! later, on any instance, shows it.
//!
//! An explicit-state model checker. Two instances, each with L1 and a word of the database, one shared cache and
//! one database; writes, reads, loads, the clock and faults make steps in every order that is possible, and each
//! state is visited once. A step is one thing that others can see: an operation at the cache or the database, or
//! what an instance does on its own when an answer arrives. Operations, their answers and their failures are
//! steps of their own wherever something could happen between them.
//!
//! **The rules are the server's**: [`rules::SERVER`] has the functions of `hermes_service::read_cache::rules`
//! themselves. `protocols` are variants for which the history_check must hold; `mutations` are the same with one thing
//! broken, and the suite fails unless the model finds what that breaks, so that it is known to look.
//!
//! A write that the database has lost is not missed, and a read that is labelled as unconfirmed claims nothing.
//!
//! Files: `variant` says what can be explored; `search` explores; `process` is the state, of the `world` and of
//! who makes steps in it: `write`, `read` with what it `ask`s, `load`, `cache`, `faults`; `facts` are their words.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what should be there and is not fails the test"
)]

mod ask;
mod cache;
mod facts;
mod faults;
mod load;
mod mutations;
mod process;
mod protocols;
mod read;
mod rules;
mod search;
mod variant;
mod world;
mod write;

use search::explore;
use variant::Variant;

/// Warm and cold: in the first the caches are full, in the second reads must load.
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
fn the_promise_holds_when_the_database_keeps_its_commits() {
    holds(protocols::COMMITS_KEPT);
}

#[test]
fn the_promise_holds_when_the_database_loses_commits() {
    holds(protocols::COMMITS_LOST);
}

#[test]
fn every_mutation_is_caught() {
    let is_missed = |variant: &&Variant| explore(variant).violation.is_none();
    let missed = mutations::ALL.iter().filter(is_missed).map(|variant| variant.name).collect::<Vec<_>>();
    assert!(missed.is_empty(), "not seen by the model: {missed:#?}");
}

/// What a violation looks like, for whoever has to read one.
#[test]
fn a_violation_is_told_in_words() {
    let variant = mutations::ALL.iter().find(|variant| variant.name.starts_with("X3 ")).unwrap();
    let told = explore(variant).violation.unwrap();
    assert!(told.iter().any(|sentence| sentence == "write 1 is acknowledged"), "{told:#?}");
    assert!(told.last().unwrap().contains("is served"), "{told:#?}");
}
