//! Rules, commands and money for tests. Each argument matters to the test; every other value is a usual one.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use chrono::TimeDelta;
use chrono_tz::Tz;
use hermes_domain::institution::{Account, AccountFields, Contact, Institution, StudentIdRule};
use hermes_domain::ledger::{
    Cancellation, Command, Correction, HeldMoney, IdempotencyClaim, NewAllocation, Origin, ReceiptCommand,
    Rules, Submission,
};
use hermes_domain::money::{BasisPoints, Currency, FeeBearer, FeeSchedule, Money, TierBound, TierSpec};
use hermes_domain::payment::{
    BookingField, BookingRequest, CorrectionRequest, DuplicateField, DuplicateRule, Edit, NewBooking,
    PaymentKey, Reference, Thresholds,
};
use hermes_domain::receipt::{NewReceipt, ReceiptRequest};

/// Built once: the rules cover every currency, and thousands of generated histories use them.
static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| {
    let by_email = DuplicateRule::new(vec![DuplicateField::Email], None).unwrap();
    Arc::new(rules_with_duplicates(by_email))
});

/// Returns the rules of the default configuration.
pub fn rules() -> Arc<Rules> {
    Arc::clone(&RULES)
}

/// Returns the default rules with another definition of a duplicate.
pub fn rules_with_duplicates(duplicates: DuplicateRule) -> Rules {
    Rules {
        fees: FeeSchedule::new(&default_tiers(), &HashMap::new()).unwrap(),
        fee_bearer: FeeBearer::Payer,
        thresholds: Thresholds::new("1000000", &HashMap::new()).unwrap(),
        duplicates,
        institution: Arc::new(institution()),
        settled_link_lifetime: TimeDelta::days(90),
        second_person_above: Thresholds::new("1000", &HashMap::new()).unwrap(),
        write_off_max: Thresholds::new("10", &HashMap::new()).unwrap(),
    }
}

/// Returns Example University, in UTC, with accounts in euro (an IBAN), dollars and dinars (domestic numbers).
pub fn institution() -> Institution {
    let account = |currency, iban, number, bic| {
        let (holder, bank) = ("Example University", "Example Bank");
        Account::new(&AccountFields { currency, holder, iban, number, bic, bank, is_example: false }).unwrap()
    };
    Institution {
        name: "Example University".to_owned(),
        contact: Contact { email: Some("finance@example.edu".to_owned()), ..Contact::default() },
        time_zone: Tz::UTC,
        accent: None,
        logo: None,
        schools: Vec::new(),
        student_id: StudentIdRule::default(),
        payment_term_days: 14,
        privacy_url: None,
        accounts: vec![
            account("USD", "", "026 009 593", "EXMPUS33"),
            account("EUR", "DE02 1203 0000 0000 2020 51", "", "BYLADEM1001"),
            account("KWD", "", "1234 5678", ""),
        ],
    }
}

/// Returns the default fee tiers: 5 % below 1,000, 3 % up to 10,000, 2 % above.
pub fn default_tiers() -> Vec<TierSpec> {
    let tier = |name: &str, bound, points| TierSpec {
        name: name.to_owned(),
        bound,
        rate: BasisPoints::new(points).unwrap(),
    };
    vec![
        tier("small", TierBound::Below("1000".to_owned()), 500),
        tier("medium", TierBound::UpTo("10000".to_owned()), 300),
        tier("large", TierBound::Unbounded, 200),
    ]
}

/// Parses a currency code.
pub fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

/// Parses an amount of a currency.
pub fn money(amount: &str, code: &str) -> Money {
    Money::parse(amount, currency(code)).unwrap()
}

/// Returns a booking in dollars of which nothing has arrived.
pub fn booking(email: &str, amount: &str) -> NewBooking {
    booking_in(email, amount, "USD")
}

/// Returns a booking in a currency.
pub fn booking_in(email: &str, amount: &str, currency: &str) -> NewBooking {
    NewBooking::parse(
        &BookingRequest::from([
            (BookingField::Name, "Ana Ruiz".to_owned()),
            (BookingField::Email, email.to_owned()),
            (BookingField::Amount, amount.to_owned()),
            (BookingField::CurrencyFrom, currency.to_owned()),
        ]),
        &StudentIdRule::default(),
    )
    .unwrap()
}

/// Returns the command that books an amount in dollars.
pub fn book(email: &str, amount: &str) -> Command {
    Command::Book(booking(email, amount))
}

/// Returns the command that corrects a version of a payment.
pub fn correct(reference: i64, expected_version: i64, request: CorrectionRequest) -> Command {
    Command::Correct(Correction {
        target: payment_key(reference),
        expected_version: Some(expected_version),
        request,
        reason: Some("asked for by phone".to_owned()),
    })
}

/// Returns a correction of the payer's name only.
pub fn new_name(name: &str) -> CorrectionRequest {
    CorrectionRequest::from([(BookingField::Name, Edit::Set(name.to_owned()))])
}

/// Returns the command that cancels a payment.
pub fn cancel(reference: i64, expected_version: Option<i64>) -> Command {
    Command::Cancel(Cancellation {
        target: payment_key(reference),
        expected_version,
        held: HeldMoney::Refund,
        reason: "booked twice".to_owned(),
    })
}

/// Returns a receipt of a bank transfer.
pub fn receipt(amount: &str, code: &str) -> NewReceipt {
    NewReceipt::parse(&ReceiptRequest {
        amount: Some(amount.to_owned()),
        currency: Some(code.to_owned()),
        value_date: Some("2026-11-30".to_owned()),
        source: Some("bank_transfer".to_owned()),
        payer_text: Some("Ana Ruiz".to_owned()),
        payer_account: Some("DE89370400440532013000".to_owned()),
        ..ReceiptRequest::default()
    })
    .unwrap()
}

/// Returns the command that records a receipt and allocates the amounts to payments.
pub fn record(receipt: NewReceipt, allocations: &[(i64, &str)]) -> Command {
    let code = receipt.amount.currency().code();
    let allocations = allocations
        .iter()
        .map(|(reference, amount)| NewAllocation::new(payment_key(*reference), Some(money(amount, code))));
    Command::Receipt(ReceiptCommand::Record { allocations: allocations.collect(), receipt, reason: None })
}

/// Returns the key of the payment with a reference.
pub fn payment_key(reference: i64) -> PaymentKey {
    PaymentKey::Reference(Reference::new(reference).unwrap())
}

/// Submits a command without an idempotency key.
pub fn submission(command: Command) -> Submission {
    Submission {
        command,
        origin: Origin {
            actor: "tests".to_owned(),
            user_agent: Some("cargo test".to_owned()),
            ip_address: Some([127, 0, 0, 1].into()),
        },
        idempotency: None,
    }
}

/// Submits a command under an idempotency key.
pub fn submission_with_claim(command: Command, claim: IdempotencyClaim) -> Submission {
    Submission { idempotency: Some(claim), ..submission(command) }
}

/// Returns the claim of a key for a request with some content.
pub fn claim(key: u8, content: u8) -> IdempotencyClaim {
    IdempotencyClaim { scope_hash: [key; 32], fingerprint: [content; 32] }
}
