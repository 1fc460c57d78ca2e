//! Crockford base32: digits and capital letters without I, L, O and U.

use std::sync::LazyLock;

use data_encoding::{BASE32_NOPAD, Encoding, Specification};

const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str(ALPHABET);
    // The alphabet is constant and valid.
    specification.encoding().unwrap_or(BASE32_NOPAD)
});

/// Encodes bytes as `N` characters of 5 bits each, most significant bit first. Bits that are missing are zero; more are
/// ignored.
pub(super) fn encode<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let text = CROCKFORD.encode(bytes);
    let mut characters = [b'0'; N];
    for (character, encoded) in characters.iter_mut().zip(text.into_bytes()) {
        *character = encoded;
    }
    characters
}

/// Returns whether every byte is a character of the alphabet.
pub(super) fn is_base32(text: &[u8]) -> bool {
    text.iter().all(|character| ALPHABET.as_bytes().contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_taken_from_the_most_significant_one() {
        assert_eq!(&encode::<8>(&[0, 0x44, 0x32, 0x14, 0xC7]), b"01234567");
        assert_eq!(&encode::<2>(&[0xFF]), b"ZW");
        assert_eq!(&encode::<4>(&[]), b"0000");
    }

    #[test]
    fn the_alphabet_has_no_letter_that_looks_like_a_digit() {
        assert!(is_base32(ALPHABET.as_bytes()));
        for character in *b"ILOUilou-_ " {
            assert!(!is_base32(&[character]));
        }
    }
}
