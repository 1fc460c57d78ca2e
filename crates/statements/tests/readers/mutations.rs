//! Mutated files: no panic, no stall, bounded memory.
//!
//! `HERMES_TEST_MUTATIONS=100000` reads that many files per format; a plain run takes a sample.

use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::allocations::peak_bytes_during;
use crate::support::{read_all, simulation};

/// The mutated files of a plain run, per format.
const SAMPLE: u64 = 1_500;
/// The longest time for one file.
const STALL: Duration = Duration::from_secs(1);
/// The most memory while reading one file, in bytes.
const MAX_PEAK_BYTES: usize = 64 << 20;

fn mutations() -> u64 {
    std::env::var("HERMES_TEST_MUTATIONS").map_or(SAMPLE, |count| count.parse().unwrap())
}

/// Changes a file in one to four spots: flips, deletes, inserts, repeats, truncates, swaps tokens.
fn mutate(file: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut mutated = file.to_vec();
    for _ in 0..rng.usize(1..=4) {
        if mutated.len() < 2 {
            break;
        }
        let start = rng.usize(0..mutated.len());
        let end = (start + rng.usize(1..60)).min(mutated.len());
        match rng.u8(0..8) {
            0 => mutated[start] ^= 1 << rng.u8(0..8),
            1 => mutated[start] = rng.u8(..),
            2 => drop(mutated.drain(start..end)),
            3 => {
                let piece = mutated[start..end].repeat(rng.usize(1..200));
                mutated.splice(start..start, piece);
            }
            4 => mutated.truncate(start),
            5 => {
                let from = rng.usize(0..file.len());
                let piece = file[from..(from + rng.usize(1..200)).min(file.len())].to_vec();
                mutated.splice(start..end, piece);
            }
            6 => {
                let token = rng.choice(TOKENS).unwrap().as_bytes().to_vec();
                mutated.splice(start..end, token);
            }
            _ => {
                let digit = mutated.iter().skip(start).position(u8::is_ascii_digit);
                if let Some(index) = digit {
                    mutated[start + index] = rng.u8(b'0'..=b'9');
                }
            }
        }
    }
    mutated
}

/// Texts with a meaning in one of the formats.
const TOKENS: [&str; 20] = [
    "<Ntry>",
    "</Ntry>",
    "<![CDATA[",
    "<!--",
    "&amp;",
    "&#0;",
    "&x;",
    "<!DOCTYPE a>",
    "xmlns=\"\"",
    "\"",
    ":61:",
    ":86:",
    "\r\n-\r\n",
    ":62F:",
    "?20",
    "/REMI/",
    "SVWZ+",
    ",,",
    "999999999999999999999",
    "\u{feff}",
];

fn read_mutations(file: &[u8], seed: u64) {
    read_all(file).unwrap();
    let mut rng = Rng::with_seed(seed);
    let (mut slowest, mut largest) = (Duration::ZERO, 0);
    for number in 0..mutations() {
        let mutated = mutate(file, &mut rng);
        let began = Instant::now();
        let (_, peak) = peak_bytes_during(|| read_all(&mutated).is_ok());
        let took = began.elapsed();
        assert!(took < STALL, "mutation {number} of seed {seed} took {took:?}");
        assert!(peak < MAX_PEAK_BYTES, "mutation {number} of seed {seed} took {peak} bytes");
        (slowest, largest) = (slowest.max(took), largest.max(peak));
    }
    let count = mutations();
    eprintln!("mutations: {count} files of seed {seed}: at most {slowest:.1?} and {} KiB", largest / 1024);
}

#[test]
fn mutated_camt_files_are_refused_or_read() {
    read_mutations(simulation(1, 8, "EUR").camt053(8).as_bytes(), 1);
}

#[test]
fn mutated_mt940_files_are_refused_or_read() {
    read_mutations(simulation(2, 8, "EUR").mt940().as_bytes(), 2);
}

#[test]
fn mutated_csv_files_are_refused_or_read() {
    read_mutations(simulation(3, 8, "EUR").csv().as_bytes(), 3);
}

#[test]
fn mutated_zip_files_are_refused_or_read() {
    let camt = simulation(4, 8, "EUR").camt053(2);
    read_mutations(&crate::zip_files::packed(&[("a.xml", camt.as_bytes())]), 4);
}

/// The longest file of 50 MiB takes bounded memory too, in every format.
#[test]
fn memory_does_not_grow_with_the_file() {
    let mut peaks = Vec::new();
    for payments in [2_000, 16_000] {
        let simulation = simulation(6, payments, "JPY");
        for file in [simulation.camt053(8), simulation.mt940(), simulation.csv()] {
            let bytes = file.into_bytes();
            let (lines, peak) = peak_bytes_during(|| crate::support::count_lines(&bytes));
            assert_eq!(lines, simulation.lines().len());
            peaks.push(peak);
        }
    }
    for (small, large) in peaks[..3].iter().zip(&peaks[3..]) {
        // 16 bytes a line and the free part of the table count equal lines.
        assert!(large - small < 2 << 20, "{small} {large}");
        assert!(*large < 4 << 20, "{large}");
    }
}
