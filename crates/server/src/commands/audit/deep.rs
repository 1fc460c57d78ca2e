//! `--deep`: compares each payment with its last audit row, and the stored totals with the payments and receipts.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use hermes_domain::ledger::{Totals, verify_against_audit};
use hermes_domain::payment::{Payment, Reference};
use hermes_domain::ports::{PaymentReader, ReceiptFilter, ReceiptReader, reader_limits};
use hermes_domain::receipt::Receipt;
use hermes_repository::{AuditedPayment, SqlPaymentReader};

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
    let receipts = add_receipts(reader, head.next_receipt, &mut payments.totals).await?;
    let missing_receipts = (head.next_receipt - 1).saturating_sub(receipts);
    if missing_receipts != 0 {
        report(&format!("{missing_receipts} of {} receipts are missing", head.next_receipt - 1))?;
    }
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
        0 => format!("{compared} payments match their last audit rows"),
        differing => format!("{differing} of {compared} payments differ from their last audit rows"),
    })?;
    Ok(payments.differing == 0 && missing == 0 && missing_receipts == 0 && wrong.is_empty())
}

/// Adds all receipts to the totals. Returns the number of receipts before the next one of the head.
async fn add_receipts(
    reader: &SqlPaymentReader,
    next_receipt: i64,
    totals: &mut RecomputedTotals,
) -> Result<i64> {
    let (mut counted, mut before) = (0, None);
    loop {
        let page = reader.list_receipts(&ReceiptFilter::default(), before, reader_limits::PAGE_MAX).await?;
        let Some(last) = page.last() else { return Ok(counted) };
        before = Some(last.number.sequence());
        for receipt in &page {
            counted += i64::from(receipt.number.sequence() < next_receipt);
            totals.add_receipt(receipt)?;
        }
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

fn difference(audited: &AuditedPayment) -> Option<String> {
    match &audited.payment {
        Ok(payment) => match verify_against_audit(payment, audited.last.as_ref()) {
            Ok(()) if payment.details.email_key() != audited.email_key => {
                Some("its email_key does not match its e-mail address".to_owned())
            }
            Ok(()) => None,
            Err(mismatch) => Some(mismatch.to_string()),
        },
        Err(error) => Some(error.to_string()),
    }
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
