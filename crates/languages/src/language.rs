//! A language that the pages have texts in.

use std::fmt;
use std::sync::LazyLock;

use fluent_static::MessageBundle;
use hermes_domain::LanguageCode;

use crate::Texts;

/// A language with texts.
#[derive(Clone, Copy)]
pub struct Language {
    code: &'static str,
    texts: &'static Texts,
}

/// Every language, the default first.
static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let language = |code: &&'static str| {
        let mut texts = Texts::get(code)?;
        // Isolation marks would be part of texts that people copy. Pages isolate texts of payers with an element.
        texts.set_use_isolating(false);
        Some(Language { code, texts: Box::leak(Box::new(texts)) })
    };
    Texts::supported_language_ids().iter().filter_map(language).collect()
});

/// The language of a page if nothing else is known.
static ENGLISH: LazyLock<Texts> = LazyLock::new(|| {
    let mut texts = Texts::default();
    texts.set_use_isolating(false);
    texts
});

impl Language {
    /// Returns every language, the default first.
    pub fn all() -> impl Iterator<Item = Self> {
        LANGUAGES.iter().copied()
    }

    /// Returns the language with a code (ISO 639-1) or a tag that starts with one (RFC 5646), such as `es-MX`.
    pub fn find(tag: &str) -> Option<Self> {
        let code = tag.split('-').next().unwrap_or_default();
        Self::all().find(|language| language.code.eq_ignore_ascii_case(code))
    }

    /// Returns the language that a browser prefers, from its header `Accept-Language` (RFC 9110, section 12.5.4).
    pub fn negotiate(accept_language: &str) -> Option<Self> {
        let preferences = accept_language.split(',').filter_map(|preference| {
            let (tag, weight) = preference.split_once(";").unwrap_or((preference, "q=1"));
            let thousandths = weight_in_thousandths(weight.trim())?;
            Some((Self::find(tag.trim())?, thousandths)).filter(|(_, thousandths)| *thousandths > 0)
        });
        // Of equal weights, the first is preferred.
        let best = preferences.reduce(|best, other| if other.1 > best.1 { other } else { best });
        best.map(|(language, _)| language)
    }

    /// Returns the code (ISO 639-1), such as `es`.
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// Returns the texts.
    pub const fn texts(self) -> &'static Texts {
        self.texts
    }
}

/// Parses `q=0.8` as 800.
fn weight_in_thousandths(weight: &str) -> Option<u32> {
    let number = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_valid = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let whole: u32 = whole.parse().ok().filter(|whole| is_valid && *whole <= 1)?;
    Some(whole * 1_000 + format!("{fraction:0<3}").parse::<u32>().ok()?)
}

impl Default for Language {
    fn default() -> Self {
        Self { code: Texts::default_language_id(), texts: &ENGLISH }
    }
}

impl From<Language> for Option<LanguageCode> {
    fn from(language: Language) -> Self {
        language.code.parse().ok()
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Language {}

impl fmt::Debug for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Language({})", self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(header: &str) -> Option<&'static str> {
        Language::negotiate(header).map(Language::code)
    }

    #[test]
    fn english_comes_first_and_every_file_is_a_language() {
        let codes: Vec<_> = Language::all().map(Language::code).collect();
        assert_eq!(codes, ["en", "es"]);
        assert_eq!(Language::default(), Language::find("en-GB").unwrap());
    }

    #[test]
    fn the_preference_with_the_highest_weight_that_has_texts_wins() {
        assert_eq!(negotiated("es-MX,es;q=0.9,en;q=0.8"), Some("es"));
        assert_eq!(negotiated("de-DE, en;q=0.3, ES;q=0.75"), Some("es"));
        assert_eq!(negotiated("en;q=0.5,es;q=0.5"), Some("en"));
        assert_eq!(negotiated("es;q=0,en;q=0.001"), Some("en"));
        assert_eq!(negotiated("de, fr;q=0.9"), None);
        assert_eq!(negotiated("es;q=2, es;q=0.12345, *;q=0.5, ;;,"), None);
    }

    #[test]
    fn arguments_are_not_isolated_by_marks() {
        for language in Language::all() {
            let title = language.texts().payment_title("REF001").to_string();
            assert!(title.ends_with(" REF001"), "{title:?}");
        }
    }
}
