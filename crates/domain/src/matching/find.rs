//! The criteria, applied to one line.

use super::combination::{MAX_CANDIDATES, combinations};
use super::mention::{Letters, Mention};
use super::repair::{Repair, repairs};
use super::{
    Certainty, CreditLine, Evidence, Finding, IndexedPayment, MAX_PARTS, MAX_PROPOSALS, Match, MatchedPart,
    PaymentIndex, TextSource,
};
use crate::money::Money;
use crate::payment::Reference;

/// Finds the payments that a line can pay.
pub fn find(line: &CreditLine, index: &PaymentIndex) -> Finding {
    let texts: Vec<(TextSource, Letters)> =
        line.texts.iter().map(|text| (text.source, Letters::new(text))).collect();
    let search = Search { line, index, texts };
    let mut finding = Finding::default();
    let named = search.named(&mut finding.hints);
    finding.matches = match named.as_slice() {
        [] => search.by_repair(),
        [only] => search.by_reference(only),
        several if several.len() <= MAX_PARTS => search.by_references(several),
        many => {
            finding.hints.push(Evidence::TooManyPayments { payments: many.len() });
            return finding;
        }
    };
    if finding.matches.is_empty() && finding.hints.is_empty() {
        finding.matches = search.by_name();
    }
    // The text names a payment that cannot be paid. Unless the others need exactly the amount, a person decides which
    // payments the money is for.
    if !finding.hints.is_empty() && !search.is_exact(&named) {
        finding.matches.iter_mut().for_each(|proposal| proposal.is_doubtful = true);
    }
    finding.matches.sort_by_key(|proposal| std::cmp::Reverse(proposal.certainty));
    finding.matches.truncate(MAX_PROPOSALS);
    finding
}

/// Returns every reference that the texts of a line contain, known or not.
pub fn mentioned_references(line: &CreditLine) -> Vec<Reference> {
    let mentions = line.texts.iter().flat_map(|text| Letters::new(text).mentions());
    mentions.map(|mention| mention.reference).collect()
}

/// A live payment that the texts name.
struct Named<'a> {
    payment: &'a IndexedPayment,
    source: TextSource,
    is_checked: bool,
}

struct Search<'a> {
    line: &'a CreditLine,
    index: &'a PaymentIndex,
    texts: Vec<(TextSource, Letters)>,
}

impl<'a> Search<'a> {
    /// Returns the payments that the texts name, each once, with the most certain mention.
    fn named(&self, hints: &mut Vec<Evidence>) -> Vec<Named<'a>> {
        let mut named: Vec<Named<'a>> = Vec::new();
        for (source, letters) in &self.texts {
            for mention in self.readings(letters.mentions()) {
                let reference = mention.reference;
                let Some(payment) = self.index.get(reference) else { continue };
                if payment.outstanding.currency() != self.line.amount.currency() {
                    let hint = Evidence::OtherCurrency { reference, outstanding: payment.outstanding };
                    push_once(hints, hint);
                } else if payment.is_cancelled {
                    push_once(hints, Evidence::Cancelled { reference });
                } else if let Some(known) =
                    named.iter_mut().find(|known| known.payment.reference == reference)
                {
                    if mention.is_checked && !known.is_checked {
                        *known = Named { payment, source: *source, is_checked: true };
                    }
                } else {
                    named.push(Named { payment, source: *source, is_checked: mention.is_checked });
                }
            }
        }
        named
    }

    /// Returns whether the payments need exactly the amount of the line.
    fn is_exact(&self, named: &[Named<'a>]) -> bool {
        let payments: Vec<&IndexedPayment> = named.iter().map(|named| named.payment).collect();
        sum_outstanding(&payments, self.line.amount) == Some(self.line.amount)
    }

    /// Decides between readings that overlap: known payments before unknown ones, then the exact amount.
    fn readings(&self, mentions: Vec<Mention>) -> Vec<Mention> {
        let known = mentions.into_iter().filter(|mention| self.index.contains(mention.reference));
        let mut chosen: Vec<Mention> = Vec::new();
        for mention in known {
            let rival =
                chosen.iter_mut().find(|rival| mention.start < rival.end && rival.start < mention.end);
            match rival {
                None => chosen.push(mention),
                Some(rival) if rank(self, &mention) > rank(self, rival) => *rival = mention,
                Some(_) => {}
            }
        }
        chosen
    }

    /// Criteria 1 and 2: the line names one payment.
    fn by_reference(&self, named: &Named<'a>) -> Vec<Match> {
        let payment = named.payment;
        let mut proposal = self.single(payment, named.certainty(), vec![named.evidence()]);
        let rivals = if named.is_checked { Vec::new() } else { self.rivals(payment) };
        proposal.is_doubtful = !rivals.is_empty();
        let mut matches = vec![proposal];
        for (source, repair) in rivals {
            let Some(rival) = self.index.get(repair.reference) else { continue };
            let doubt = Evidence::Rival { named: payment.reference, rival: repair.reference };
            matches.push(self.single(rival, Certainty::Repaired, vec![repaired(source, repair), doubt]));
        }
        matches
    }

    /// Returns the payments that the payer of a `REFnnn` without check digits meant instead, judged by the amount.
    fn rivals(&self, named: &IndexedPayment) -> Vec<(TextSource, Repair)> {
        if named.outstanding == self.line.amount {
            return Vec::new();
        }
        let mut rivals = self.repaired();
        rivals.retain(|(_, repair)| repair.reference != named.reference);
        // A payer with the name in the booking can have meant only another booking with this name.
        let payer = self.line.payer_name.as_deref().unwrap_or_default();
        if self.index.has_name(named.reference, payer) {
            rivals.retain(|(_, repair)| self.index.has_name(repair.reference, payer));
        }
        rivals
    }

    /// Criteria 1 and 2: the line names several payments.
    fn by_references(&self, named: &[Named<'a>]) -> Vec<Match> {
        let payments: Vec<&IndexedPayment> = named.iter().map(|named| named.payment).collect();
        let certainty = named.iter().map(Named::certainty).min().unwrap_or(Certainty::Reference);
        let evidence = named.iter().map(Named::evidence).collect();
        let Some(sum) = sum_outstanding(&payments, self.line.amount) else { return Vec::new() };
        let is_exact =
            sum == self.line.amount && payments.iter().all(|payment| !payment.outstanding.is_zero());
        let mut together = Match {
            certainty,
            parts: distribute(&payments, self.line.amount),
            evidence,
            is_doubtful: !is_exact,
        };
        let payments_count = payments.len();
        together.evidence.push(if is_exact {
            Evidence::SumEqual { payments: payments_count, sum }
        } else {
            Evidence::SumDiffers { payments: payments_count, sum }
        });
        let mut matches = vec![together];
        if !is_exact {
            let equal = named.iter().filter(|named| named.payment.outstanding == self.line.amount);
            matches.extend(
                equal.map(|named| self.single(named.payment, named.certainty(), vec![named.evidence()])),
            );
        }
        matches
    }

    /// Criterion 3: a mistyped reference and the exact amount.
    fn by_repair(&self) -> Vec<Match> {
        let repaired_texts = self.repaired().into_iter();
        repaired_texts
            .filter_map(|(source, repair)| {
                let payment = self.index.get(repair.reference)?;
                Some(self.single(payment, Certainty::Repaired, vec![repaired(source, repair)]))
            })
            .collect()
    }

    /// Returns the repairs of all texts that name an open payment with the exact amount, each payment once.
    fn repaired(&self) -> Vec<(TextSource, Repair)> {
        let mut found: Vec<(TextSource, Repair)> = Vec::new();
        for (source, letters) in &self.texts {
            let of_text = repairs(letters, |reference| {
                let payment = self.index.get(reference);
                payment.is_some_and(|payment| {
                    payment.is_open_in(self.line.amount) && payment.outstanding == self.line.amount
                })
            });
            for repair in of_text {
                if found.iter().all(|(_, known)| known.reference != repair.reference) {
                    found.push((*source, repair));
                }
            }
        }
        found
    }

    /// Criterion 4: the payer's name, the date and the exact amount, of one payment or of several together.
    fn by_name(&self) -> Vec<Match> {
        let Some(name) = &self.line.payer_name else { return Vec::new() };
        let mut open = self.index.open_of(name, self.line.amount);
        open.retain(|payment| payment.booked_on <= self.line.booking_date);
        let exact = open.iter().filter(|payment| payment.outstanding == self.line.amount);
        let singles: Vec<Match> = exact
            .take(MAX_PROPOSALS)
            .map(|payment| self.single(payment, Certainty::AmountAndName, Vec::new()))
            .collect();
        if !singles.is_empty() {
            return singles;
        }
        open.truncate(MAX_CANDIDATES);
        let amounts: Vec<i64> = open.iter().map(|payment| payment.outstanding.minor()).collect();
        let sets = combinations(&amounts, self.line.amount.minor(), MAX_PROPOSALS);
        sets.into_iter().map(|set| self.together(&open, &set)).collect()
    }

    /// Creates the proposal to allocate the whole amount to one payment.
    fn single(&self, payment: &IndexedPayment, certainty: Certainty, mut evidence: Vec<Evidence>) -> Match {
        let reference = payment.reference;
        evidence.push(amount_evidence(self.line.amount, payment));
        evidence.extend(self.circumstances(payment));
        let part = MatchedPart { reference, amount: self.line.amount };
        Match { certainty, parts: vec![part], evidence, is_doubtful: false }
    }

    /// Creates the proposal to allocate the amount to several payments of the payer.
    fn together(&self, open: &[&IndexedPayment], set: &[usize]) -> Match {
        let payments: Vec<&IndexedPayment> =
            set.iter().filter_map(|index| open.get(*index).copied()).collect();
        let mut evidence = vec![Evidence::SumEqual { payments: payments.len(), sum: self.line.amount }];
        evidence.extend(payments.iter().flat_map(|payment| self.circumstances(payment)));
        let parts = distribute(&payments, self.line.amount);
        Match { certainty: Certainty::AmountAndName, parts, evidence, is_doubtful: false }
    }

    /// Returns the evidence of the name and the date.
    fn circumstances(&self, payment: &IndexedPayment) -> Vec<Evidence> {
        let reference = payment.reference;
        let name = self.line.payer_name.as_ref();
        let has_name = name.is_some_and(|name| self.index.has_name(reference, name));
        let days = self.line.booking_date.signed_duration_since(payment.booked_on).num_days();
        let booked = Evidence::BookedBefore { reference, booked_on: payment.booked_on, days };
        let name = has_name.then_some(Evidence::NameEqual { reference });
        name.into_iter().chain((days >= 0).then_some(booked)).collect()
    }
}

impl Named<'_> {
    const fn certainty(&self) -> Certainty {
        if self.is_checked { Certainty::CreditorReference } else { Certainty::Reference }
    }

    const fn evidence(&self) -> Evidence {
        let (reference, source) = (self.payment.reference, self.source);
        if self.is_checked {
            Evidence::CreditorReference { reference, source }
        } else {
            Evidence::Reference { reference, source }
        }
    }
}

/// Ranks readings of the same characters: check digits, then the exact amount, then the longer reading.
fn rank(search: &Search<'_>, mention: &Mention) -> (bool, bool, usize) {
    let payment = search.index.get(mention.reference);
    let is_exact = payment.is_some_and(|payment| payment.outstanding == search.line.amount);
    (mention.is_checked, is_exact, mention.end - mention.start)
}

fn push_once(hints: &mut Vec<Evidence>, hint: Evidence) {
    if !hints.contains(&hint) {
        hints.push(hint);
    }
}

fn repaired(source: TextSource, repair: Repair) -> Evidence {
    let Repair { reference, written, meant } = repair;
    Evidence::Repaired { reference, source, written, meant }
}

fn amount_evidence(amount: Money, payment: &IndexedPayment) -> Evidence {
    let (reference, outstanding) = (payment.reference, payment.outstanding);
    match amount.minor().cmp(&outstanding.minor()) {
        std::cmp::Ordering::Less => Evidence::AmountBelow { reference, outstanding },
        std::cmp::Ordering::Equal => Evidence::AmountEqual { reference, outstanding },
        std::cmp::Ordering::Greater => Evidence::AmountAbove { reference, outstanding },
    }
}

/// Returns the sum of the amounts outstanding, or `None` if it overflows.
fn sum_outstanding(payments: &[&IndexedPayment], amount: Money) -> Option<Money> {
    let mut outstanding = payments.iter().map(|payment| payment.outstanding);
    outstanding.try_fold(Money::zero(amount.currency()), |sum, part| sum.checked_add(part).ok())
}

/// Distributes an amount: each payment gets its amount outstanding while money is left, and the last one the rest.
fn distribute(payments: &[&IndexedPayment], amount: Money) -> Vec<MatchedPart> {
    let mut left = amount.minor();
    let last: Option<Reference> = payments.last().map(|payment| payment.reference);
    let parts = payments.iter().map(|payment| {
        let part = if Some(payment.reference) == last { left } else { left.min(payment.outstanding.minor()) };
        left = left.saturating_sub(part);
        let amount = Money::from_minor(part, amount.currency());
        MatchedPart { reference: payment.reference, amount }
    });
    parts.filter(|part| part.amount.minor() > 0).collect()
}
