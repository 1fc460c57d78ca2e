//! `hermes export-person`: writes one person's data as JSON (GDPR article 15).

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use anyhow::{Result, ensure};
use chrono::{DateTime, NaiveDate, Utc};
use hermes_domain::ledger::AuditEntry;
use hermes_domain::payment::{Payment, PaymentId};
use hermes_domain::ports::{PaymentReader, reader_limits};
use hermes_domain::receipt::{Receipt, Refund, RefundNumber};
use hermes_domain::statement::{LineTexts, StoredLine};
use hermes_repository::{Database, SqlPaymentReader, SqlStatementStore};
use hermes_web::dto::{AuditBody, BookingBody, ReceiptBody};
use hermes_web::extract::FORM_ACTOR;
use serde::Serialize;

use super::PaymentsOfPerson;
use super::receipts::receipts_of;
use crate::commands::print_line;
use crate::{compose, config, logging};

#[derive(Serialize)]
struct Export<'a> {
    email: &'a str,
    exported_at: DateTime<Utc>,
    payments: Vec<ExportedPayment<'a>>,
}

#[derive(Serialize)]
struct ExportedPayment<'a> {
    /// Absent if the payment has become another person's.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<BookingBody<'a>>,
    changes: Vec<AuditBody>,
    /// The receipts that hold money of the payment or did until they were reversed, with the accounts of payer and payee,
    /// without the parts that belong to payments of other persons.
    receipts: Vec<ReceiptBody<'a>>,
    /// The lines of bank statements that belong to the receipts.
    statement_lines: Vec<ExportedLine<'a>>,
}

/// A transfer of the person, its return, or a refund to the person.
#[derive(Serialize)]
struct ExportedLine<'a> {
    booking_date: NaiveDate,
    value_date: NaiveDate,
    /// `credit` if the money arrived, or `debit`.
    direction: &'static str,
    currency: &'static str,
    amount: String,
    bank_id: Option<&'a str>,
    texts: &'a LineTexts,
}

impl<'a> From<&'a StoredLine> for ExportedLine<'a> {
    fn from(StoredLine { line, .. }: &'a StoredLine) -> Self {
        Self {
            booking_date: line.booking_date,
            value_date: line.value_date,
            direction: line.direction.as_str(),
            currency: line.amount.currency().code(),
            amount: line.amount.to_string(),
            bank_id: line.bank_id.as_deref(),
            texts: &line.texts,
        }
    }
}

/// Prints the export. The exit status is 1 if there is no data.
pub(in crate::commands) async fn run(email: &str) -> Result<ExitCode> {
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "warn");
    let database = compose::open_database(&configuration.settings).await?;
    let exported = export(&database, email).await;
    database.close().await;
    print_line(&exported?)
}

async fn export(database: &Database, email: &str) -> Result<String> {
    let reader = SqlPaymentReader::new(database);
    let PaymentsOfPerson { current, past } = PaymentsOfPerson::find(&reader, email).await?;
    ensure!(
        !current.is_empty() || !past.is_empty(),
        "no payment has this e-mail address, and no audit row contains it"
    );
    let ids: BTreeSet<PaymentId> = current.iter().map(|payment| payment.id).collect();
    let receipts = receipts_of(&reader, &Vec::from_iter(ids.clone())).await?;
    let statements = SqlStatementStore::new(database);
    let mut lines = BTreeMap::new();
    for (id, receipts) in &receipts {
        let refunds: Vec<RefundNumber> =
            receipts.iter().flat_map(|receipt| own_refunds(receipt, &ids)).collect();
        lines.insert(*id, statements.lines_of_receipts(receipts, &refunds).await?);
    }
    let mut payments = Vec::new();
    for payment in &current {
        let changes = changes(&reader, payment.id, email).await?;
        let receipts = receipts.get(&payment.id).into_iter().flatten();
        let receipts = receipts.map(|receipt| own_parts(receipt, &ids)).collect();
        let statement_lines = lines.get(&payment.id).into_iter().flatten().map(ExportedLine::from).collect();
        payments.push(ExportedPayment { payment: Some(payment.into()), changes, receipts, statement_lines });
    }
    for id in past {
        // The receipts belong to the person that the payment has now.
        let changes = changes(&reader, id, email).await?;
        let (receipts, statement_lines) = (Vec::new(), Vec::new());
        payments.push(ExportedPayment { payment: None, changes, receipts, statement_lines });
    }
    Ok(serde_json::to_string_pretty(&Export { email, exported_at: Utc::now(), payments })?)
}

/// Returns a receipt with only the allocations and refunds that belong to the payments.
fn own_parts<'a>(receipt: &'a Receipt, payments: &BTreeSet<PaymentId>) -> ReceiptBody<'a> {
    let refunds: Vec<String> = own_refunds(receipt, payments).iter().map(RefundNumber::to_string).collect();
    let payments: Vec<String> = payments.iter().map(PaymentId::to_string).collect();
    let mut body = ReceiptBody::from(receipt);
    body.allocations.retain(|allocation| payments.contains(&allocation.booking_id));
    body.refunds.retain(|refund| refunds.contains(&refund.number));
    body
}

/// Returns the refunds of a receipt that belong to the payments. A refund that names no payment belongs to them if every
/// other part of the receipt does.
fn own_refunds(receipt: &Receipt, payments: &BTreeSet<PaymentId>) -> Vec<RefundNumber> {
    let allocated = receipt.allocations.iter().map(|allocation| allocation.payment);
    let refunded = receipt.refunds.iter().filter_map(|refund| Some(refund.payment?.0));
    let mut parts = allocated.chain(refunded).peekable();
    let is_of_one_person = parts.peek().is_some() && parts.all(|payment| payments.contains(&payment));
    let is_own = |refund: &&Refund| match refund.payment {
        Some((payment, _)) => payments.contains(&payment),
        None => is_of_one_person,
    };
    receipt.refunds.iter().filter(is_own).map(|refund| refund.number).collect()
}

/// Reads the changes of a payment, without the data of other persons.
async fn changes(reader: &SqlPaymentReader, id: PaymentId, email: &str) -> Result<Vec<AuditBody>> {
    let (mut bodies, mut after) = (Vec::new(), 0);
    loop {
        let page = reader.audit_of(id, after, reader_limits::PAGE_MAX).await?;
        let Some(last) = page.last() else { return Ok(bodies) };
        after = last.seq;
        bodies.extend(page.iter().filter_map(|entry| own_change(entry, email)));
    }
}

/// Returns a change if it contains data of the person. The address and the user agent of another party
/// are omitted.
fn own_change(entry: &AuditEntry, email: &str) -> Option<AuditBody> {
    let is_own = |payment: &Payment| payment.details.email_key() == email.to_lowercase();
    let mut body = AuditBody::from(entry);
    body.old_value = body.old_value.filter(is_own);
    body.new_value = body.new_value.filter(is_own);
    if body.actor != FORM_ACTOR {
        (body.user_agent, body.ip_address) = (None, None);
    }
    (body.old_value.is_some() || body.new_value.is_some()).then_some(body)
}
