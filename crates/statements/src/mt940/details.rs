//! Field `:86:` of MT940: the details of an entry, in one of three notations.
//!
//! - German: a code of three digits, then subfields `?20` … `?63`, with SEPA keywords such as `SVWZ+`.
//! - SWIFT: codewords between slashes, such as `/EREF/…/REMI/USTD//…`.
//! - Free text.

use std::ops::Range;

use super::is_iban;
use crate::Remittance;
use crate::camt::{account_number, bank_id, non_empty};
use crate::emit::DraftLine;

/// The keywords in the texts of the German notation.
const KEYWORDS: [&str; 12] = [
    "EREF+", "KREF+", "MREF+", "CRED+", "DEBT+", "SVWZ+", "ABWA+", "ABWE+", "PURP+", "IBAN+", "COAM+",
    "OAMT+",
];
/// The codewords of the SWIFT notation.
const CODEWORDS: [&str; 20] = [
    "CNTP", "EREF", "PREF", "REMI", "NAME", "IBAN", "BIC", "ORDP", "BENM", "ACC", "TRTP", "CSID", "MARF",
    "RTRN", "CHGS", "OCMT", "PURP", "ULTD", "ULTC", "ISDT",
];

/// Adds the details to a line.
pub(super) fn apply_details(details: &str, line: &mut DraftLine) {
    let text = CutText::join(details.split('\n'));
    if let Some(separator) = german_separator(&text.joined) {
        apply_german(&text.joined, separator, line);
    } else if text.joined.starts_with('/') && next_codeword(&text.joined).is_some() {
        apply_swift(&text, line);
    } else {
        line.remittance.texts.extend(details.split('\n').filter_map(non_empty));
    }
}

/// A text that the bank has cut into pieces. A space at a cut may be lost, so a word can begin there.
struct CutText {
    joined: String,
    /// The positions of the cuts.
    cuts: Vec<usize>,
}

impl CutText {
    fn join<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Self {
        let mut text = Self { joined: String::new(), cuts: Vec::new() };
        for piece in pieces {
            text.cuts.push(text.joined.len());
            text.joined.push_str(piece);
        }
        text
    }

    /// Returns the pieces of a part of the text, without the space around the part.
    fn pieces(&self, part: Range<usize>) -> Vec<String> {
        let untrimmed = self.joined.get(part.clone()).unwrap_or_default();
        let mut start = part.start + untrimmed.len() - untrimmed.trim_start().len();
        let end = start + untrimmed.trim().len();
        let inner = self.cuts.iter().copied().filter(|cut| (start + 1..end).contains(cut));
        let ends: Vec<usize> = inner.chain([end]).collect();
        let mut pieces = Vec::new();
        for end in ends {
            pieces.extend(self.joined.get(start..end).filter(|piece| !piece.is_empty()).map(str::to_owned));
            start = end;
        }
        pieces
    }
}

/// Returns the separator of subfields: the character after the code of three digits, before two digits.
fn german_separator(text: &str) -> Option<char> {
    let (code, rest) = text.split_at_checked(3)?;
    let mut chars = rest.chars();
    let separator = chars.next().filter(|char| !char.is_alphanumeric() && *char != ' ')?;
    let is_digit = |char: Option<char>| char.is_some_and(|char| char.is_ascii_digit());
    let is_code = code.bytes().all(|byte| byte.is_ascii_digit());
    (is_code && is_digit(chars.next()) && is_digit(chars.next())).then_some(separator)
}

fn apply_german(text: &str, separator: char, line: &mut DraftLine) {
    let mut texts: Vec<String> = Vec::new();
    let mut name = String::new();
    for subfield in subfields(text, separator) {
        let Some((number, value)) = subfield.split_at_checked(2) else { continue };
        match number {
            "20" | "21" | "22" | "23" | "24" | "25" | "26" | "27" | "28" | "29" | "60" | "61" | "62"
            | "63"
                if !value.trim().is_empty() =>
            {
                texts.push(value.to_owned());
            }
            "31" => line.counterparty.account = non_empty(&account_number(value)),
            "32" | "33" => name.push_str(value),
            _ => {}
        }
    }
    line.counterparty.name = non_empty(&name);
    let text = CutText::join(texts.iter().map(String::as_str));
    if next_keyword(&text.joined).is_none() {
        line.remittance.texts = texts;
        return;
    }
    apply_keywords(&text, line);
}

/// Splits a text at each separator that two digits follow.
fn subfields(text: &str, separator: char) -> Vec<&str> {
    let is_start = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_digit).count() == 2;
    let mut starts = text.match_indices(separator).filter_map(|(index, found)| {
        let start = index + found.len();
        text.get(start..).filter(|rest| is_start(rest)).map(|_| (index, start))
    });
    let Some((_, mut start)) = starts.next() else { return Vec::new() };
    let mut subfields = Vec::new();
    for (end, next) in starts {
        subfields.extend(text.get(start..end));
        start = next;
    }
    subfields.extend(text.get(start..));
    subfields
}

fn apply_keywords(text: &CutText, line: &mut DraftLine) {
    let mut rest = text.joined.as_str();
    // Text before the first keyword is free text.
    let mut keyword = "SVWZ+";
    loop {
        let next = next_keyword(rest);
        let (value, after) = match next {
            Some((index, found)) => {
                let (value, found_rest) = rest.split_at_checked(index).unwrap_or((rest, ""));
                (value, found_rest.strip_prefix(found).unwrap_or_default())
            }
            None => (rest, ""),
        };
        match keyword {
            "SVWZ+" => {
                let start = text.joined.len() - rest.len();
                line.remittance.texts.extend(text.pieces(start..start + value.len()));
            }
            "EREF+" => line.remittance.end_to_end_id = bank_id(value),
            "IBAN+" => line.counterparty.account = non_empty(&account_number(value)),
            _ => {}
        }
        match next {
            Some((_, found)) => (keyword, rest) = (found, after),
            None => return,
        }
    }
}

/// Returns the next keyword and its position.
fn next_keyword(text: &str) -> Option<(usize, &'static str)> {
    text.match_indices('+').find_map(|(index, plus)| {
        let end = index + plus.len();
        let before = text.get(..end)?;
        let found = KEYWORDS.into_iter().find(|keyword| before.ends_with(keyword))?;
        Some((end - found.len(), found))
    })
}

fn apply_swift(text: &CutText, line: &mut DraftLine) {
    let mut rest = text.joined.as_str();
    while let Some((start, codeword)) = next_codeword(rest) {
        let value_start = start + codeword.len() + 2;
        let after = rest.get(value_start..).unwrap_or_default();
        // The slash before a codeword may also end the value of its predecessor.
        let scan = rest.get(value_start.saturating_sub(1)..).unwrap_or_default();
        let end = next_codeword(scan).map_or(after.len(), |(index, _)| index.saturating_sub(1));
        let value = after.get(..end).unwrap_or(after).trim_end_matches('/');
        let start = text.joined.len() - after.len();
        match codeword {
            "REMI" => apply_remittance(text, start..start + value.len(), &mut line.remittance),
            _ => apply_codeword(codeword, value, line),
        }
        rest = scan;
    }
}

fn apply_codeword(codeword: &str, value: &str, line: &mut DraftLine) {
    match codeword {
        "EREF" => line.remittance.end_to_end_id = bank_id(value),
        "NAME" => line.counterparty.name = non_empty(value),
        "IBAN" | "ACC" => line.counterparty.account = non_empty(&account_number(value)),
        "ORDP" | "BENM" if is_iban(value.trim_matches('/')) => {
            line.counterparty.account = non_empty(value.trim_matches('/'));
        }
        "CNTP" => {
            // Account, BIC, name and town of the counterparty, each between slashes.
            let mut fields = value.split('/').map(non_empty);
            line.counterparty.account = fields.next().flatten().map(|account| account_number(&account));
            line.counterparty.name = fields.nth(1).flatten();
        }
        "RTRN" => line.is_reversal = true,
        _ => {}
    }
}

/// Adds the value of `REMI`: `USTD//text` is free text, `STRD/CUR/reference` a creditor reference.
fn apply_remittance(text: &CutText, part: Range<usize>, remittance: &mut Remittance) {
    let value = text.joined.get(part.clone()).unwrap_or_default();
    if let Some(reference) = value.strip_prefix("STRD/") {
        let reference = reference.rsplit('/').find(|part| !part.is_empty());
        remittance.creditor_references.extend(reference.and_then(non_empty));
        return;
    }
    let free = value.strip_prefix("USTD//").unwrap_or(value);
    remittance.texts.extend(text.pieces(part.end - free.len()..part.end));
}

/// Returns the next codeword between slashes, and the position of its first slash.
fn next_codeword(text: &str) -> Option<(usize, &'static str)> {
    text.match_indices('/').find_map(|(index, _)| {
        let rest = text.get(index + 1..)?;
        let found = CODEWORDS
            .into_iter()
            .find(|codeword| rest.strip_prefix(codeword).is_some_and(|rest| rest.starts_with('/')));
        found.map(|codeword| (index, codeword))
    })
}
