//! Counts instructions with `valgrind --tool=callgrind`.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The number of functions in the profile.
const FUNCTIONS_MAX: usize = 40;

/// Starts or stops counting in a process under callgrind.
pub fn callgrind_control(arguments: &[&str], process: u32) -> Result<()> {
    let output = Command::new("callgrind_control").args(arguments).arg(process.to_string()).output();
    let output = output.context("valgrind is missing (apt install valgrind)")?;
    ensure!(output.status.success(), "callgrind_control: {}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// The counted instructions.
pub struct InstructionProfile {
    /// The total number of instructions.
    pub total: f64,
    /// The functions with the most instructions, one per line.
    pub functions: String,
    /// The instructions by owner: a crate, a shared object, or a task of the C library.
    costs: HashMap<String, f64>,
}

impl InstructionProfile {
    /// Returns the `count` owners with the most instructions and their percentages.
    pub fn largest(&self, count: usize) -> Vec<(String, f64)> {
        let share = |(name, cost): (&String, &f64)| (name.clone(), cost * 100.0 / self.total);
        let mut shares: Vec<_> = self.costs.iter().map(share).collect();
        shares.sort_by(|one, other| other.1.total_cmp(&one.1));
        shares.truncate(count);
        shares
    }
}

/// Parses the output file of callgrind.
pub fn parse_profile(file: &Path) -> Result<InstructionProfile> {
    let output =
        Command::new("callgrind_annotate").args(["--threshold=100", "--auto=no"]).arg(file).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut profile = InstructionProfile { total: 0.0, functions: String::new(), costs: HashMap::new() };
    for (cost, name) in text.lines().filter_map(parse_cost) {
        if name.starts_with("PROGRAM TOTALS") {
            profile.total = cost;
        } else {
            *profile.costs.entry(owner(name)).or_default() += cost;
        }
    }
    let functions = text.lines().filter(|line| parse_cost(line).is_some()).take(FUNCTIONS_MAX);
    profile.functions = functions.collect::<Vec<_>>().join("\n");
    ensure!(profile.total > 0.0, "callgrind_annotate printed no total: {text}");
    Ok(profile)
}

/// Parses a line such as ` 1,234 (12.3%)  file:function [object]` into the cost and the rest.
fn parse_cost(line: &str) -> Option<(f64, &str)> {
    let (cost, rest) = line.trim_start().split_once(' ')?;
    let cost = cost.replace(',', "").parse().ok()?;
    let rest = rest.trim_start();
    let name = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, name)| name);
    Some((cost, name.trim_start()))
}

/// Source folders of the C library and the task of each.
const C_LIBRARY: [(&str, &str); 2] = [("./malloc/", "allocation"), ("./string/", "byte copies")];

/// Returns the owner of a function: the task of the C library, the first crate in its name, or its shared object.
fn owner(name: &str) -> String {
    if let Some((_, task)) = C_LIBRARY.iter().find(|(folder, _)| name.starts_with(folder)) {
        return (*task).to_owned();
    }
    let function = name.split_once(':').map_or(name, |(_, function)| function);
    let path = function
        .trim_start_matches(['<', '&', '*', '(', '['])
        .trim_start_matches("mut ")
        .trim_start_matches("dyn ");
    match path.split_once("::") {
        Some((first, _)) if !first.contains(' ') => first.to_owned(),
        _ => name
            .rsplit_once('[')
            .map_or("other", |(_, object)| object.trim_end_matches(']'))
            .rsplit('/')
            .next()
            .unwrap_or("other")
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{owner, parse_cost};

    #[test]
    fn a_cost_belongs_to_the_first_crate_in_the_name() {
        let line = "1,234 ( 0.50%)  ???:<sqlx_core::pool::Pool<DB>>::acquire::{{closure}} [/x/hermes]";
        let (cost, name) = parse_cost(line).unwrap();
        assert!((cost - 1234.0).abs() < f64::EPSILON);
        assert_eq!(owner(name), "sqlx_core");
        assert_eq!(owner("???:epoll_wait [/usr/lib/x86_64-linux-gnu/libc.so.6]"), "libc.so.6");
        assert_eq!(owner("./malloc/./malloc/malloc.c:free [/usr/lib/libc.so.6]"), "allocation");
    }

    #[test]
    fn other_lines_have_no_cost() {
        assert_eq!(parse_cost("Ir                     file:function"), None);
        assert_eq!(parse_cost(""), None);
    }
}
