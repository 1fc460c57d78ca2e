//! How many requests an address, a key and the form may send.

use anyhow::Result;
use hermes_web::extract;
use serde::Deserialize;

use super::{size, within};

#[derive(Debug, Deserialize)]
pub struct Limits {
    pub on_loopback: bool,
    pub address_requests_per_s: u32,
    pub key_requests_per_s: u32,
    pub key_writes_per_s: u32,
    pub form_burst: u32,
    pub form_per_10_min: u32,
    pub form_total_per_s: u32,
    pub bodies_bytes_max: usize,
}

impl Limits {
    pub(super) fn check(&self) -> Result<()> {
        for (name, value) in [
            ("limits.address_requests_per_s", self.address_requests_per_s),
            ("limits.key_requests_per_s", self.key_requests_per_s),
            ("limits.key_writes_per_s", self.key_writes_per_s),
            ("limits.form_burst", self.form_burst),
            ("limits.form_per_10_min", self.form_per_10_min),
            ("limits.form_total_per_s", self.form_total_per_s),
        ] {
            within(name, value.into(), 0, 1_000_000)?;
        }
        let bodies = size(self.bodies_bytes_max);
        let smallest = size(extract::BODY_MAX);
        // A smaller limit would reject every large body.
        within("limits.bodies_bytes_max", if bodies == 0 { smallest } else { bodies }, smallest, u64::MAX)
    }
}
