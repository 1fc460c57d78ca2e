//! Whether the ledger's head and its rows are of one moment.

use anyhow::{Result, bail};
use hermes_domain::ledger::LedgerHead;
use hermes_domain::payment::{PaymentKey, Reference};
use hermes_domain::ports::{Outbox, PaymentReader};
use hermes_repository::{AuditBounds, Database, SqlOutbox, SqlPaymentReader};

/// What is to be done about a head that is behind: as long as it is, no change is taken.
const ADVICE: &str =
    "somebody wrote around Hermes or restored a part of a backup; restore all tables of one moment";

/// Tells how far the ledger is, unless there are rows that the head would number again.
pub(super) async fn look_at(database: &Database) -> Result<String> {
    let reader = SqlPaymentReader::new(database);
    let AuditBounds { head, last_seq, .. } = reader.audit_bounds().await?;
    if let Some(seq) = last_seq.filter(|last| *last > head.audit_seq) {
        bail!("the head ends with audit row {}, but there is row {seq}: {ADVICE}", head.audit_seq);
    }
    let (reference, event) =
        (next_reference_if_booked(&reader, &head).await?, next_event(database, &head).await?);
    // At a later head they were written meanwhile.
    if reader.head().await?.id() == head.id() {
        if let Some(reference) = reference {
            bail!("the head names {reference} as the next reference, but it is booked: {ADVICE}");
        }
        if let Some(event) = event {
            bail!("the head ends with event {}, but there is event {event}: {ADVICE}", head.event_seq);
        }
    }
    Ok(format!("at {} with {} bookings and {} audit rows", head.seq, head.next_reference - 1, head.audit_seq))
}

async fn next_reference_if_booked(reader: &SqlPaymentReader, head: &LedgerHead) -> Result<Option<Reference>> {
    let Some(next) = Reference::new(head.next_reference) else { return Ok(None) };
    let booked = reader.find(&PaymentKey::Reference(next)).await?;
    Ok(booked.map(|payment| payment.reference))
}

async fn next_event(database: &Database, head: &LedgerHead) -> Result<Option<i64>> {
    let next = head.event_seq + 1;
    let found = SqlOutbox::new(database).find_events(&[next]).await?;
    Ok(found.first().map(|_| next))
}
