//! `--deep`: every payment is what the audit log last said of it, and none is gone.

use anyhow::Result;
use hermes_domain::ledger::hold_against;
use hermes_domain::payment::Reference;
use hermes_domain::ports::PaymentReader;
use hermes_repository::{AuditedPayment, SeaPaymentReader};

use crate::commands::say;

/// Says what does not agree; whether everything does.
pub(super) async fn verify(reader: &SeaPaymentReader) -> Result<bool> {
    // The head first: payments that are booked meanwhile are looked at and not counted.
    let next_reference = reader.head().await?.next_reference;
    let (mut looked_at, mut counted, mut differ) = (0_u64, 0_i64, 0_u64);
    let mut last = None;
    loop {
        let page = reader.audited_after(last).await?;
        let Some(end) = page.last() else { break };
        last = Some(end.id);
        for audited in &page {
            looked_at += 1;
            counted += i64::from(is_counted(audited, next_reference));
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
    let all_agree = differ == 0 && missing == 0;
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
        Ok(payment) => hold_against(payment, audited.last.as_ref()).err().map(|fault| fault.to_string()),
        Err(error) => Some(error.to_string()),
    }
}
