//! Medians, quantiles and number formats.

use std::time::Duration;

/// Returns the median, or zero for an empty slice.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle).copied().unwrap_or_default();
    match sorted.len() % 2 {
        0 => f64::midpoint(sorted.get(middle.saturating_sub(1)).copied().unwrap_or_default(), upper),
        _ => upper,
    }
}

/// Measured durations.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    sorted: Vec<Duration>,
}

impl Latencies {
    /// Returns the median, or zero if there are no durations.
    pub fn p50(&self) -> Duration {
        self.quantile(500)
    }

    /// Returns the 99th percentile, or zero if there are no durations.
    pub fn p99(&self) -> Duration {
        self.quantile(990)
    }

    /// Returns the number of durations.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    fn quantile(&self, per_mille: usize) -> Duration {
        let index = (self.sorted.len() * per_mille).div_ceil(1000).saturating_sub(1);
        self.sorted.get(index).copied().unwrap_or_default()
    }
}

impl FromIterator<Duration> for Latencies {
    fn from_iter<I: IntoIterator<Item = Duration>>(durations: I) -> Self {
        let mut sorted: Vec<_> = durations.into_iter().collect();
        sorted.sort_unstable();
        Self { sorted }
    }
}

/// Converts a count to a float. Saturates at `u32::MAX`.
pub fn to_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Converts a duration to milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Formats a duration in milliseconds.
pub fn format_duration(duration: Duration) -> String {
    let millis = millis(duration);
    if millis < 10.0 { format!("{millis:.2} ms") } else { format!("{millis:.0} ms") }
}

/// Formats a number with three significant digits, or with all digits before the decimal point if there are more.
pub fn format_number(value: f64) -> String {
    if value >= 100.0 {
        group_thousands(&format!("{value:.0}"))
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// Formats a count with grouped thousands.
pub fn format_count(count: usize) -> String {
    group_thousands(&count.to_string())
}

/// Formats numbers as a list.
pub fn format_list(values: &[f64]) -> String {
    values.iter().map(|value| format_number(*value)).collect::<Vec<_>>().join(", ")
}

fn group_thousands(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Latencies, format_number, median};

    #[test]
    fn the_median_of_an_even_count_is_the_midpoint() {
        assert!((median(&[4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < f64::EPSILON);
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(&[]).abs() < f64::EPSILON);
    }

    #[test]
    fn one_percent_of_the_latencies_exceed_the_p99() {
        let latencies: Latencies = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(latencies.p99(), Duration::from_millis(198));
        assert_eq!(latencies.p50(), Duration::from_millis(100));
        assert_eq!(Latencies::default().p99(), Duration::ZERO);
    }

    #[test]
    fn numbers_have_three_significant_digits() {
        assert_eq!([0.914, 12.34, 1_234_567.8].map(format_number), ["0.91", "12.3", "1,234,568"]);
    }
}
