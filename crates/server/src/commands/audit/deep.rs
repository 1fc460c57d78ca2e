//! `--deep`: every payment is what the audit log last said of it, none is gone, and the kept sums are theirs.

use anyhow::Result;
use hermes_domain::ledger::verify_against_audit;
use hermes_domain::payment::Reference;
use hermes_domain::ports::PaymentReader;
use hermes_repository::{AuditedPayment, SqlPaymentReader};

use super::totals::Sums;
use crate::commands::say;

/// Says what does not agree; whether everything does.
pub(super) async fn verify(reader: &SqlPaymentReader) -> Result<bool> {
    // The head first: payments that are booked meanwhile are looked at and not counted.
    let next_reference = reader.head().await?.next_reference;
    let (kept, mut sums) = (reader.totals().await?, Sums::default());
    let (mut looked_at, mut counted, mut differ) = (0_u64, 0_i64, 0_u64);
    let mut last = None;
    loop {
        let page = reader.audited_after(last).await?;
        let Some(end) = page.last() else { break };
        last = Some(end.id);
        for audited in &page {
            looked_at += 1;
            counted += i64::from(is_counted(audited, next_reference));
            if let Ok(payment) = &audited.payment {
                sums.add(payment)?;
            }
            if let Some(fault) = fault(audited) {
                differ += 1;
                say(&format!("payment {}: {fault}", audited.reference))?;
            }
        }
    }
    let missing = (next_reference - 1).saturating_sub(counted);
    if missing != 0 {
        say(&format!("{missing} of {} booked payments are missing", next_reference - 1))?;
    }
    // Of other moments, sums and payments say nothing about each other.
    let is_quiet = reader.head().await?.id() == kept.head;
    let wrong_sums = if is_quiet { sums.that_differ_from(&kept.value) } else { Vec::new() };
    for currency in &wrong_sums {
        say(&format!("the kept sums of {currency} are not those of its payments"))?;
    }
    if !is_quiet {
        say("the kept sums were not looked at: something was written meanwhile")?;
    }
    let all_agree = differ == 0 && missing == 0 && wrong_sums.is_empty();
    say(&if all_agree {
        format!("{looked_at} payments are as their last audit rows say")
    } else {
        format!("{differ} of {looked_at} payments are not as their last audit rows say")
    })?;
    Ok(all_agree)
}

/// Whether a payment is one of those that were booked before the head was read.
fn is_counted(audited: &AuditedPayment, next_reference: i64) -> bool {
    Reference::parse(&audited.reference).is_ok_and(|reference| reference.number() < next_reference)
}

fn fault(audited: &AuditedPayment) -> Option<String> {
    match &audited.payment {
        Ok(payment) => match verify_against_audit(payment, audited.last.as_ref()) {
            Ok(()) if payment.details.email_key() != audited.email_key => {
                Some("its email_key is not that of its address".to_owned())
            }
            Ok(()) => None,
            Err(fault) => Some(fault.to_string()),
        },
        Err(error) => Some(error.to_string()),
    }
}
