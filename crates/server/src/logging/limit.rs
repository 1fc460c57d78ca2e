//! Limits repeated warnings and errors: one line a second for each cause, with the number of those that were omitted.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use log::{Level, Record};

/// The shortest time between two lines of one cause.
const INTERVAL: Duration = Duration::from_secs(1);

/// The number of causes that are limited separately. Text from clients cannot fill the memory with causes.
const CAUSES_MAX: usize = 1_024;

/// The length of the text that identifies a cause, in characters.
const CAUSE_TEXT_MAX: usize = 200;

/// Identifies a cause: the line of code that reports it, and the text without its numbers.
///
/// Two errors from one line of code therefore limit each other only if their texts agree. Different lines of code never
/// limit each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Cause {
    target: String,
    file: Option<String>,
    line: Option<u32>,
    text: String,
}

#[derive(Debug)]
struct Repetition {
    since: Instant,
    level: Level,
    omitted: u64,
    last_text: String,
}

/// Whether to write a record.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// Write it. `omitted` records of its cause precede it.
    Write {
        /// The number of records of this cause since the last line.
        omitted: u64,
    },
    /// Count it only.
    Omit,
}

/// Records that were omitted, as one line.
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    /// The level of the last omitted record.
    pub level: Level,
    /// Its target.
    pub target: String,
    /// Its text and the number of omitted records.
    pub text: String,
}

/// Counts the repetitions of each cause. The caller passes the time.
#[derive(Debug, Default)]
pub struct Limiter {
    repetitions: HashMap<Cause, Repetition>,
}

impl Limiter {
    /// Decides whether to write a record. Only warnings and errors are limited.
    pub fn decide(&mut self, record: &Record<'_>, now: Instant) -> Decision {
        if record.level() > Level::Warn {
            return Decision::Write { omitted: 0 };
        }
        let text = record.args().to_string();
        if self.repetitions.len() >= CAUSES_MAX {
            self.repetitions.retain(|_, repetition| repetition.omitted > 0 || !repetition.is_over(now));
        }
        let cause = Cause::new(record, if self.repetitions.len() < CAUSES_MAX { &text } else { "" });
        let is_new = !self.repetitions.contains_key(&cause);
        let repetition = self.repetitions.entry(cause).or_insert(Repetition {
            since: now,
            level: record.level(),
            omitted: 0,
            last_text: String::new(),
        });
        if !is_new && !repetition.is_over(now) {
            repetition.omitted = repetition.omitted.saturating_add(1);
            repetition.level = record.level();
            repetition.last_text = text;
            return Decision::Omit;
        }
        repetition.since = now;
        Decision::Write { omitted: std::mem::take(&mut repetition.omitted) }
    }

    /// Returns a summary of each cause whose interval is over, and starts its next interval.
    pub fn summaries(&mut self, now: Instant) -> Vec<Summary> {
        self.repetitions
            .iter_mut()
            .filter(|(_, repetition)| repetition.omitted > 0 && repetition.is_over(now))
            .map(|(cause, repetition)| {
                repetition.since = now;
                let omitted = std::mem::take(&mut repetition.omitted);
                let text = format!("{} ({omitted} similar lines)", repetition.last_text);
                Summary { level: repetition.level, target: cause.target.clone(), text }
            })
            .collect()
    }
}

impl Repetition {
    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= INTERVAL
    }
}

impl Cause {
    fn new(record: &Record<'_>, text: &str) -> Self {
        Self {
            target: record.target().to_owned(),
            file: record.file().map(str::to_owned),
            line: record.line(),
            text: text.chars().filter(|c| !c.is_ascii_digit()).take(CAUSE_TEXT_MAX).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: Decision = Decision::Write { omitted: 0 };

    fn decide(limiter: &mut Limiter, (target, line, text): (&str, u32, &str), now: Instant) -> Decision {
        let mut record = Record::builder();
        record.level(Level::Warn).target(target).file(Some("a.rs")).line(Some(line));
        limiter.decide(&record.args(format_args!("{text}")).build(), now)
    }

    #[test]
    fn one_line_a_second_of_a_cause_is_written_with_the_number_of_omitted_ones() {
        let (mut limiter, start) = (Limiter::default(), Instant::now());
        for (ms, expected) in [
            (0, WRITTEN),
            (1, Decision::Omit),
            (999, Decision::Omit),
            (1_000, Decision::Write { omitted: 2 }),
            (1_500, Decision::Omit),
            (2_500, Decision::Write { omitted: 1 }),
        ] {
            let text = format!("no reply to request {ms}");
            let decision = decide(&mut limiter, ("web", 1, &text), start + Duration::from_millis(ms));
            assert_eq!(decision, expected, "{ms}");
        }
    }

    #[test]
    fn different_causes_do_not_limit_each_other() {
        let (mut limiter, now) = (Limiter::default(), Instant::now());
        for cause in [
            ("web", 1, "the disk is full"),
            ("web", 1, "the server is read-only"),
            ("web", 2, "the disk is full"),
            ("hermes::security", 1, "login rejected"),
            ("hermes::security", 1, "card number rejected"),
        ] {
            assert_eq!(decide(&mut limiter, cause, now), WRITTEN, "{cause:?}");
            assert_eq!(decide(&mut limiter, cause, now), Decision::Omit, "{cause:?}");
        }
    }

    #[test]
    fn omitted_lines_are_summarised_once_their_second_is_over() {
        let (mut limiter, start) = (Limiter::default(), Instant::now());
        for row in 1..=3 {
            decide(&mut limiter, ("web", 1, &format!("row {row}")), start);
        }
        assert_eq!(limiter.summaries(start + INTERVAL / 2), []);
        let summary =
            Summary { level: Level::Warn, target: "web".into(), text: "row 3 (2 similar lines)".into() };
        assert_eq!(limiter.summaries(start + INTERVAL), [summary]);
        assert_eq!(limiter.summaries(start + 3 * INTERVAL), []);
        // The summary was the line of its second.
        assert_eq!(decide(&mut limiter, ("web", 1, "row 4"), start + INTERVAL), Decision::Omit);
    }

    #[test]
    fn the_number_of_causes_is_bounded_and_a_line_of_code_beyond_it_is_limited_as_one() {
        let (mut limiter, now) = (Limiter::default(), Instant::now());
        let letters = |number: usize| format!("{number:b}").replace('0', "a").replace('1', "b");
        for number in 0..CAUSES_MAX {
            assert_eq!(decide(&mut limiter, ("web", 1, &letters(number)), now), WRITTEN);
        }
        assert_eq!(decide(&mut limiter, ("web", 1, "another"), now), WRITTEN);
        assert_eq!(decide(&mut limiter, ("web", 1, "one more"), now), Decision::Omit);
        assert_eq!(decide(&mut limiter, ("hermes::security", 2, "login rejected"), now), WRITTEN);
        let later = now + INTERVAL;
        assert_eq!(decide(&mut limiter, ("web", 1, "later"), later), WRITTEN);
        assert!(limiter.repetitions.len() < 10, "{}", limiter.repetitions.len());
    }

    #[test]
    fn information_is_not_limited() {
        let mut limiter = Limiter::default();
        let record = Record::builder().level(Level::Info).args(format_args!("started")).build();
        for _ in 0..3 {
            assert_eq!(limiter.decide(&record, Instant::now()), WRITTEN);
        }
    }
}
