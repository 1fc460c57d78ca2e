//! Whole numbers in decimal digits.

/// The digits of the largest number, [`u64::MAX`].
const DIGITS_MAX: usize = 20;

/// A whole number in decimal digits, with zeros in front where there are too few.
///
/// The text is made in place: a list of a thousand payments has fifteen thousand numbers, and what `format!` does
/// around one takes ten times as long as the digits.
#[derive(Debug, Clone, Copy)]
pub struct Digits {
    bytes: [u8; DIGITS_MAX],
    start: usize,
}

impl Digits {
    /// The digits of a number, at least as many as asked for, up to 20.
    pub fn of(number: u64, digits_min: usize) -> Self {
        let mut bytes = [b'0'; DIGITS_MAX];
        let written = number.checked_ilog10().map_or(0, |log| usize::try_from(log).unwrap_or_default() + 1);
        let start = DIGITS_MAX.saturating_sub(written.max(digits_min));
        if let Some(digits) = bytes.get_mut(start..) {
            write_digits(number, digits);
        }
        Self { bytes, start }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        // They are ASCII, and the start is not behind the end.
        self.bytes.get(self.start..).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or_default()
    }

    /// The digits before and behind a decimal point that has this many behind it.
    pub fn around_point(&self, decimals: usize) -> (&str, &str) {
        let digits = self.as_str();
        digits.split_at_checked(digits.len().saturating_sub(decimals)).unwrap_or_default()
    }
}

/// Writes the last digits of a number over all bytes, with zeros in front where it has fewer.
pub fn write_digits(number: u64, bytes: &mut [u8]) {
    let mut rest = number;
    for byte in bytes.iter_mut().rev() {
        *byte = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::Digits;

    #[test]
    fn a_number_has_its_digits_and_zeros_in_front() {
        for (number, digits_min, text) in [
            (0, 0, ""),
            (0, 1, "0"),
            (7, 0, "7"),
            (7, 3, "007"),
            (1_234, 3, "1234"),
            (u64::MAX, 1, "18446744073709551615"),
            (1, 20, "00000000000000000001"),
            (1, 99, "00000000000000000001"),
        ] {
            assert_eq!(Digits::of(number, digits_min).as_str(), text);
        }
    }

    #[test]
    fn the_point_is_counted_from_the_end() {
        assert_eq!(Digits::of(123_456, 3).around_point(2), ("1234", "56"));
        assert_eq!(Digits::of(5, 3).around_point(2), ("0", "05"));
        assert_eq!(Digits::of(5, 1).around_point(0), ("5", ""));
        assert_eq!(Digits::of(5, 1).around_point(9), ("", "5"));
    }
}
