//! Checks that the ledger head is not behind its rows.

use anyhow::{Result, bail};
use hermes_domain::ledger::LedgerHead;
use hermes_domain::payment::{PaymentKey, Reference};
use hermes_domain::ports::{Outbox, PaymentReader};
use hermes_repository::{AuditBounds, Database, SqlOutbox, SqlPaymentReader};

/// How to repair a head that is behind its rows. Until then, Hermes rejects all changes.
const ADVICE: &str = "another program changed the tables, or only some of them were restored; restore all tables from the \
                      same point in time";

/// Describes the head, or fails if rows exist that the next batch would number again.
pub(super) async fn check(database: &Database) -> Result<String> {
    let reader = SqlPaymentReader::new(database);
    let AuditBounds { head, last_seq, .. } = reader.audit_bounds().await?;
    if let Some(seq) = last_seq.filter(|last| *last > head.audit_seq) {
        bail!("the head ends at audit row {}, but row {seq} exists: {ADVICE}", head.audit_seq);
    }
    let (reference, event) =
        (next_reference_if_booked(&reader, &head).await?, next_event(database, &head).await?);
    // If the head has advanced, the rows were written meanwhile.
    if reader.head().await?.id() == head.id() {
        if let Some(reference) = reference {
            bail!("the next reference of the head is {reference}, which is already booked: {ADVICE}");
        }
        if let Some(event) = event {
            bail!("the head ends at event {}, but event {event} exists: {ADVICE}", head.event_seq);
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
