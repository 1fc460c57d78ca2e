//! `--deep`: compares each payment and each receipt with its last audit row, each payment with its allocations, and the
//! stored totals with payments and receipts.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use hermes_domain::ledger::{Totals, verify_against_audit};
use hermes_domain::money::Money;
use hermes_domain::payment::{Payment, Reference};
use hermes_domain::ports::PaymentReader;
use hermes_domain::receipt::Receipt;
use hermes_repository::{AuditedPayment, AuditedReceipt, SqlPaymentReader};

/// Receives one line for people.
pub type Report<'a> = &'a mut (dyn FnMut(&str) -> Result<()> + Send);

/// Reports each difference and a summary, and returns whether there is no difference.
///
/// # Errors
/// If the database cannot be read, or `report` fails.
pub async fn verify(reader: &SqlPaymentReader, report: Report<'_>) -> Result<bool> {
    // Read the head first: payments booked during the verification are compared but not counted.
    let head = reader.head().await?;
    let next_reference = head.next_reference;
    let stored_totals = reader.totals().await?;
    let mut payments = verify_payments(reader, next_reference, report).await?;
    let counts = (head.next_receipt, head.next_refund);
    let receipts = verify_receipts(reader, counts, &mut payments.totals, report).await?;
    let missing = (next_reference - 1).saturating_sub(payments.counted);
    if missing != 0 {
        report(&format!("{missing} of {} booked payments are missing", next_reference - 1))?;
    }
    // Totals and payments can only be compared if no batch was committed in between.
    let is_unchanged = reader.head().await?.id() == stored_totals.head;
    let wrong = if is_unchanged { payments.totals.differing(&stored_totals.value) } else { Vec::new() };
    for currency in &wrong {
        report(&format!("the stored totals of {currency} do not match its payments and receipts"))?;
    }
    if !is_unchanged {
        report("the totals were not compared, because the ledger changed during the verification")?;
    }
    let compared = payments.compared;
    report(&match payments.differing {
        0 => format!("{compared} payments match their last audit rows and their allocations"),
        differing => {
            format!(
                "{differing} of {compared} payments differ from their last audit rows or their allocations"
            )
        }
    })?;
    Ok(payments.differing == 0 && missing == 0 && receipts.is_intact() && wrong.is_empty())
}

/// Counts of compared receipts.
#[derive(Default)]
struct VerifiedReceipts {
    compared: u64,
    differing: u64,
    missing: i64,
    missing_refunds: i64,
}

impl VerifiedReceipts {
    const fn is_intact(&self) -> bool {
        self.differing == 0 && self.missing == 0 && self.missing_refunds == 0
    }
}

/// Compares all receipts with the log and adds them to the totals. `next` has the next receipt and the next refund of the
/// head: later ones are compared but not counted.
async fn verify_receipts(
    reader: &SqlPaymentReader,
    next: (i64, i64),
    totals: &mut RecomputedTotals,
    report: Report<'_>,
) -> Result<VerifiedReceipts> {
    let mut verified =
        VerifiedReceipts { missing: next.0 - 1, missing_refunds: next.1 - 1, ..VerifiedReceipts::default() };
    let mut last = 0;
    loop {
        let page = reader.audited_receipts_after(last).await?;
        let Some(end) = page.last() else { break };
        last = end.seq;
        for audited in &page {
            verified.compared += 1;
            verified.missing -= i64::from(audited.seq < next.0);
            if let Ok(receipt) = &audited.receipt {
                let is_counted = |number: i64| i64::from(number < next.1);
                let refunds = receipt.refunds.iter().map(|refund| is_counted(refund.number.sequence()));
                verified.missing_refunds -= refunds.sum::<i64>();
                totals.add_receipt(receipt)?;
            }
            if let Some(difference) = receipt_difference(audited) {
                verified.differing += 1;
                report(&format!("receipt {}: {difference}", audited.number))?;
            }
        }
    }
    report_receipts(&verified, next, report)?;
    Ok(verified)
}

fn report_receipts(verified: &VerifiedReceipts, next: (i64, i64), report: Report<'_>) -> Result<()> {
    let missing =
        [(verified.missing, next.0, "recorded receipts"), (verified.missing_refunds, next.1, "refunds")];
    for (missing, next, name) in missing {
        if missing != 0 {
            report(&format!("{missing} of {} {name} are missing", next - 1))?;
        }
    }
    match (verified.compared, verified.differing) {
        (0, _) => Ok(()),
        (compared, 0) => report(&format!("{compared} receipts match their last audit rows")),
        (compared, differing) => {
            report(&format!("{differing} of {compared} receipts differ from their last audit rows"))
        }
    }
}

fn receipt_difference(audited: &AuditedReceipt) -> Option<String> {
    match &audited.receipt {
        Ok(receipt) => {
            verify_against_audit(receipt, audited.last.as_ref()).err().map(|error| error.to_string())
        }
        Err(error) => Some(error.to_string()),
    }
}

/// Counts of compared payments, and the totals recomputed from them.
#[derive(Default)]
struct Verified {
    compared: u64,
    /// Payments that were booked before the verification.
    counted: i64,
    differing: u64,
    totals: RecomputedTotals,
}

async fn verify_payments(
    reader: &SqlPaymentReader,
    next_reference: i64,
    report: Report<'_>,
) -> Result<Verified> {
    let mut verified = Verified::default();
    let mut last = None;
    loop {
        let page = reader.audited_after(last).await?;
        let Some(end) = page.last() else { return Ok(verified) };
        last = Some(end.id);
        for audited in &page {
            verified.compared += 1;
            verified.counted += i64::from(is_counted(audited, next_reference));
            if let Ok(payment) = &audited.payment {
                verified.totals.add(payment)?;
            }
            if let Some(difference) = difference(audited) {
                verified.differing += 1;
                report(&format!("payment {}: {difference}", audited.reference))?;
            }
        }
    }
}

fn is_counted(audited: &AuditedPayment, next_reference: i64) -> bool {
    Reference::parse(&audited.reference).is_ok_and(|reference| reference.number() < next_reference)
}

/// Returns the first difference between a payment, its last audit row and its allocations.
fn difference(audited: &AuditedPayment) -> Option<String> {
    match &audited.payment {
        Ok(payment) => match verify_against_audit(payment, audited.last.as_ref()) {
            Ok(()) if payment.details.email_key() != audited.email_key => {
                Some("its email_key does not match its e-mail address".to_owned())
            }
            Ok(()) => allocation_difference(payment, audited.allocated),
            Err(mismatch) => Some(mismatch.to_string()),
        },
        Err(error) => Some(error.to_string()),
    }
}

fn allocation_difference(payment: &Payment, allocated: Option<i64>) -> Option<String> {
    let (received, currency) = (payment.amount_received, payment.amount.currency());
    if allocated == Some(received.minor()) {
        return None;
    }
    let allocated = allocated.map_or("more than 64 bits can hold".to_owned(), |minor| {
        Money::from_minor(minor, currency).to_string()
    });
    Some(format!(
        "{received} {currency} are recorded as received, but its allocations add up to {allocated} {currency}"
    ))
}

/// The totals of each currency, recomputed from the payments and receipts.
#[derive(Debug, Default)]
struct RecomputedTotals(BTreeMap<&'static str, Totals>);

impl RecomputedTotals {
    fn add(&mut self, payment: &Payment) -> Result<()> {
        let currency = payment.amount.currency();
        let totals = self.0.entry(currency.code()).or_insert_with(|| Totals::empty(currency));
        *totals = totals.after_change(None, payment).context("the totals exceed the supported range")?;
        Ok(())
    }

    fn add_receipt(&mut self, receipt: &Receipt) -> Result<()> {
        let currency = receipt.amount.currency();
        let totals = self.0.entry(currency.code()).or_insert_with(|| Totals::empty(currency));
        *totals = totals.after_receipt(None, receipt).context("the totals exceed the supported range")?;
        Ok(())
    }

    /// Returns the currencies whose stored totals differ.
    fn differing(&self, stored: &[Totals]) -> Vec<&'static str> {
        let mut recomputed = self.0.clone();
        let differs = |stored: &&Totals| {
            let empty = Totals::empty(stored.currency);
            recomputed.remove(stored.currency.code()).unwrap_or(empty) != **stored
        };
        let mut differing: Vec<_> =
            stored.iter().filter(differs).map(|stored| stored.currency.code()).collect();
        differing.extend(recomputed.into_keys());
        differing
    }
}
