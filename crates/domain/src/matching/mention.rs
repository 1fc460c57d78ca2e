//! References that a text contains, with the tolerance of a person who reads it.

use super::LineText;
use crate::payment::Reference;

/// The letters and digits of a text, joined over its pieces, with the boundaries between words.
pub(super) struct Letters {
    /// Capital ASCII letters and digits; [`OTHER_LETTER`] for every other letter.
    bytes: Vec<u8>,
    /// Whether a word can begin here: after a separator, or at the beginning of a piece.
    is_word_start: Vec<bool>,
    /// Whether a separator precedes. The cut between two pieces is not a separator.
    is_separated: Vec<bool>,
}

/// Represents letters that no reference contains.
const OTHER_LETTER: u8 = b'?';

/// A reference in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mention {
    /// The reference.
    pub(super) reference: Reference,
    /// Whether right check digits protect the reference.
    pub(super) is_checked: bool,
    /// The first letter of the mention.
    pub(super) start: usize,
    /// The end of the mention, exclusive.
    pub(super) end: usize,
}

impl Letters {
    pub(super) fn new(text: &LineText) -> Self {
        let mut letters = Self { bytes: Vec::new(), is_word_start: Vec::new(), is_separated: Vec::new() };
        // A separator at the end of a piece counts for the next one.
        let mut is_separated = false;
        for piece in &text.pieces {
            let mut is_word_start = true;
            for character in piece.chars() {
                if !character.is_alphanumeric() {
                    (is_word_start, is_separated) = (true, true);
                    continue;
                }
                let byte = u8::try_from(character).ok().filter(u8::is_ascii_alphanumeric);
                letters.bytes.push(byte.map_or(OTHER_LETTER, |byte| byte.to_ascii_uppercase()));
                letters.is_word_start.push(is_word_start);
                letters.is_separated.push(is_separated);
                (is_word_start, is_separated) = (false, false);
            }
        }
        letters
    }

    /// Returns the references that the text contains. Where a reference can end at several word boundaries, each
    /// reading is returned.
    pub(super) fn mentions(&self) -> Vec<Mention> {
        let mut mentions = Vec::new();
        for start in self.word_starts() {
            let rest = self.bytes.get(start..).unwrap_or_default();
            if let Some(digits) = creditor_digits(rest) {
                self.readings(start, start + digits, true, &mut mentions);
            } else if rest.starts_with(b"REF") && !self.follows_check_digits(start) {
                self.readings(start, start + 3, false, &mut mentions);
            }
        }
        mentions
    }

    /// Returns the positions at which a word can begin.
    pub(super) fn word_starts(&self) -> impl Iterator<Item = usize> {
        let starts = self.is_word_start.iter().enumerate();
        starts.filter(|(_, is_start)| **is_start).map(|(index, _)| index)
    }

    /// Returns the letters from `start` to `end`, or `None` if no word ends there.
    pub(super) fn window(&self, start: usize, end: usize) -> Option<&[u8]> {
        let is_end = end == self.bytes.len() || self.is_word_start.get(end).is_some_and(|is_start| *is_start);
        self.bytes.get(start..end).filter(|_| is_end)
    }

    /// Returns whether a separator is inside of a window.
    pub(super) fn is_interrupted(&self, start: usize, end: usize) -> bool {
        let inner = self.is_separated.get(start.saturating_add(1)..end).unwrap_or_default();
        inner.contains(&true)
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds each reading of the reference that starts at `start` and whose digits start at `digits`.
    fn readings(&self, start: usize, digits: usize, is_checked: bool, mentions: &mut Vec<Mention>) {
        let rest = self.bytes.get(digits..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        for end in digits + 1..=digits + count {
            if !is_checked && self.is_interrupted(start, end) {
                break;
            }
            let text = self.window(start, end).and_then(|window| std::str::from_utf8(window).ok());
            let parse = if is_checked { Reference::parse_creditor } else { Reference::parse };
            let reference = text.and_then(|text| parse(text).ok());
            mentions.extend(reference.map(|reference| Mention { reference, is_checked, start, end }));
        }
    }

    /// Returns whether `RF` and two digits precede. The text is then a creditor reference whose check digits are wrong,
    /// and its `REFnnn` cannot be trusted.
    fn follows_check_digits(&self, start: usize) -> bool {
        let before = start.checked_sub(4).and_then(|from| self.bytes.get(from..start));
        matches!(before, Some([b'R', b'F', first, second]) if first.is_ascii_digit() && second.is_ascii_digit())
    }
}

/// Returns the position of the digits after `RFddREF`, or after `ddREF` without the first two letters.
fn creditor_digits(letters: &[u8]) -> Option<usize> {
    let (prefix, check) = letters.strip_prefix(b"RF").map_or((0, letters), |rest| (2, rest));
    match check {
        [first, second, b'R', b'E', b'F', ..] if first.is_ascii_digit() && second.is_ascii_digit() => {
            Some(prefix + 5)
        }
        _ => None,
    }
}
