//! A case: one file that measures one line or a few lines of the table.

use std::pin::Pin;

use anyhow::Result;

use crate::report::Row;
use crate::scale::Scale;

/// The future of a measurement.
pub type Measuring<'a> = Pin<Box<dyn Future<Output = Result<Vec<Row>>> + 'a>>;

/// A case and its name on the command line.
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// Measures it.
    pub measure: fn(&Scale) -> Measuring<'_>,
}

impl Case {
    /// Measures; what cannot be measured becomes a line that says why, and the other cases go on.
    pub async fn rows(&self, scale: &Scale) -> Vec<Row> {
        match (self.measure)(scale).await {
            Ok(rows) => rows,
            Err(error) => vec![Row::not_measured(self.name, format!("{error:#}"))],
        }
    }
}
