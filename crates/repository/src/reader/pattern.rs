//! Patterns that find a text anywhere, whatever characters it has.

use sea_orm::sea_query::LikeExpr;

/// Stands before `%`, `_` and itself. The usual backslash would have to be escaped once more in a literal.
const ESCAPE: char = '!';

/// A pattern for LIKE; whether case counts is up to the column.
pub(super) fn like(text: &str) -> LikeExpr {
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

/// A pattern for SQLite's GLOB in which case does not count: a letter becomes the set of its cases. SQLite's
/// LIKE knows the case of ASCII letters only.
pub(super) fn glob(text: &str) -> String {
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

/// A character and its other cases, as far as they are single characters.
fn cases(character: char) -> Vec<char> {
    let mut cases = vec![character];
    let other = [
        single(character.to_lowercase()),
        single(character.to_uppercase()),
        single(character.to_uppercase()).and_then(|upper| single(upper.to_lowercase())),
    ];
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
    use super::glob;

    #[test]
    fn letters_become_sets_and_signs_stay_signs() {
        assert_eq!(glob("aÉ1*?[]^-"), "*[aA][Éé]1[*][?][[]]^-*");
        assert_eq!(glob("ßς🎓"), "*ß[ςΣσ]🎓*");
        assert_eq!(glob(""), "**");
    }
}
