//! Texts as banks transport them: the characters of SEPA, cut to length.

/// The characters that SEPA transports, except `/` and `+`, which separate codewords and keywords in MT940.
const PUNCTUATION: &str = "-?().,' ";

/// Replaces every other character by a point, and cuts to a number of characters.
pub(super) fn bank_text(text: &str, max_chars: usize) -> String {
    let chars = text.chars().take(max_chars);
    let text: String = chars.map(|char| if is_transported(char) { char } else { '.' }).collect();
    let text = text.trim_matches(|char: char| !char.is_ascii_alphanumeric());
    if text.is_empty() { "UNKNOWN".to_owned() } else { text.to_owned() }
}

fn is_transported(char: char) -> bool {
    char.is_ascii_alphanumeric() || PUNCTUATION.contains(char)
}

/// Cuts a text into pieces of a number of characters. ASCII only.
pub(super) fn pieces(text: &str, chars: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((piece, after)) = rest.split_at_checked(chars) {
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// Creates an IBAN with correct check digits (ISO 13616) for a German account.
pub(super) fn iban(bank_code: u64, number: u64) -> String {
    let account = format!("{:08}{:010}", bank_code % 100_000_000, number % 10_000_000_000);
    // `DE00` as digits: D is 13, E is 14.
    let remainder = format!("{account}131400")
        .bytes()
        .fold(0_u32, |remainder, digit| (remainder * 10 + u32::from(digit.saturating_sub(b'0'))) % 97);
    format!("DE{:02}{account}", 98 - remainder)
}
