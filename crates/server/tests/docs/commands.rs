//! Runs the fences marked `sh test`, each document in a folder of its own, with the built program on the PATH.
//!
//! - `sh test`: every command must succeed.
//! - `sh test fails`: the last command must fail.
//! - `text output` after one of them: the output contains these lines in this order; `…` stands for any text.
//!
//! The fences of a document share one shell. The ports 9292 and 8080 are replaced by free ones.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use hermes_test_support::Port;

use super::markdown::{Fence, fences};
use super::{Document, documents};

/// The time limit of the commands of one document, in seconds.
const SECONDS_MAX: &str = "120";
const PORTAL: &str = "9292";
const DASHBOARD: &str = "8080";
/// Separates the outputs of the fences.
const END: &str = "=== end of fence ";

#[test]
fn the_commands_of_the_guides_run_as_written() {
    let mut tested = 0;
    for Document { path, text } in documents() {
        let fences = fences(&text);
        let commands: Vec<_> = fences.iter().filter(|fence| fence.info.starts_with("sh test")).collect();
        if commands.is_empty() {
            continue;
        }
        tested += commands.len();
        let output = run(&path, &commands);
        for (index, command) in commands.iter().enumerate() {
            let until = output.split(&format!("{END}{index}\n")).next().unwrap();
            let own = until.rsplit(END).next().unwrap();
            let expected = fences.iter().find(|fence| fence.line > command.line);
            let expected = expected.filter(|fence| fence.info == "text output");
            for line in expected.iter().flat_map(|fence| fence.text.lines()) {
                assert!(
                    own.lines().any(|found| matches(line, found)),
                    "{}:{}: {line:?} is not in the output:\n{own}",
                    path.display(),
                    command.line
                );
            }
        }
    }
    assert!(tested > 10, "only {tested} fences are tested");
}

/// Runs the fences of one document and returns their output.
fn run(path: &Path, commands: &[&Fence]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let ports = [Port::take(), Port::take()];
    let [portal, dashboard] = [ports[0].number().to_string(), ports[1].number().to_string()];
    let localized = |text: &str| text.replace(PORTAL, &portal).replace(DASHBOARD, &dashboard);
    fs::write(folder.path().join("commands.sh"), localized(&script(commands))).unwrap();
    let output_file = folder.path().join("commands.log");
    let output = File::create(&output_file).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_hermes")).parent().unwrap();
    let mut shell = Command::new("timeout");
    shell.args(["--kill-after=5", SECONDS_MAX, "sh", "commands.sh"]).current_dir(folder.path());
    shell.env_clear().env("HOME", folder.path()).env("PORT", &portal).env("DASHBOARD_PORT", &dashboard);
    shell.env("PATH", format!("{}:{}", program.display(), std::env::var("PATH").unwrap()));
    shell.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
    // The group also contains the programs that the commands start in the background.
    let mut child = shell.process_group(0).spawn().unwrap();
    let status = child.wait().unwrap();
    let _ = Command::new("kill")
        .args(["-KILL", "--", &format!("-{}", child.id())])
        .stderr(Stdio::null())
        .status();
    let text = String::from_utf8_lossy(&fs::read(output_file).unwrap()).into_owned();
    let text = text.replace(&portal, PORTAL).replace(&dashboard, DASHBOARD);
    let line = commands.get(text.matches(END).count()).map_or(0, |fence| fence.line);
    assert!(status.success(), "{}:{line}: {status}\n{text}", path.display());
    text
}

fn script(commands: &[&Fence]) -> String {
    let mut script = "set -e\n".to_owned();
    for (index, Fence { info, text, .. }) in commands.iter().enumerate() {
        if info == "sh test fails" {
            script.push_str(&format!("set +e\n{text}status=$?\nset -e\n[ $status -ne 0 ]\n"));
        } else {
            script.push_str(text);
        }
        script.push_str(&format!("echo '{END}{index}'\n"));
    }
    script
}

/// Returns whether a line matches a pattern, in which `…` stands for any text.
fn matches(pattern: &str, line: &str) -> bool {
    let (pattern, mut rest) = (pattern.trim(), line.trim());
    let Some((first, others)) = pattern.split_once('…') else { return pattern == rest };
    let parts: Vec<_> = others.split('…').collect();
    let Some((last, middle)) = parts.split_last() else { return false };
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn a_line_of_expected_output_matches_as_a_whole() {
    assert!(matches("ok  a: …", "  ok  a: b"));
    assert!(matches("a…c", "abcbbc"));
    assert!(matches("{…x…}", "{1}x{2}}"));
    assert!(!matches("a…c", "abbbcd"));
    assert!(!matches("ok", "not ok"));
}
