//! The parts of Markdown that the tests need: fences, headings and links.

/// A block of code.
pub struct Fence {
    /// What follows the opening backticks, such as `sh test`.
    pub info: String,
    pub text: String,
    /// The line of the opening backticks, for messages.
    pub line: usize,
}

/// Returns all fences of a document, in order.
pub fn fences(document: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut lines = document.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let indent = line.len() - line.trim_start().len();
        let body = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim() != "```");
        let text = body.map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect();
        fences.push(Fence { info: info.to_owned(), text, line: number + 1 });
    }
    fences
}

/// Returns a document without its fences and without code in backticks.
fn prose(document: &str) -> String {
    let mut is_code = false;
    let mut prose = String::new();
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            prose.extend(line.split('`').step_by(2));
            prose.push('\n');
        }
    }
    prose
}

/// Returns the targets of all links in the prose.
pub fn links(document: &str) -> Vec<String> {
    // Code in backticks may be the text of a link, so it is removed first and the brackets remain.
    let prose = prose(document);
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).collect()
}

/// Returns the heading_ids of all headings, as GitHub forms them.
pub fn heading_ids(document: &str) -> Vec<String> {
    let mut is_code = false;
    let mut heading_ids = Vec::new();
    for line in document.lines() {
        is_code ^= line.trim_start().starts_with("```");
        if line.starts_with('#') && !is_code {
            heading_ids.push(heading_id(line.trim_start_matches('#').trim()));
        }
    }
    heading_ids
}

fn heading_id(heading: &str) -> String {
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'))
        .collect::<String>();
    kept.replace(' ', "-")
}

#[test]
fn fences_links_and_headings_are_found() {
    let document = "# A `b`: c, d\n\n[x](y.md#z) and [`code`](w)\n\n  ```sh test\n  a\n    b\n  ```\n\n```\n# no heading [n](no)\n```\n";
    let found = fences(document);
    assert_eq!((found[0].info.as_str(), found[0].text.as_str(), found[0].line), ("sh test", "a\n  b\n", 5));
    assert_eq!(found.len(), 2);
    assert_eq!(links(document), ["y.md#z", "w"]);
    assert_eq!(heading_ids(document), ["a-b-c-d"]);
}
