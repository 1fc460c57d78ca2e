//! The acknowledged bookings, and the payer of each reference.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::time::Duration;

use crate::list::parse_number;
use crate::run::lock;

/// An acknowledged booking.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    pub email: String,
    /// The arrival of the response, since the start of the run.
    pub at: Duration,
    pub instance: usize,
}

#[derive(Default)]
pub struct Record(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    acknowledged: BTreeMap<u64, Acknowledged>,
    /// The payer of every reference in any response, acknowledged or not.
    payers: HashMap<u64, String>,
}

impl Record {
    /// Records an acknowledgement.
    ///
    /// # Errors
    /// If the reference had another payer before.
    pub fn acknowledge(&self, reference: &str, acknowledged: Acknowledged) -> Result<(), String> {
        let number = parse_number(reference)?;
        let mut entries = lock(&self.0);
        entries.add_payer(number, &acknowledged.email)?;
        entries.acknowledged.entry(number).or_insert(acknowledged);
        Ok(())
    }

    /// Records the payers of references.
    ///
    /// # Errors
    /// If a reference had another payer before.
    pub fn add_payers<'a>(&self, payers: impl IntoIterator<Item = &'a (u64, String)>) -> Result<(), String> {
        let mut entries = lock(&self.0);
        payers.into_iter().try_for_each(|(number, email)| entries.add_payer(*number, email))
    }

    /// Returns the number of the newest acknowledged reference; 0 if there is none.
    ///
    /// Every read that starts after this call must show that booking and all before it.
    pub fn newest(&self) -> u64 {
        lock(&self.0).acknowledged.last_key_value().map_or(0, |(number, _)| *number)
    }

    pub fn payer_of(&self, number: u64) -> Option<String> {
        lock(&self.0).payers.get(&number).cloned()
    }

    /// Describes the acknowledgements of a range of references.
    pub fn describe(&self, numbers: RangeInclusive<u64>) -> String {
        let entries = lock(&self.0);
        let lines =
            entries.acknowledged.range(numbers).map(|(number, Acknowledged { email, at, instance })| {
                format!(
                    "  REF{number:03} ({email}) acknowledged by instance {instance} at {} ms\n",
                    at.as_millis()
                )
            });
        lines.collect()
    }

    pub fn all(&self) -> BTreeMap<u64, Acknowledged> {
        lock(&self.0).acknowledged.clone()
    }
}

impl Entries {
    fn add_payer(&mut self, number: u64, email: &str) -> Result<(), String> {
        let first = self.payers.entry(number).or_insert_with(|| email.to_owned());
        if first == email {
            return Ok(());
        }
        Err(format!("REF{number:03} belongs to {email} and belonged to {first} before"))
    }
}

#[test]
fn the_newest_reference_is_acknowledged_and_no_reference_has_two_payers() {
    let acknowledged =
        |email: &str| Acknowledged { email: email.to_owned(), at: Duration::ZERO, instance: 0 };
    let record = Record::default();
    assert_eq!(record.newest(), 0);
    record.acknowledge("REF1000", acknowledged("a")).unwrap();
    record.acknowledge("REF999", acknowledged("b")).unwrap();
    record.add_payers(&[(1001, "c".to_owned())]).unwrap();
    assert_eq!(record.newest(), 1000);
    assert!(record.acknowledge("REF1001", acknowledged("b")).is_err());
    assert!(record.add_payers(&[(1000, "b".to_owned())]).is_err());
}
