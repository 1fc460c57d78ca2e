//! Bookings to submit.

use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::{NewBooking, PayerDetails};

/// A booking of 500.00 USD without optional fields.
pub fn from_email(email: &str) -> NewBooking {
    NewBooking {
        details: PayerDetails {
            name: "Ana Ruiz".to_owned(),
            email: email.to_owned(),
            school: None,
            student_id: None,
            sender_full_name: None,
            country_from: None,
            sender_address: None,
        },
        amount: Money::from_minor(50_000, Currency::USD),
        amount_received: Money::zero(Currency::USD),
    }
}

pub fn number(number: usize) -> NewBooking {
    from_email(&format!("payer{number}@example.org"))
}

/// A booking with all fields. Each text has the length of its column and contains characters of four bytes.
pub fn with_everything() -> NewBooking {
    let long = |text: &str, chars: usize| text.chars().cycle().take(chars).collect::<String>();
    NewBooking {
        details: PayerDetails {
            name: long("Zoë 🎓 O'Brien \\ %_\"; -- ", 200),
            email: format!("{}@EXÄMPLE.org", long("🦀Á", 242)),
            school: Some(long("École Ⅻ 学校 🏫", 200)),
            student_id: Some(long("ß/😀-", 64)),
            sender_full_name: Some(long("Ωμέγα 👨‍👩‍👧", 200)),
            country_from: Some(long("Côte d'Ivoire 🇨🇮", 100)),
            sender_address: Some(long("12 Rue de l'Été\u{a0}🏠", 500)),
        },
        amount: Money::from_minor(9_999_999_999_999, "KWD".parse().unwrap()),
        amount_received: Money::from_minor(1, "KWD".parse().unwrap()),
    }
}
