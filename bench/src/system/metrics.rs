//! The figures that Hermes gives of itself, in the text format of Prometheus.

use anyhow::{Context, Result};

/// All figures of one moment.
#[derive(Debug, Clone)]
pub struct Figures {
    lines: Vec<(String, f64)>,
}

impl Figures {
    /// Reads them.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let lines = std::str::from_utf8(text)?.lines().filter(|line| !line.starts_with('#'));
        let lines = lines.filter_map(|line| line.rsplit_once(' '));
        let lines = lines.map(|(name, value)| Ok((name.to_owned(), value.parse().context("a number")?)));
        Ok(Self { lines: lines.collect::<Result<_>>()? })
    }

    /// The sum of a figure over its labels.
    ///
    /// # Errors
    /// When there is no such figure: a name that has changed must not count as nothing.
    pub fn sum(&self, name: &str) -> Result<f64> {
        let named = |line: &str| line.split('{').next() == Some(name);
        let mut values = self.lines.iter().filter(|(line, _)| named(line)).map(|(_, value)| *value);
        let first = values.next().with_context(|| format!("/metrics has no {name}"))?;
        Ok(first + values.sum::<f64>())
    }
}

#[cfg(test)]
mod tests {
    use super::Figures;

    #[test]
    fn a_figure_is_the_sum_over_its_labels_and_an_unknown_one_is_an_error() {
        let text = b"# TYPE reads counter\nreads{tier=\"l1\"} 3\nreads{tier=\"db\"} 1\nreads_total 9\n";
        let figures = Figures::parse(text).unwrap();
        assert!((figures.sum("reads").unwrap() - 4.0).abs() < f64::EPSILON);
        assert!(figures.sum("writes").is_err());
    }
}
