//! Reads the INSERT statements of a dump.

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, NaiveDateTime, Utc};
use data_encoding::HEXLOWER_PERMISSIVE;

/// The format of a time in a dump.
const TIME: &str = "%Y-%m-%d %H:%M:%S%.f";

/// A row; each value is `None` for NULL.
pub(super) struct Row<'a> {
    columns: &'a [String],
    values: Vec<Option<Vec<u8>>>,
}

impl Row<'_> {
    pub fn bytes(&self, column: &str) -> Result<Option<&[u8]>> {
        let position = self.columns.iter().position(|name| name == column);
        let value = position.and_then(|position| self.values.get(position));
        Ok(value.with_context(|| format!("the dump lacks the column {column}"))?.as_deref())
    }

    pub fn text(&self, column: &str) -> Result<Option<String>> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
        self.bytes(column)?.map(text).transpose().with_context(|| format!("{column} is no text"))
    }

    pub fn required_text(&self, column: &str) -> Result<String> {
        self.text(column)?.with_context(|| format!("{column} is missing"))
    }

    pub fn integer(&self, column: &str) -> Result<i64> {
        self.required_text(column)?.parse().with_context(|| format!("{column} is no integer"))
    }

    pub fn time(&self, column: &str) -> Result<DateTime<Utc>> {
        let text = self.required_text(column)?;
        let time = NaiveDateTime::parse_from_str(&text, TIME);
        Ok(time.with_context(|| format!("{column} is no time"))?.and_utc())
    }

    pub fn array<const N: usize>(&self, column: &str) -> Result<Option<[u8; N]>> {
        let array = |bytes: &[u8]| bytes.try_into().with_context(|| format!("{column} has not {N} bytes"));
        self.bytes(column)?.map(array).transpose()
    }
}

/// Reads a statement that names its columns: ``INSERT INTO `table` (`a`, `b`) VALUES (1,'x'),(2,NULL);``
///
/// # Errors
/// If the statement has another form, or `read` returns an error.
pub(super) fn for_each_row(statement: &[u8], mut read: impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
    let mut scanner = Scanner(statement);
    let columns = scanner.columns().context("the dump does not name the columns of its rows")?;
    scanner.skip_spaces();
    while scanner.skip(b"(") {
        let mut values = Vec::with_capacity(columns.len());
        loop {
            values.push(scanner.literal().context("a value of the dump is unreadable")?);
            if !scanner.skip(b",") {
                break;
            }
        }
        ensure!(scanner.skip(b")") && values.len() == columns.len(), "a row of the dump is unreadable");
        read(&Row { columns: &columns, values })?;
        scanner.skip(b",");
        scanner.skip_spaces();
    }
    ensure!(scanner.skip(b";"), "a statement of the dump is incomplete");
    Ok(())
}

/// The rest of a statement.
struct Scanner<'a>(&'a [u8]);

impl<'a> Scanner<'a> {
    fn skip(&mut self, prefix: &[u8]) -> bool {
        let rest = self.0.strip_prefix(prefix);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn skip_spaces(&mut self) {
        self.0 = self.0.trim_ascii_start();
    }

    /// Takes the bytes up to the first one that `ends`.
    fn take_until(&mut self, ends: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.0.iter().position(|byte| ends(*byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at_checked(length).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }

    fn columns(&mut self) -> Option<Vec<String>> {
        self.take_until(|byte| byte == b'(');
        self.skip(b"(");
        let list = str::from_utf8(self.take_until(|byte| byte == b')')).ok()?;
        let columns = list.split(", ").map(|name| name.trim_matches('`').to_owned()).collect();
        self.skip(b") VALUES").then_some(columns)
    }

    /// Takes a literal. The outer `None` if there is none.
    fn literal(&mut self) -> Option<Option<Vec<u8>>> {
        if self.skip(b"NULL") {
            return Some(None);
        }
        if self.skip(b"0x") {
            let digits = self.take_until(|byte| !byte.is_ascii_hexdigit());
            return Some(Some(HEXLOWER_PERMISSIVE.decode(digits.as_ref()).ok()?));
        }
        if self.skip(b"'") {
            return self.rest_of_string().map(Some);
        }
        let number = self.take_until(|byte| b",)".contains(&byte));
        (!number.is_empty()).then(|| Some(number.to_vec()))
    }

    /// Takes a string up to its closing quote (MySQL 8.4 Reference Manual, 11.1.1).
    fn rest_of_string(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            text.extend_from_slice(self.take_until(|byte| b"'\\".contains(&byte)));
            if self.skip(b"''") {
                text.push(b'\'');
            } else if self.skip(b"'") {
                return Some(text);
            } else {
                let (escaped, rest) = self.0.strip_prefix(b"\\")?.split_first()?;
                text.push(match escaped {
                    b'0' => 0,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'Z' => 26,
                    other => *other,
                });
                self.0 = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_in_the_formats_of_both_tools() {
        let statement =
            b"INSERT INTO `t` (`a`, `b`, `c`) VALUES\n(1,'it\\'s (a), b;\\n\\\\',NULL),\n(-2,'',0x0aFF);\n";
        let mut rows = Vec::new();
        let read = |row: &Row<'_>| {
            rows.push((row.integer("a")?, row.text("b")?, row.array::<2>("c")?));
            Ok(())
        };
        for_each_row(statement, read).unwrap();
        let first = (1, Some("it's (a), b;\n\\".to_owned()), None);
        assert_eq!(rows, [first, (-2, Some(String::new()), Some([0x0a, 0xff]))]);
        for_each_row(b"INSERT INTO `t` (`a`) VALUES (1);", |row| row.integer("a").map(|_| ())).unwrap();
    }

    #[test]
    fn every_truncated_statement_is_an_error() {
        let statement = b"INSERT INTO `t` (`a`, `b`) VALUES (1,'x\\'y'),(2,0x00ff);";
        for length in 0..statement.len() {
            assert!(for_each_row(&statement[..length], |_| Ok(())).is_err(), "{length}");
        }
        for_each_row(statement, |_| Ok(())).unwrap();
    }
}
