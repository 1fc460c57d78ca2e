//! The characters that a text must not contain, because they hide content or make one name look like another.

use icu_properties::props::{
    DefaultIgnorableCodePoint, EmojiModifier, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup,
    VariationSelector,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The most combining marks in a row. Vietnamese and Tibetan need at most four.
const MAX_MARKS_IN_A_ROW: usize = 8;

/// The zero-width joiner, which makes one picture of several emoji (UTS #51, section 2.3).
const EMOJI_JOINER: char = '\u{200D}';

/// Checks that a text has no invisible character and at most eight combining marks in a row.
///
/// # Errors
/// Returns how to correct the text, in lower case and without a full stop.
pub(super) fn check_characters(text: &str) -> Result<(), &'static str> {
    let mut before = None;
    let mut marks: usize = 0;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let is_allowed_joiner = |next: Option<&char>| match (before, next) {
            (Some(before), Some(next)) => {
                is_joiner(character) && is_part_of_word(before) && is_part_of_word(*next)
                    || character == EMOJI_JOINER && is_part_of_emoji(before) && is_pictograph(*next)
            }
            (None, _) | (_, None) => false,
        };
        if is_invisible(character) && !is_allowed_joiner(characters.peek()) {
            return Err("remove any hidden characters; they may come from pasted text");
        }
        marks = if is_mark(character) { marks + 1 } else { 0 };
        if marks > MAX_MARKS_IN_A_ROW {
            return Err("use at most eight accents on one letter");
        }
        before = Some(character);
    }
    Ok(())
}

/// Returns the general category of a character (Unicode Standard, section 4.5).
pub(super) fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

/// Returns whether a character has no glyph: a control or format character, a line separator, a filler, or a
/// character that is private or unassigned.
///
/// Variation selectors are allowed: Japanese names and emoji use them.
fn is_invisible(character: char) -> bool {
    match category(character) {
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::PrivateUse
        | GeneralCategory::Unassigned
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator => true,
        _ => is_filler(character),
    }
}

/// Returns whether a character is a letter or mark that is shown as nothing, or the blank Braille pattern.
fn is_filler(character: char) -> bool {
    character == '\u{2800}'
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
            && !CodePointSetData::new::<VariationSelector>().contains(character)
}

/// Returns whether a character controls how its neighbours join, as Persian and the scripts of India require.
const fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | EMOJI_JOINER)
}

fn is_part_of_word(character: char) -> bool {
    GeneralCategoryGroup::Letter.contains(category(character)) || is_mark(character)
}

/// Returns whether a character ends an emoji: a picture, its skin colour, or the selector of its look.
fn is_part_of_emoji(character: char) -> bool {
    is_pictograph(character)
        || CodePointSetData::new::<EmojiModifier>().contains(character)
        || CodePointSetData::new::<VariationSelector>().contains(character)
}

fn is_pictograph(character: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(character)
}

fn is_mark(character: char) -> bool {
    GeneralCategoryGroup::Mark.contains(category(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_rejected() {
        for character in [
            // Control characters and separators of lines and paragraphs.
            '\u{0}',
            '\n',
            '\u{7F}',
            '\u{85}',
            '\u{2028}',
            '\u{2029}',
            // Format characters: soft hyphen, zero width, bidirectional, invisible operators, tags.
            '\u{AD}',
            '\u{61C}',
            '\u{180E}',
            '\u{200B}',
            '\u{200C}',
            '\u{200D}',
            '\u{200E}',
            '\u{200F}',
            '\u{202E}',
            '\u{2060}',
            '\u{2063}',
            '\u{2066}',
            '\u{2069}',
            '\u{206A}',
            '\u{FEFF}',
            '\u{FFF9}',
            '\u{E0001}',
            '\u{E0041}',
            // Fillers.
            '\u{34F}',
            '\u{115F}',
            '\u{1160}',
            '\u{17B4}',
            '\u{2800}',
            '\u{3164}',
            '\u{FFA0}',
            // Private and unassigned characters.
            '\u{E000}',
            '\u{F0000}',
            '\u{378}',
            '\u{FDD0}',
            '\u{10FFFF}',
        ] {
            for text in [character.to_string(), format!("Ana {character}Ruiz"), format!("Ana{character}")] {
                assert!(check_characters(&text).unwrap_err().contains("hidden"), "{text:?}");
            }
        }
    }

    #[test]
    fn names_of_every_script_are_accepted() {
        for text in [
            "José Núñez",
            "Nguyễn Thị Ánh",
            "Ольга",
            "محمد",
            "山田 太郎",
            "葛\u{E0100}城",
            "김철수",
            "I ❤\u{FE0F} Porto",
            // Persian with a non-joiner, Bengali and Sinhala with a joiner.
            "می\u{200C}خواهم",
            "র\u{200D}\u{9CD}য\u{9BE}ব",
            "ක\u{DCA}\u{200D}රම",
            // Emoji that are joined: a family, a skin colour, a flag with a selector.
            "Ana 👩\u{200D}👩\u{200D}👧",
            "👩🏽\u{200D}💻",
            "🏳\u{FE0F}\u{200D}🌈",
        ] {
            assert_eq!(check_characters(text), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn a_joiner_that_joins_nothing_is_rejected() {
        for text in ["12\u{200D}34", "a\u{200D}👩", "👩\u{200D}a", "👩\u{200C}👧", "👩\u{200D}", "\u{200D}👩"]
        {
            assert!(check_characters(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn at_most_eight_combining_marks_are_accepted() {
        let accented = |count| format!("a{}b", "\u{336}".repeat(count));
        assert_eq!(check_characters(&accented(MAX_MARKS_IN_A_ROW)), Ok(()));
        assert!(check_characters(&accented(MAX_MARKS_IN_A_ROW + 1)).unwrap_err().contains("accents"));
    }
}
