//! Several transfers that pay one payment together.

use std::collections::BTreeMap;

use super::combination::{MAX_CANDIDATES, combinations};
use super::name::words;
use super::{Certainty, CreditLine, Evidence, Match, MatchedPart, PaymentIndex};

/// Searches among lines without a match for transfers of one payer that add up to an amount outstanding.
///
/// Returns a proposal for each line that takes part, with the index of the line. A payment whose transfers can be chosen
/// in several ways gets no proposal.
pub fn find_splits(lines: &[CreditLine], index: &PaymentIndex) -> Vec<(usize, Match)> {
    let mut by_payer: BTreeMap<(Vec<String>, &str), Vec<usize>> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        let name = line.payer_name.as_deref().map(words).filter(|words| !words.is_empty());
        if let Some(name) = name {
            by_payer.entry((name, line.amount.currency().code())).or_default().push(number);
        }
    }
    let groups = by_payer.into_values().filter(|numbers| numbers.len() >= 2);
    groups.flat_map(|numbers| splits_of_payer(&numbers, lines, index)).collect()
}

fn splits_of_payer(numbers: &[usize], lines: &[CreditLine], index: &PaymentIndex) -> Vec<(usize, Match)> {
    let transfers: Vec<(usize, &CreditLine)> = numbers
        .iter()
        .filter_map(|number| Some((*number, lines.get(*number)?)))
        .take(MAX_CANDIDATES)
        .collect();
    let Some((_, first)) = transfers.first() else { return Vec::new() };
    let amounts: Vec<i64> = transfers.iter().map(|(_, line)| line.amount.minor()).collect();
    let name = first.payer_name.as_deref().unwrap_or_default();
    let mut found = Vec::new();
    for payment in index.open_of(name, first.amount).into_iter().take(MAX_CANDIDATES) {
        let sets = combinations(&amounts, payment.outstanding.minor(), 2);
        let [only] = sets.as_slice() else { continue };
        let evidence = vec![
            Evidence::PartOfPayment {
                reference: payment.reference,
                transfers: only.len(),
                outstanding: payment.outstanding,
            },
            Evidence::NameEqual { reference: payment.reference },
        ];
        let chosen = only.iter().filter_map(|chosen| transfers.get(*chosen));
        found.extend(chosen.map(|(number, line)| {
            let part = MatchedPart { reference: payment.reference, amount: line.amount };
            let proposal = Match {
                certainty: Certainty::AmountAndName,
                parts: vec![part],
                evidence: evidence.clone(),
                is_doubtful: false,
            };
            (*number, proposal)
        }));
    }
    found
}
