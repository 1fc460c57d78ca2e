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

    /// The sum of a figure over its labels; zero when it was never touched.
    pub fn sum(&self, name: &str) -> f64 {
        let named = |line: &str| line.split('{').next() == Some(name);
        self.lines.iter().filter(|(line, _)| named(line)).map(|(_, value)| value).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::Figures;

    #[test]
    fn a_figure_is_the_sum_over_its_labels() {
        let text = b"# TYPE reads counter\nreads{tier=\"l1\"} 3\nreads{tier=\"db\"} 1\nreads_total 9\n";
        let figures = Figures::parse(text).unwrap();
        assert!((figures.sum("reads") - 4.0).abs() < f64::EPSILON);
        assert!(figures.sum("writes").abs() < f64::EPSILON);
    }
}
