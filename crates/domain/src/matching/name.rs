//! Names, compared without regard to case, accents, order and titles.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// The shortest word of a name that counts; an initial says too little.
const MIN_WORD_CHARS: usize = 2;
/// The combining accents that decomposition separates from Latin, Greek and Cyrillic letters.
const ACCENTS: std::ops::RangeInclusive<char> = '\u{300}'..='\u{36f}';

/// Returns the distinct words of a name, in lower case and without accents.
pub(super) fn words(name: &str) -> Vec<String> {
    let plain: String = DecomposingNormalizerBorrowed::new_nfkd()
        .normalize_iter(name.chars())
        .filter(|character| !ACCENTS.contains(character))
        .flat_map(char::to_lowercase)
        .collect();
    let split = plain.split(|character: char| !character.is_alphanumeric());
    let mut words: Vec<String> =
        split.filter(|word| word.chars().count() >= MIN_WORD_CHARS).map(str::to_owned).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Returns whether two names can belong to one person: the shorter one is contained in the longer one, with at least two
/// words in common. A name of one word matches only itself.
///
/// Both slices are sorted and without repetition. `shared` is the number of common words.
pub(super) fn is_same(left: usize, right: usize, shared: usize) -> bool {
    shared > 0 && shared == left.min(right) && (shared >= 2 || left == right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(left: &str, right: &str) -> bool {
        let (left, right) = (words(left), words(right));
        let shared = left.iter().filter(|word| right.contains(word)).count();
        is_same(left.len(), right.len(), shared)
    }

    #[test]
    fn names_match_without_regard_to_case_accents_order_and_titles() {
        for (left, right) in [
            ("Ana Ruiz", "RUIZ ANA"),
            ("Ana Ruiz", "MS ANA RUIZ"),
            ("José Müller", "Jose Muller"),
            ("Ana Ruiz", "Ruiz, Ana M."),
            ("Madonna", "MADONNA"),
            ("王小明", "王小明"),
            ("Ruiz–Lopez, Ana", "ana ruiz lopez"),
        ] {
            assert!(matches(left, right), "{left} {right}");
        }
    }

    #[test]
    fn other_names_do_not_match() {
        for (left, right) in [
            ("Ana Ruiz", "Ana"),
            ("Ana Ruiz", "Ana Lopez"),
            ("", ""),
            ("A B", "A B"),
            ("", "Ana"),
            ("王小明", "王小"),
        ] {
            assert!(!matches(left, right), "{left} {right}");
        }
    }
}
