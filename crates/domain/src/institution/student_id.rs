//! The identifier that payers enter: a student ID, an invoice number, or the like.

use regex_lite::Regex;
use thiserror::Error;

/// The longest pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 200;

/// What payers enter in the field `student_id`.
#[derive(Debug, Clone)]
pub struct StudentIdRule {
    /// The label of the field, such as "Invoice number".
    pub label: String,
    /// An example that matches the pattern, shown as a hint.
    pub example: Option<String>,
    /// Whether the form rejects a booking without the field.
    pub is_required: bool,
    pattern: Option<Regex>,
}

/// Why a pattern is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidStudentIdPattern {
    /// The pattern is too long.
    #[error("the pattern is longer than {PATTERN_BYTES_MAX} bytes")]
    TooLong,
    /// The pattern is not a regular expression.
    #[error("the pattern is not a regular expression: {0}")]
    Syntax(String),
    /// The example does not match the pattern.
    #[error("the example does not match the pattern")]
    Example,
}

impl Default for StudentIdRule {
    fn default() -> Self {
        Self { label: "Student ID".to_owned(), example: None, is_required: false, pattern: None }
    }
}

impl StudentIdRule {
    /// Creates a rule. An empty `pattern` accepts every text, an empty `example` shows none.
    ///
    /// # Errors
    /// If the pattern is invalid, or does not match the example.
    pub fn new(
        label: &str,
        pattern: &str,
        example: &str,
        is_required: bool,
    ) -> Result<Self, InvalidStudentIdPattern> {
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(InvalidStudentIdPattern::TooLong);
        }
        let compile = |pattern: &str| {
            Regex::new(&format!("^(?:{pattern})$"))
                .map_err(|error| InvalidStudentIdPattern::Syntax(error.to_string()))
        };
        let pattern = Some(pattern).filter(|pattern| !pattern.is_empty()).map(compile).transpose()?;
        let example = Some(example.to_owned()).filter(|example| !example.is_empty());
        let rule = Self { label: label.to_owned(), example, is_required, pattern };
        match &rule.example {
            Some(example) if !rule.matches(example) => Err(InvalidStudentIdPattern::Example),
            _ => Ok(rule),
        }
    }

    /// Returns whether the whole text matches the pattern. Every text matches a rule without a pattern.
    pub fn matches(&self, text: &str) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
    }

    /// Returns whether the text matches a pattern that the institution has set.
    ///
    /// A text that does is an identifier of the institution, although its digits may look like a card number.
    pub fn recognizes(&self, text: &str) -> bool {
        self.pattern.is_some() && self.matches(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_must_match() {
        let rule = StudentIdRule::new("Invoice number", "[A-Z]{2}[0-9]{4}|X", "AB1234", true).unwrap();
        assert!(rule.matches("AB1234") && rule.matches("X"));
        assert!(!rule.matches("AB12345") && !rule.matches("XAB1234") && !rule.matches(""));
        assert!(rule.recognizes("X") && !StudentIdRule::default().recognizes("X"));
        assert!(StudentIdRule::default().matches("anything"));
    }

    #[test]
    fn a_wrong_pattern_is_rejected() {
        let error = |pattern, example| StudentIdRule::new("ID", pattern, example, false).unwrap_err();
        assert!(matches!(error("[", ""), InvalidStudentIdPattern::Syntax(_)));
        assert_eq!(error("[0-9]+", "A1"), InvalidStudentIdPattern::Example);
        assert_eq!(error(&"a".repeat(201), ""), InvalidStudentIdPattern::TooLong);
    }
}
