//! The limits of requests, and the free disk space.

use std::io;
use std::path::Path;

use hermes_web::limits::{LimitSettings, Limits, StorageSpace};

use crate::config::{Configuration, Settings};

/// Creates the limits. In development on loopback, only the memory of bodies is limited unless configured otherwise.
pub(super) fn open(configuration: &Configuration) -> Limits {
    let limits = &configuration.settings.limits;
    let bodies_bytes_max = limits.bodies_bytes_max;
    Limits::new(&if limits.on_loopback || !configuration.is_local_development() {
        LimitSettings {
            address_requests_per_s: limits.address_requests_per_s,
            key_requests_per_s: limits.key_requests_per_s,
            key_writes_per_s: limits.key_writes_per_s,
            form_burst: limits.form_burst,
            form_per_10_min: limits.form_per_10_min,
            form_total_per_s: limits.form_total_per_s,
            bodies_bytes_max,
        }
    } else {
        LimitSettings { bodies_bytes_max, ..LimitSettings::default() }
    })
}

/// Creates the check of the disk with the SQLite file; `None` with a database server.
pub(super) fn storage(settings: &Settings) -> Option<StorageSpace> {
    let folder = settings.database.data_dir.clone();
    let is_checked = settings.is_embedded() && settings.server.min_free_bytes > 0;
    is_checked
        .then(|| StorageSpace::new(settings.server.min_free_bytes, Box::new(move || free_bytes(&folder))))
}

/// Returns the bytes on the disk of a folder that a process without privileges may use.
///
/// # Errors
/// If the folder cannot be read.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}
