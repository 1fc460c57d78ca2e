//! Two things measured in turn, so that whatever else the machine does meets both.

use anyhow::Result;

use crate::statistics::{median, number, series};

/// The figures of both, pair by pair.
#[derive(Debug, Default)]
pub struct Pairs {
    measured: Vec<f64>,
    reference: Vec<f64>,
}

impl Pairs {
    /// Measures the reference and the thing itself, `count` times in turn.
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

    /// Adds one pair.
    pub fn push(&mut self, measured: f64, reference: f64) {
        self.measured.push(measured);
        self.reference.push(reference);
    }

    /// The median of the pairs' ratios, measured by reference.
    pub fn ratio(&self) -> f64 {
        median(&self.ratios())
    }

    /// The median ratio, the pairs, and the medians of both.
    pub fn describe(&self, unit: &str) -> String {
        format!(
            "**{}** ({}); {} against {} {unit}",
            number(self.ratio()),
            series(&self.ratios()),
            number(median(&self.measured)),
            number(median(&self.reference)),
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
    async fn the_ratio_is_that_of_the_middle_pair() {
        let mut given = [10.0, 100.0, 1000.0].into_iter();
        let mut got = [9.0, 50.0, 990.0].into_iter();
        let reference = async || Ok(given.next().unwrap_or_default());
        let measured = async || Ok(got.next().unwrap_or_default());
        let pairs = Pairs::alternate(3, reference, measured).await.unwrap();
        assert!((pairs.ratio() - 0.9).abs() < 1e-9);
        assert_eq!(pairs.describe("a second"), "**0.90** (0.90, 0.50, 0.99); 50.0 against 100 a second");
    }
}
