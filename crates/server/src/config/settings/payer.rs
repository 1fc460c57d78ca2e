//! The pages of payers.

use anyhow::Result;
use serde::Deserialize;

use super::within;

#[derive(Debug, Deserialize)]
pub struct Payer {
    pub link_days: u32,
}

impl Payer {
    pub(super) fn check(&self) -> Result<()> {
        within("payer.link_days", self.link_days.into(), 1, 3_650)
    }
}
