//! Crockford base32: digits and capital letters without I, L, O and U.

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BITS_PER_CHARACTER: usize = 5;

/// Encodes the first `5 * N` bits, most significant bit first. Missing bits are zero.
pub fn encode<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let byte = |index: usize| bytes.get(index).copied().unwrap_or_default();
    std::array::from_fn(|position| {
        let bit = position * BITS_PER_CHARACTER;
        let window = u16::from_be_bytes([byte(bit / 8), byte(bit / 8 + 1)]);
        let value = usize::from((window >> (11 - bit % 8)) & 0b1_1111);
        ALPHABET.get(value).copied().unwrap_or_default()
    })
}

/// Returns whether every byte is a character of the alphabet.
pub fn is_base32(text: &[u8]) -> bool {
    text.iter().all(|character| ALPHABET.contains(character))
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
        assert!(is_base32(ALPHABET));
        for character in *b"ILOUilou-_ " {
            assert!(!is_base32(&[character]));
        }
    }
}
