//! Counting instructions with `valgrind --tool=callgrind`.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// How many functions are shown.
const FUNCTIONS_SHOWN: usize = 40;

/// Tells a process under callgrind to begin or to stop counting.
pub fn control(arguments: &[&str], process: u32) -> Result<()> {
    let output = Command::new("callgrind_control").args(arguments).arg(process.to_string()).output();
    let output = output.context("valgrind is needed (apt install valgrind)")?;
    ensure!(output.status.success(), "callgrind_control: {}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// What was counted.
pub struct Profile {
    /// All instructions.
    pub total: f64,
    /// The functions that took most, one a line.
    pub functions: String,
    /// By crate or shared object that the instructions are of, or what the C library does in them.
    costs: HashMap<String, f64>,
}

impl Profile {
    /// What took most, in per cent.
    pub fn largest(&self, count: usize) -> Vec<(String, f64)> {
        let share = |(name, cost): (&String, &f64)| (name.clone(), cost * 100.0 / self.total);
        let mut shares: Vec<_> = self.costs.iter().map(share).collect();
        shares.sort_by(|one, other| other.1.total_cmp(&one.1));
        shares.truncate(count);
        shares
    }
}

/// Reads the file that callgrind wrote.
pub fn annotate(file: &Path) -> Result<Profile> {
    let output =
        Command::new("callgrind_annotate").args(["--threshold=100", "--auto=no"]).arg(file).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut profile = Profile { total: 0.0, functions: String::new(), costs: HashMap::new() };
    for (cost, name) in text.lines().filter_map(cost_line) {
        if name.starts_with("PROGRAM TOTALS") {
            profile.total = cost;
        } else {
            *profile.costs.entry(owner(name)).or_default() += cost;
        }
    }
    let functions = text.lines().filter(|line| cost_line(line).is_some()).take(FUNCTIONS_SHOWN);
    profile.functions = functions.collect::<Vec<_>>().join("\n");
    ensure!(profile.total > 0.0, "callgrind_annotate printed no total: {text}");
    Ok(profile)
}

/// A line such as ` 1,234 (12.3%)  file:function [object]`: the cost and what follows.
fn cost_line(line: &str) -> Option<(f64, &str)> {
    let (cost, rest) = line.trim_start().split_once(' ')?;
    let cost = cost.replace(',', "").parse().ok()?;
    let rest = rest.trim_start();
    let name = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, name)| name);
    Some((cost, name.trim_start()))
}

/// Folders of the C library's sources and what they are for.
const C_LIBRARY: [(&str, &str); 2] = [("./malloc/", "allocating"), ("./string/", "copying bytes")];

/// Who a function belongs to: what the C library does in it, the first crate in its name, or the shared object it is
/// in.
fn owner(name: &str) -> String {
    if let Some((_, purpose)) = C_LIBRARY.iter().find(|(folder, _)| name.starts_with(folder)) {
        return (*purpose).to_owned();
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
    use super::{cost_line, owner};

    #[test]
    fn a_cost_belongs_to_the_crate_that_is_named_first() {
        let line = "1,234 ( 0.50%)  ???:<sqlx_core::pool::Pool<DB>>::acquire::{{closure}} [/x/hermes]";
        let (cost, name) = cost_line(line).unwrap();
        assert!((cost - 1234.0).abs() < f64::EPSILON);
        assert_eq!(owner(name), "sqlx_core");
        assert_eq!(owner("???:epoll_wait [/usr/lib/x86_64-linux-gnu/libc.so.6]"), "libc.so.6");
        assert_eq!(owner("./malloc/./malloc/malloc.c:free [/usr/lib/libc.so.6]"), "allocating");
    }

    #[test]
    fn other_lines_are_no_costs() {
        assert_eq!(cost_line("Ir                     file:function"), None);
        assert_eq!(cost_line(""), None);
    }
}
