//! The institution's accent colour, which must be readable.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The least contrast of text (WCAG 2.2, success criterion 1.4.3), times 10.
const CONTRAST_MIN_TENTHS: u64 = 45;

/// The colour of links and buttons, readable on white and under white text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccentColor([u8; 3]);

/// Why a text is no accent colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidAccentColor {
    /// The text is not a colour.
    #[error("must be a colour such as #1d4f91")]
    Malformed,
    /// The colour has too little contrast with white.
    #[error("is too light: text in this colour on white has a contrast below 4.5 to 1")]
    TooLight,
}

impl FromStr for AccentColor {
    type Err = InvalidAccentColor;

    fn from_str(text: &str) -> Result<Self, InvalidAccentColor> {
        let digits = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let [_, red, green, blue] = number.ok_or(InvalidAccentColor::Malformed)?.to_be_bytes();
        let color = Self([red, green, blue]);
        // The contrast with white is (1 + 0.05) / (luminance + 0.05).
        let darkened = color.luminance() + LUMINANCE_ONE / 20;
        if (LUMINANCE_ONE + LUMINANCE_ONE / 20) * 10 >= darkened * CONTRAST_MIN_TENTHS {
            Ok(color)
        } else {
            Err(InvalidAccentColor::TooLight)
        }
    }
}

/// The luminance of white.
const LUMINANCE_ONE: u64 = 1_000_000;

impl AccentColor {
    /// Returns the relative luminance (WCAG 2.2) in parts of [`LUMINANCE_ONE`].
    fn luminance(self) -> u64 {
        let Self([red, green, blue]) = self;
        (2_126 * linear(red) + 7_152 * linear(green) + 722 * linear(blue)) / 10_000
    }
}

/// Returns the linear intensity of an sRGB component in parts of [`LUMINANCE_ONE`].
#[expect(clippy::float_arithmetic, clippy::as_conversions, reason = "a colour is not an amount")]
fn linear(component: u8) -> u64 {
    let share = f64::from(component) / 255.0;
    let linear = if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) };
    (linear * 1e6).round() as u64
}

impl fmt::Display for AccentColor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([red, green, blue]) = self;
        write!(formatter, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readable_colour_is_accepted() {
        for text in ["#1d4f91", "#000000", "#767676"] {
            assert_eq!(text.parse::<AccentColor>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_light_colour_and_other_texts_are_rejected() {
        for text in ["#777777", "#ffffff", "#8fbcff"] {
            assert_eq!(text.parse::<AccentColor>(), Err(InvalidAccentColor::TooLight), "{text}");
        }
        for text in ["", "blue", "#12345", "1d4f91", "#+12345", "#1d4f911"] {
            assert_eq!(text.parse::<AccentColor>(), Err(InvalidAccentColor::Malformed), "{text}");
        }
    }
}
