//! Generates `docs/configuration.md` from `config/default.toml`.

use std::fmt::Write;
use std::path::Path;

use super::sources::{DEFAULTS, PRODUCTION, SHORT_NAMES};

/// If this variable is set, the test writes the file instead of comparing it.
const WRITE: &str = "HERMES_TEST_WRITE_DOCS";

const INTRODUCTION: &str = "\
# Configuration

`make config-reference` generates this page from `config/default.toml`, which is part of the program. An unknown setting
prevents startup, and the error suggests the nearest known one. `hermes config` prints the effective settings without
secrets.

These sources override each other in this order:

1. the defaults below
2. `config/default.toml` in the working directory, or in the folder that `HERMES_CONFIG_DIR` names
3. `config/production.toml` or `config/development.toml` in the same folder; `HERMES_ENV` selects the environment
4. variables of the form `HERMES__SECTION__KEY`, such as `HERMES__LEDGER__BATCH_MAX=64`, in the environment or in `.env`
5. the short variables below

A list in a variable is separated by commas.

";

/// A setting and what its comment says.
struct Setting {
    name: String,
    default: String,
    meaning: String,
}

/// A section of the file, with the comment before it.
struct Section {
    name: String,
    introduction: Vec<String>,
    settings: Vec<Setting>,
}

#[test]
fn the_documentation_describes_all_settings() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("docs/configuration.md");
    let expected = documentation();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&file, expected).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == expected, "{} is outdated: run `make config-reference`", file.display());
}

#[test]
fn every_setting_has_a_meaning_or_shares_the_one_above() {
    for section in sections(DEFAULTS) {
        let first = section.settings.first();
        assert!(first.is_none_or(|setting| !setting.meaning.is_empty()) || section.name == "database");
        for setting in &section.settings {
            assert!(!setting.default.is_empty(), "{}.{}", section.name, setting.name);
        }
    }
}

fn documentation() -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str("| variable | setting |\n|---|---|\n");
    for (variable, setting) in SHORT_NAMES {
        writeln!(text, "| `{variable}` | `{setting}` |").unwrap();
    }
    text.push_str(
        "| `HERMES_ENV` (alias `NODE_ENV`) | the environment: `development` (default) or `production` |\n",
    );
    writeln!(
        text,
        "\n## Production\n\nProduction has these other defaults:\n\n```toml\n{}```",
        assignments(PRODUCTION)
    )
    .unwrap();
    for section in sections(DEFAULTS) {
        write_section(&mut text, &section);
    }
    text
}

fn write_section(text: &mut String, Section { name, introduction, settings }: &Section) {
    writeln!(text, "\n## `[{name}]`").unwrap();
    let is_example = |line: &&String| line.starts_with('[') || line.contains(" = ");
    let (examples, prose): (Vec<_>, Vec<_>) = introduction.iter().partition(is_example);
    if !prose.is_empty() {
        let prose: Vec<_> = prose.iter().map(|line| line.as_str()).collect();
        writeln!(text, "\n{}", prose.join("\n")).unwrap();
    }
    if !examples.is_empty() {
        let examples: Vec<_> = examples.iter().map(|line| line.as_str()).collect();
        writeln!(text, "\n```toml\n{}\n```", examples.join("\n")).unwrap();
    }
    if !settings.is_empty() {
        text.push_str("\n| setting | default | meaning |\n|---|---|---|\n");
    }
    for Setting { name, default, meaning } in settings {
        writeln!(text, "| `{name}` | `{default}` | {meaning} |").unwrap();
    }
}

/// Returns a file without comments and empty lines.
fn assignments(file: &str) -> String {
    let lines = file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Parses the file, whose comments stand before what they describe.
fn sections(file: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut comment = Vec::new();
    let mut lines = file.lines();
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix('#') {
            comment.push(text.strip_prefix(' ').unwrap_or(text).to_owned());
        } else if let Some(name) = line.strip_prefix('[') {
            let name = name.trim_end_matches(']').to_owned();
            sections.push(Section { name, introduction: std::mem::take(&mut comment), settings: Vec::new() });
        } else if let Some((name, value)) = line.split_once(" = ") {
            let mut default = value.to_owned();
            while default.matches('[').count() > default.matches(']').count() {
                default.push(' ');
                default.push_str(lines.next().unwrap().trim());
            }
            let meaning = std::mem::take(&mut comment).join(" ").replace("  ", " ").replace('|', "\\|");
            sections.last_mut().unwrap().settings.push(Setting { name: name.to_owned(), default, meaning });
        } else if sections.is_empty() {
            // The comment at the top describes the file.
            comment.clear();
        }
    }
    sections
}
