//! The simulated bank writes every format, and each reader finds the same lines.

use std::collections::HashSet;

use hermes_statements::sim::{Defect, Simulation};
use hermes_statements::{Direction, Format};
use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

use crate::support::{IBAN, Parts, read_all, signed_minor, simulation};

/// Asserts that a file contains the lines of the simulation.
fn assert_reads(parts: &Parts, simulation: &Simulation, format: &str) {
    assert_eq!(parts.headers.len(), 1, "{format}");
    assert_eq!(parts.headers[0].account.number, IBAN);
    assert!(parts.summaries[0].closing.is_some(), "{format}");
    assert_eq!(parts.lines.len(), simulation.lines().len(), "{format}");
    for (read, written) in parts.lines.iter().zip(simulation.lines()) {
        let context = format!("{format} {written:?}");
        assert_eq!(read.bank_id.as_ref(), Some(&written.bank_id), "{context}");
        assert_eq!((read.direction, read.amount), (written.direction, written.amount), "{context}");
        assert_eq!(read.is_reversal, written.is_reversal, "{context}");
        assert_eq!(read.booking_date, written.booking_date, "{context}");
        assert_eq!(read.value_date, written.value_date, "{context}");
        assert_eq!(read.remittance.joined(), written.text, "{context}");
        assert_eq!(read.remittance.end_to_end_id, written.end_to_end_id, "{context}");
        assert_eq!(
            read.remittance.creditor_references.first(),
            written.creditor_reference.as_ref(),
            "{context}"
        );
        assert_eq!(read.counterparty.name.as_ref(), Some(&written.name), "{context}");
        assert_eq!(read.counterparty.account.as_ref(), Some(&written.iban), "{context}");
    }
    let identities: HashSet<_> = parts.lines.iter().map(|line| line.identity).collect();
    assert_eq!(identities.len(), parts.lines.len(), "{format}");
}

#[test]
fn every_version_and_format_holds_the_same_lines() {
    for (seed, currency) in [(1, "EUR"), (2, "JPY"), (3, "KWD"), (7, "USD")] {
        let simulation = simulation(seed, 60, currency);
        for version in 2..=14 {
            let parts = read_all(simulation.camt053(version).as_bytes()).unwrap();
            assert_reads(&parts, &simulation, &format!("camt.053 {version}"));
            assert_eq!(parts.headers[0].format, Format::Camt053 { version });
        }
        assert_reads(&read_all(simulation.mt940().as_bytes()).unwrap(), &simulation, "MT940");
        assert_reads(&read_all(simulation.csv().as_bytes()).unwrap(), &simulation, "CSV");
    }
}

#[test]
fn the_same_seed_writes_the_same_bytes() {
    let files = |seed| {
        let simulation = simulation(seed, 40, "EUR");
        [simulation.camt053(8), simulation.mt940(), simulation.csv(), simulation.truth()]
    };
    assert_eq!(files(7), files(7));
    assert_ne!(files(7), files(8));
}

#[test]
fn a_small_portal_gets_every_defect_with_its_label() {
    let simulation = simulation(7, 16, "EUR");
    let of = |defect| simulation.lines().iter().filter(move |line| line.defect == defect).collect::<Vec<_>>();
    assert!(of(Defect::None).iter().all(|line| line.is_matchable));
    for defect in [Defect::Under, Defect::Over, Defect::Late, Defect::Mistyped] {
        assert!(!of(defect).is_empty() && of(defect).iter().all(|line| line.is_matchable), "{defect:?}");
    }
    assert_eq!(of(Defect::Twice).len(), 2);
    assert!((2..=5).contains(&of(Defect::Split).len()));
    assert!((2..=5).contains(&of(Defect::Merged)[0].allocations.len()));
    assert!(!of(Defect::NoReference)[0].is_matchable);
    assert!(of(Defect::Charges)[0].charges.is_some());
    let directions: Vec<_> =
        of(Defect::Reversed).iter().map(|line| (line.direction, line.is_reversal)).collect();
    assert_eq!(directions, [(Direction::Credit, false), (Direction::Debit, true)]);
}

#[test]
fn a_reference_cut_by_the_bank_is_found_in_the_joined_text() {
    let simulation = simulation(5, 400, "EUR");
    let parts = read_all(simulation.camt053(8).as_bytes()).unwrap();
    let mut cut = 0;
    for (read, written) in parts.lines.iter().zip(simulation.lines()) {
        let Some(reference) = written.text.split(' ').find(|part| part.starts_with("RF")) else { continue };
        assert!(read.remittance.joined().contains(reference), "{reference} in {:?}", read.remittance);
        cut += usize::from(!read.remittance.texts.iter().any(|text| text.contains(reference)));
    }
    assert!(cut > 5, "only {cut} references were cut");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// The sums of any simulation are those of its lines, in every format.
    #[test]
    fn any_seed_gives_the_same_sums_in_every_format(seed: u64, payments in 1_u32..40, version in 2_u8..=14) {
        let simulation = simulation(seed, payments, "EUR");
        let change: i64 = simulation.lines().iter().map(|line| match line.direction {
            Direction::Credit => line.amount.minor(),
            Direction::Debit => -line.amount.minor(),
        }).sum();
        for file in [simulation.camt053(version), simulation.mt940(), simulation.csv()] {
            let parts = read_all(file.as_bytes()).unwrap();
            let opening = parts.headers[0].opening.unwrap().minor();
            prop_assert_eq!(parts.summaries[0].closing.unwrap().minor() - opening, change);
            let read: i64 = parts.lines.iter().map(signed_minor).sum();
            prop_assert_eq!(read, change);
        }
    }
}
