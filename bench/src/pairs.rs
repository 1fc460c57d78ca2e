//! Measures a subject and its reference alternately, so that other load on the machine affects both.

use anyhow::Result;

use crate::statistics::{format_list, format_number, median};

/// The values of the subject and the reference, pair by pair.
#[derive(Debug, Default)]
pub struct Pairs {
    measured: Vec<f64>,
    reference: Vec<f64>,
}

impl Pairs {
    /// Measures `count` pairs: first the reference, then the subject.
    pub async fn alternate(
        count: usize,
        mut reference: impl AsyncFnMut() -> Result<f64>,
        mut measured: impl AsyncFnMut() -> Result<f64>,
    ) -> Result<Self> {
        let mut pairs = Self::default();
        for _ in 0..count {
            let reference = reference().await?;
            pairs.push(measured().await?, reference);
        }
        Ok(pairs)
    }

    /// Adds a pair.
    pub fn push(&mut self, measured: f64, reference: f64) {
        self.measured.push(measured);
        self.reference.push(reference);
    }

    /// Returns the median of the ratios (subject / reference).
    pub fn ratio(&self) -> f64 {
        median(&self.ratios())
    }

    /// Describes the median ratio, all ratios, and the medians of subject and reference.
    pub fn describe(&self, unit: &str) -> String {
        format!(
            "**{}** ({}); {} against {} {unit}",
            format_number(self.ratio()),
            format_list(&self.ratios()),
            format_number(median(&self.measured)),
            format_number(median(&self.reference)),
        )
    }

    fn ratios(&self) -> Vec<f64> {
        self.measured.iter().zip(&self.reference).map(|(measured, reference)| measured / reference).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Pairs;

    #[tokio::test]
    async fn the_ratio_is_the_median_of_the_ratios_of_the_pairs() {
        let mut reference = [10.0, 100.0, 1000.0].into_iter();
        let mut measured = [9.0, 50.0, 990.0].into_iter();
        let next_reference = async || Ok(reference.next().unwrap_or_default());
        let next_measured = async || Ok(measured.next().unwrap_or_default());
        let pairs = Pairs::alternate(3, next_reference, next_measured).await.unwrap();
        assert!((pairs.ratio() - 0.9).abs() < 1e-9);
        assert_eq!(pairs.describe("a second"), "**0.90** (0.90, 0.50, 0.99); 50.0 against 100 a second");
    }
}
