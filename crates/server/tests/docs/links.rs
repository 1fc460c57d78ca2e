//! Every relative link leads to a file, and to a heading in it. The README leads to every guide.

use std::path::Path;

use super::markdown::{heading_ids, links};
use super::{Document, documents, root};

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let documents = documents();
    let mut broken = Vec::new();
    let mut checked = 0;
    for Document { path, text } in &documents {
        let folder = root().join(path.parent().unwrap());
        for link in links(text).into_iter().filter(|link| !link.contains("://")) {
            checked += 1;
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { root().join(path) } else { folder.join(file) };
            if !target.exists() || !has_heading(&target, heading) {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(checked > 50, "{checked} links");
    assert!(broken.is_empty(), "broken links: {broken:#?}");
}

fn has_heading(file: &Path, heading: &str) -> bool {
    heading.is_empty() || {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        heading_ids(&text).iter().any(|id| id == heading)
    }
}

#[test]
fn the_readme_leads_to_every_guide() {
    let documents = documents();
    let readme = documents.iter().find(|document| document.path == Path::new("README.md")).unwrap();
    let targets = links(&readme.text);
    let guides = documents.iter().filter(|document| document.path.parent() == Some(Path::new("docs")));
    let missing: Vec<_> = guides
        .filter(|guide| !targets.iter().any(|target| Path::new(target) == guide.path))
        .map(|guide| guide.path.display().to_string())
        .collect();
    assert!(missing.is_empty(), "the README does not name {missing:?}");
}
