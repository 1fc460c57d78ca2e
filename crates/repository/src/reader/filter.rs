//! Converts a filter to an SQL condition.

use hermes_domain::ports::PaymentFilter;
use sea_orm::prelude::*;
use sea_orm::sea_query::extension::sqlite::SqliteExpr;
use sea_orm::sea_query::{Func, LikeExpr};
use sea_orm::{Condition, DbBackend};

use crate::database::UNICODE_NOCASE;
use crate::entity::payments::Column;

/// The LIKE escape character. The usual backslash would itself need an escape in a literal.
const ESCAPE: char = '!';

/// Returns the condition that selects the payments of a filter.
pub(super) fn condition(filter: &PaymentFilter, backend: DbBackend) -> Condition {
    let reference = filter.reference.as_ref().map(|reference| reference.trim().to_ascii_uppercase());
    Condition::all()
        .add_option(filter.status.map(|status| Column::Status.eq(status.as_str())))
        .add_option(filter.validation_status.map(|status| Column::ValidationStatus.eq(status.as_str())))
        .add_option(filter.email.as_ref().map(|email| Column::EmailKey.eq(email.to_lowercase())))
        .add_option(filter.school.as_ref().map(|school| school_is(school, backend)))
        .add_option(reference.map(|reference| Column::Reference.eq(reference)))
        .add_option(filter.created_from.map(|from| Column::CreatedAt.gte(from)))
        .add_option(filter.created_to.map(|to| Column::CreatedAt.lt(to)))
        .add_option(filter.text.as_ref().map(|text| contains_text(text, backend)))
}

/// Compares the school without regard to case. Accents count, although the collation of the MySQL column ignores them.
fn school_is(school: &str, backend: DbBackend) -> Expr {
    let column = Expr::col((crate::entity::payments::Entity, Column::School));
    match backend {
        DbBackend::Sqlite => {
            Expr::cust_with_exprs(format!("? = ? COLLATE {UNICODE_NOCASE}"), [column, Expr::value(school)])
        }
        _ => Expr::cust_with_exprs(
            "? COLLATE utf8mb4_bin = ? COLLATE utf8mb4_bin",
            [Func::lower(column).into(), Func::lower(Expr::value(school)).into()],
        ),
    }
}

/// Searches the fields that people search by, without regard to case.
fn contains_text(text: &str, backend: DbBackend) -> Condition {
    let columns = [Column::Reference, Column::Name, Column::EmailKey, Column::School, Column::StudentId];
    let contains = |column: Column| match backend {
        DbBackend::Sqlite => column.into_expr().glob(glob_pattern(text)),
        _ => column.like(like_pattern(&match column {
            // These two columns compare exactly and hold one case only.
            Column::Reference => text.to_ascii_uppercase(),
            Column::EmailKey => text.to_lowercase(),
            _ => text.to_owned(),
        })),
    };
    columns.into_iter().fold(Condition::any(), |condition, column| condition.add(contains(column)))
}

/// Returns a LIKE pattern. The collation of the column decides whether case counts.
fn like_pattern(text: &str) -> LikeExpr {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(character);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape(ESCAPE)
}

/// Returns a pattern for SQLite's GLOB that ignores case: a letter becomes the set of its cases.
///
/// SQLite's LIKE ignores the case of ASCII letters only.
fn glob_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(4 * text.len() + 2);
    pattern.push('*');
    for character in text.chars() {
        let cases = cases(character);
        if cases.len() > 1 || matches!(character, '*' | '?' | '[') {
            pattern.push('[');
            pattern.extend(cases);
            pattern.push(']');
        } else {
            pattern.push(character);
        }
    }
    pattern.push('*');
    pattern
}

/// Returns a character and its other cases that are single characters.
fn cases(character: char) -> Vec<char> {
    let upper = single(character.to_uppercase());
    let lower_of_upper = upper.and_then(|upper| single(upper.to_lowercase()));
    let other = [single(character.to_lowercase()), upper, lower_of_upper];
    let mut cases = vec![character];
    for case in other.into_iter().flatten() {
        if !cases.contains(&case) {
            cases.push(case);
        }
    }
    cases
}

fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::glob_pattern;

    #[test]
    fn a_glob_pattern_lists_the_cases_of_letters_and_escapes_wildcards() {
        assert_eq!(glob_pattern("aÉ1*?[]^-"), "*[aA][Éé]1[*][?][[]]^-*");
        assert_eq!(glob_pattern("ßς🎓"), "*ß[ςΣσ]🎓*");
        assert_eq!(glob_pattern(""), "**");
    }
}
