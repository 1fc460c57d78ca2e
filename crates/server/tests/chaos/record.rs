//! What was acknowledged, and who has which reference.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::list::number_of;

/// A booking that was acknowledged.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    pub email: String,
    /// When the answer had arrived, since the beginning of the run.
    pub at: Duration,
    /// Who gave it.
    pub by: usize,
}

/// Everything that was acknowledged, by the numbers of the references.
#[derive(Default)]
pub struct Record {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    acknowledged: BTreeMap<u64, Acknowledged>,
    /// Every payer that was ever seen with a reference, acknowledged or not.
    payers: HashMap<u64, String>,
}

impl Record {
    /// Takes an acknowledgement; the error says what it contradicts.
    pub fn acknowledge(&self, reference: &str, acknowledged: Acknowledged) -> Result<u64, String> {
        let number = number_of(reference)?;
        let mut known = self.known();
        known.see(number, &acknowledged.email)?;
        known.acknowledged.entry(number).or_insert(acknowledged);
        Ok(number)
    }

    /// Takes note of who has which reference; the error names one that had another payer before.
    pub fn see<'a>(&self, payers: impl IntoIterator<Item = &'a (u64, String)>) -> Result<(), String> {
        let mut known = self.known();
        payers.into_iter().try_for_each(|(number, email)| known.see(*number, email))
    }

    /// The number of the newest reference that was acknowledged; 0 when none was.
    ///
    /// Every read that starts after this call must show it, and everything before it.
    pub fn newest(&self) -> u64 {
        self.known().acknowledged.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// Who has a reference.
    pub fn payer_of(&self, number: u64) -> Option<String> {
        self.known().payers.get(&number).cloned()
    }

    /// The acknowledgements of a range of references, in words.
    pub fn tell(&self, numbers: std::ops::RangeInclusive<u64>) -> String {
        let known = self.known();
        let lines = known.acknowledged.range(numbers).map(|(number, Acknowledged { email, at, by })| {
            format!("  REF{number:03} ({email}) was acknowledged by instance {by} at {} ms\n", at.as_millis())
        });
        lines.collect()
    }

    /// Everything that was acknowledged.
    pub fn all(&self) -> BTreeMap<u64, Acknowledged> {
        self.known().acknowledged.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn see(&mut self, number: u64, email: &str) -> Result<(), String> {
        let before = self.payers.entry(number).or_insert_with(|| email.to_owned());
        if before == email {
            return Ok(());
        }
        Err(format!("REF{number:03} is {email}'s and was {before}'s before"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(email: &str) -> Acknowledged {
        Acknowledged { email: email.to_owned(), at: Duration::ZERO, by: 0 }
    }

    #[test]
    fn the_newest_is_the_highest_number_that_was_acknowledged() {
        let record = Record::default();
        assert_eq!(record.newest(), 0);
        record.acknowledge("REF1000", by("a")).unwrap();
        record.acknowledge("REF999", by("b")).unwrap();
        record.see(&[(1001, "c".to_owned())]).unwrap();
        assert_eq!(record.newest(), 1000);
    }

    #[test]
    fn a_reference_with_two_payers_is_told() {
        let record = Record::default();
        record.see(&[(1, "a".to_owned())]).unwrap();
        assert!(record.acknowledge("REF001", by("b")).is_err());
        assert!(record.see(&[(1, "b".to_owned())]).is_err());
    }
}
