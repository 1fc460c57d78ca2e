//! What happened, in numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is counted of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Count {
    Acknowledged,
    Replayed,
    WriteRefused,
    WriteUnclear,
    Checked,
    FromL1,
    FromL2,
    FromDb,
    NotModified,
    UnverifiedReads,
    ReadRefused,
    ReadBroken,
}

impl Count {
    /// In the order in which they are told.
    pub const ALL: [Self; 12] = [
        Self::Acknowledged,
        Self::Replayed,
        Self::WriteRefused,
        Self::WriteUnclear,
        Self::Checked,
        Self::FromL1,
        Self::FromL2,
        Self::FromDb,
        Self::NotModified,
        Self::UnverifiedReads,
        Self::ReadRefused,
        Self::ReadBroken,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "writes acknowledged",
            Self::Replayed => "of them replayed",
            Self::WriteRefused => "writes refused",
            Self::WriteUnclear => "writes unclear",
            Self::Checked => "reads checked",
            Self::FromL1 => "of them l1",
            Self::FromL2 => "l2",
            Self::FromDb => "db",
            Self::NotModified => "304s",
            Self::UnverifiedReads => "unverified",
            Self::ReadRefused => "reads refused",
            Self::ReadBroken => "reads broken off",
        }
    }
}

/// Everything that is counted.
#[derive(Default)]
pub struct Figures {
    requests: Mutex<BTreeMap<Count, u64>>,
    faults: Mutex<BTreeMap<&'static str, u64>>,
}

impl Figures {
    pub fn count(&self, what: Count) {
        *locked(&self.requests).entry(what).or_default() += 1;
    }

    pub fn count_fault(&self, name: &'static str) {
        *locked(&self.faults).entry(name).or_default() += 1;
    }

    pub fn of(&self, what: Count) -> u64 {
        locked(&self.requests).get(&what).copied().unwrap_or_default()
    }

    /// One line.
    pub fn tell(&self, anomalies: usize) -> String {
        let mut line = String::new();
        for count in Count::ALL {
            let _written = write!(line, "{} {}, ", self.of(count), count.name());
        }
        line.push_str("faults:");
        for (name, times) in locked(&self.faults).iter() {
            let _written = write!(line, " {name} {times},");
        }
        let _written = write!(line, " anomalies {anomalies}");
        line
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
