//! Repairs of a mistyped reference: one substituted character, or two adjacent characters that changed sides.

use super::mention::Letters;
use crate::payment::Reference;

/// A reference that a text contains almost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repair {
    /// The reference.
    pub(super) reference: Reference,
    /// The text as the payer wrote it, in capitals without separators.
    pub(super) written: String,
    /// The text that the payer meant.
    pub(super) meant: String,
}

/// The form of a reference, by the position of its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `RF59REF001`.
    Creditor,
    /// `59REF001`: a creditor reference without its first two letters.
    CheckDigits,
    /// `REF001`.
    Plain,
}

impl Form {
    const ALL: [Self; 3] = [Self::Creditor, Self::CheckDigits, Self::Plain];

    /// Returns the characters before the number; `0` stands for any digit.
    const fn head(self) -> &'static [u8] {
        match self {
            Self::Creditor => b"RF00REF",
            Self::CheckDigits => b"00REF",
            Self::Plain => b"REF",
        }
    }

    /// Returns whether a character fits a position.
    fn fits(self, position: usize, byte: u8) -> bool {
        match self.head().get(position) {
            None | Some(b'0') => byte.is_ascii_digit(),
            Some(letter) => byte == *letter,
        }
    }

    /// Returns the characters that fit a position.
    fn choices(self, position: usize) -> impl Iterator<Item = u8> {
        b"0123456789REF".iter().copied().filter(move |byte| self.fits(position, *byte))
    }

    fn parse(self, letters: &[u8]) -> Option<Reference> {
        let text = std::str::from_utf8(letters).ok()?;
        let parsed = match self {
            Self::Creditor | Self::CheckDigits => Reference::parse_creditor(text),
            Self::Plain => Reference::parse(text),
        };
        parsed.ok()
    }
}

/// The shortest and the longest text of a reference: `REF001`, and 25 characters (ISO 11649).
const LENGTHS: std::ops::RangeInclusive<usize> = 6..=25;
/// The shortest number of a reference, in digits.
const MIN_DIGITS: usize = 3;

/// Returns the repairs of everything in a text that is almost a reference and for which `is_wanted` holds.
///
/// A reference with right check digits has no repairs. A `REFnnn` has them, because any number is a valid one.
pub(super) fn repairs(letters: &Letters, mut is_wanted: impl FnMut(Reference) -> bool) -> Vec<Repair> {
    let mut found = Vec::new();
    for start in letters.word_starts() {
        for end in LENGTHS.map(|length| start + length).take_while(|end| *end <= letters.len()) {
            let Some(window) = letters.window(start, end) else { continue };
            for form in Form::ALL {
                // Without check digits, words that only stand side by side could look like a reference.
                if form == Form::Plain && letters.is_interrupted(start, end) {
                    continue;
                }
                add_repairs(form, window, &mut is_wanted, &mut found);
            }
        }
    }
    found
}

fn add_repairs(
    form: Form,
    window: &[u8],
    is_wanted: &mut impl FnMut(Reference) -> bool,
    found: &mut Vec<Repair>,
) {
    if window.len() < form.head().len() + MIN_DIGITS {
        return;
    }
    let misfits: Vec<usize> = window
        .iter()
        .enumerate()
        .filter(|(position, byte)| !form.fits(*position, **byte))
        .map(|(position, _)| position)
        .collect();
    if misfits.is_empty() && form != Form::Plain && form.parse(window).is_some() {
        return;
    }
    let candidates = substitutions(form, window, &misfits).chain(transpositions(form, window, &misfits));
    for candidate in candidates {
        let Some(reference) = form.parse(&candidate).filter(|reference| is_wanted(*reference)) else {
            continue;
        };
        if found.iter().all(|repair| repair.reference != reference) {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            found.push(Repair { reference, written: text(window), meant: text(&candidate) });
        }
    }
}

/// Returns the texts with one character replaced. A misfit must be the one that is replaced.
fn substitutions<'a>(
    form: Form,
    window: &'a [u8],
    misfits: &[usize],
) -> impl Iterator<Item = Vec<u8>> + use<'a> {
    let positions = match misfits {
        [] => 0..window.len(),
        [only] => *only..*only + 1,
        _ => 0..0,
    };
    positions.flat_map(move |position| {
        let old = window.get(position).copied();
        let choices = form.choices(position).filter(move |new| Some(*new) != old);
        choices.map(move |new| {
            let mut candidate = window.to_vec();
            candidate.iter_mut().skip(position).take(1).for_each(|byte| *byte = new);
            candidate
        })
    })
}

/// Returns the texts with two adjacent characters exchanged, if they then fit the form.
fn transpositions<'a>(
    form: Form,
    window: &'a [u8],
    misfits: &[usize],
) -> impl Iterator<Item = Vec<u8>> + use<'a> {
    let positions = match misfits {
        [] => 0..window.len().saturating_sub(1),
        [only] => only.saturating_sub(1)..(*only + 1).min(window.len().saturating_sub(1)),
        [first, second] if first + 1 == *second => *first..*second,
        _ => 0..0,
    };
    positions.filter_map(move |position| {
        let mut candidate = window.to_vec();
        candidate.get_mut(position..position + 2)?.reverse();
        let fits = candidate.iter().enumerate().all(|(position, byte)| form.fits(position, *byte));
        (fits && candidate != window).then_some(candidate)
    })
}
