//! The schemas of the bodies that record, settle and refund money.

use hermes_domain::ledger::MAX_REASON_CHARS;
use hermes_domain::receipt::{
    BANK_ID_MAX_CHARS, NOTE_MAX_CHARS, PAYER_ACCOUNT_MAX_CHARS, PAYER_TEXT_MAX_CHARS, ReceiptSource,
};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};

use super::values::{schemas, string_enum};

/// The most allocations in one request.
pub const ALLOCATIONS_MAX: usize = 100;

schemas! {
    /// The schema of a receipt to record.
    NewReceiptBody as "NewReceipt" = {
        let allocations = ArrayBuilder::new().items(allocation()).max_items(Some(ALLOCATIONS_MAX))
            .description(Some("The payments to allocate the money to. The rest is credit."));
        recorded("Money that arrived.").property("allocations", allocations).into()
    };
    /// The schema of a receipt to record for one payment.
    BookingReceiptBody as "NewBookingReceipt" =
        recorded("Money that arrived for a payment. It is allocated to the payment, at most the outstanding amount; the \
            rest is credit.").into();
    /// The schema of allocations to make.
    NewAllocationsBody as "NewAllocations" = {
        let allocations = ArrayBuilder::new().items(allocation()).min_items(Some(1)).max_items(Some(ALLOCATIONS_MAX));
        with_reason("Credit to allocate.").property("allocations", allocations).required("allocations").into()
    };
    /// The schema of a reason.
    ReasonBody as "Reason" = with_reason("The reason of a step.").into();
    /// The schema of a returned transfer.
    ReturnBody as "ReturnedTransfer" = with_reason("The receipt that a returned transfer reverses.")
        .property("receipt", text("The receipt. Without it, the line is closed.", "RCT-2026-000001", 32)).into();
    /// The schema of a write-off.
    WriteOffBody as "WriteOff" = {
        let booking = text("The payment whose shortfall or excess is written off. Without it, credit is written off.",
            "REF001", 36);
        with_reason("A difference to write off, at most receipts.write_off_max.")
            .property("booking", booking)
            .property("amount", amount("The credit to write off. The default is all credit.")).into()
    };
    /// The schema of a refund to request.
    NewRefundBody as "NewRefund" = {
        let receipt = text("The receipt whose credit is sent back.", "RCT-2026-000001", 32);
        let booking = text("Instead of a receipt: the overpaid payment whose excess becomes due for a refund.",
            "REF001", 36);
        let account = text("The account that receives the money. The default is the account that sent it.",
            "DE02120300000000202051", PAYER_ACCOUNT_MAX_CHARS);
        with_reason("A refund to request.").property("receipt", receipt).property("booking", booking)
            .property("amount", amount("The amount. The default is the oldest due refund, or else all credit. \
            It is required while another refund of the receipt is in progress and none is due."))
            .property("payee_account", account).into()
    };
    /// The schema of the id of a transfer that was sent.
    SentBody as "RefundSent" = {
        let bank_id = text("The id of the transfer at the bank.", "2026120200001", BANK_ID_MAX_CHARS);
        ObjectBuilder::new().description(Some("The transfer of a refund."))
            .property("bank_id", bank_id.min_length(Some(1))).required("bank_id").into()
    };
    /// The schema of a reopening.
    ReopeningBody as "Reopening" = with_reason("The reason of a reopening.").into();
}

fn recorded(description: &str) -> ObjectBuilder {
    let sources = ReceiptSource::ALL.into_iter().filter(|source| source.is_manual());
    let date = SchemaFormat::KnownFormat(KnownFormat::Date);
    let day = ObjectBuilder::new().schema_type(Type::String).format(Some(date)).examples(["2026-11-30"]);
    let note = text("A note.", "counted by two", NOTE_MAX_CHARS);
    let payer =
        text("The payer's name and the text of the transfer.", "Ana Ruiz REF001", PAYER_TEXT_MAX_CHARS);
    let account = text("The payer's account.", "DE02120300000000202051", PAYER_ACCOUNT_MAX_CHARS);
    ObjectBuilder::new()
        .description(Some(description))
        .property("amount", amount("The amount, more than zero."))
        .property("currency", text("The currency (ISO 4217).", "USD", 3).pattern(Some("^[A-Za-z]{3}$")))
        .property("value_date", day.description(Some("The day from which the bank counts the money.")))
        .property("source", string_enum(sources.map(ReceiptSource::as_str)))
        .property("bank_id", text("The id of the transfer at the bank.", "2026113000417", BANK_ID_MAX_CHARS))
        .property("payer_text", payer)
        .property("payer_account", account)
        .property("note", note)
        .property("reason", reason())
        .required("amount")
        .required("currency")
        .required("value_date")
        .required("source")
}

fn allocation() -> ObjectBuilder {
    let booking = text("The ID, reference or creditor reference of the payment.", "REF001", 36);
    ObjectBuilder::new()
        .property("booking", booking)
        .property("amount", amount("The amount. The default is what the payment lacks, at most the credit."))
        .required("booking")
}

fn with_reason(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().description(Some(description)).property("reason", reason()).required("reason")
}

fn reason() -> ObjectBuilder {
    text("The reason, for the audit log.", "named the wrong payment", MAX_REASON_CHARS)
}

fn amount(description: &str) -> OneOfBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Number);
    let text = ObjectBuilder::new().schema_type(Type::String).examples(["35700.00"]);
    OneOfBuilder::new()
        .item(text.description(Some("A decimal string.")))
        .item(number.description(Some("A JSON number, parsed exactly from its text.")))
        .description(Some(description))
}

fn text(description: &str, example: &str, max_chars: usize) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(max_chars));
    text.description(Some(description)).examples([example])
}
