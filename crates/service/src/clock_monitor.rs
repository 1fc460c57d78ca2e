//! Compares the clock of this process with the clock of the database.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use hermes_domain::ledger::{ClockAgreement, Clocks};
use hermes_domain::ports::{Clock, StoreError};

/// Compares each time of the database with the clock of this process, and logs when their agreement changes.
///
/// The ledger writer compares the clocks with every batch, and the deletion of expired rows every ten minutes.
pub struct ClockMonitor {
    clock: Arc<dyn Clock>,
    agreement: Mutex<ClockAgreement>,
}

impl ClockMonitor {
    /// Creates a monitor that has not compared the clocks yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, agreement: Mutex::new(ClockAgreement::Agree) }
    }

    /// Returns the result of the last comparison.
    pub fn agreement(&self) -> ClockAgreement {
        *self.agreement.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compares the clocks. The database has just read its clock.
    ///
    /// # Errors
    /// [`StoreError::ClockWrong`] if the clocks differ too much to date or to delete anything.
    pub fn compare(&self, database: DateTime<Utc>) -> Result<Clocks, StoreError> {
        let clocks = Clocks { process: self.clock.now(), database };
        let agreement = clocks.agreement();
        let mut last = self.agreement.lock().unwrap_or_else(PoisonError::into_inner);
        let has_changed = std::mem::replace(&mut *last, agreement) != agreement;
        drop(last);
        let seconds = i32::try_from(clocks.difference().num_seconds()).unwrap_or(i32::MAX);
        metrics::gauge!("hermes_clock_difference_seconds").set(seconds);
        if has_changed {
            log_change(clocks);
        }
        match agreement {
            ClockAgreement::Agree | ClockAgreement::Differ => Ok(clocks),
            ClockAgreement::Unusable => Err(StoreError::ClockWrong(clocks.to_string())),
        }
    }
}

fn log_change(clocks: Clocks) {
    match clocks.agreement() {
        ClockAgreement::Agree => log::info!("the clocks of this machine and of the database agree again"),
        ClockAgreement::Differ => log::error!("{clocks}: synchronise both machines with a time server"),
        ClockAgreement::Unusable => log::error!(
            "{clocks}: changes are rejected until both machines are synchronised with a time server"
        ),
    }
}
