//! One finding of `hermes doctor`, and how it is printed.

use anyhow::{Error, Result};
use serde::Serialize;

use crate::error_text;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// Nothing to do.
    Ok,
    /// Hermes works, but less well or less safely than it could.
    Warning,
    /// Hermes does not start, rejects requests, or can lose or reveal data.
    Problem,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// The result of one check. The fields are the JSON form, which `docs/monitoring.md` documents.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// The subject of the check, such as `clock`. Codes do not change between releases.
    pub(super) code: &'static str,
    /// How serious the finding is.
    pub(super) level: Level,
    /// What was found.
    pub(super) found: String,
    /// What to do; `None` if there is nothing to do.
    pub(super) action: Option<String>,
}

impl Finding {
    pub(super) fn ok(code: &'static str, found: impl Into<String>) -> Self {
        Self { code, level: Level::Ok, found: found.into(), action: None }
    }

    pub(super) fn warning(code: &'static str, found: impl Into<String>, action: impl Into<String>) -> Self {
        Self { code, level: Level::Warning, found: found.into(), action: Some(action.into()) }
    }

    pub(super) fn problem(code: &'static str, found: impl Into<String>, action: impl Into<String>) -> Self {
        Self { code, level: Level::Problem, found: found.into(), action: Some(action.into()) }
    }

    /// Returns the problem that an error shows. Some errors have their own remedy; another one gets `action`.
    pub(super) fn error(code: &'static str, error: &Error, action: &str) -> Self {
        Self::problem(code, error_text::describe(error), error_text::advice(error).unwrap_or(action))
    }

    /// Returns the line for people: `problem  clock: what was found; what to do`.
    fn line(&self) -> String {
        let action = self.action.iter().map(|action| format!("; {action}")).collect::<String>();
        format!("{:<7}  {}: {}{action}", self.level.as_str(), self.code, self.found)
    }
}

/// Returns the findings as lines for people, the counts last.
pub(super) fn as_text(findings: &[Finding]) -> String {
    let count = |level: Level| match findings.iter().filter(|finding| finding.level == level).count() {
        1 => format!("1 {}", level.as_str()),
        count => format!("{count} {}s", level.as_str()),
    };
    let lines: Vec<_> = findings.iter().map(Finding::line).collect();
    format!("{}\n{}, {}", lines.join("\n"), count(Level::Problem), count(Level::Warning))
}

/// Returns the findings as a JSON array.
///
/// # Errors
/// If the serializer fails, which it does not for these types.
pub(super) fn as_json(findings: &[Finding]) -> Result<String> {
    Ok(serde_json::to_string_pretty(findings)?)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_finding_has_the_documented_forms() {
        let findings = [
            Finding::ok("clock", "agrees"),
            Finding::warning("redis-durability", "appendonly is off", "set appendonly yes"),
            Finding::error("schema", &anyhow!("2 migrations are missing"), "run hermes migrate up"),
        ];
        assert_eq!(
            as_text(&findings),
            "ok       clock: agrees\n\
             warning  redis-durability: appendonly is off; set appendonly yes\n\
             problem  schema: 2 migrations are missing; run hermes migrate up\n\
             1 problem, 1 warning"
        );
        let json: serde_json::Value = serde_json::from_str(&as_json(&findings).unwrap()).unwrap();
        let clock = serde_json::json!({"code": "clock", "level": "ok", "found": "agrees", "action": null});
        assert_eq!(json[0], clock);
        assert_eq!(json[2]["level"], "problem");
    }

    #[test]
    fn a_tls_error_has_its_own_remedy() {
        let finding = Finding::error("database", &anyhow!("UnsupportedCertVersion"), "check the network");
        assert!(finding.action.unwrap().contains("certificate of version 3"));
    }
}
