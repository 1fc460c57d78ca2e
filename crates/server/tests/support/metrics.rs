//! A parser of the Prometheus text format.

/// The samples of one scrape: the name with the labels, and the value.
pub struct Metrics(Vec<(String, f64)>);

impl Metrics {
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        let samples = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(samples.map(parse_sample).collect())
    }

    /// Returns the value of the only sample with this name and these labels.
    #[track_caller]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has_labels = |series: &str| {
            labels.iter().all(|(label, value)| series.contains(&format!("{label}=\"{value}\"")))
        };
        let found: Vec<_> = self
            .0
            .iter()
            .filter(|(series, _)| series.split('{').next() == Some(name) && has_labels(series))
            .collect();
        assert_eq!(found.len(), 1, "{name} {labels:?}: {found:?}");
        found[0].1
    }
}

#[track_caller]
fn parse_sample(line: &str) -> (String, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    (series.to_owned(), value.parse().unwrap_or_else(|_| panic!("not a number: {line}")))
}
