//! Texts: invisible characters, card numbers, lengths, and text that other programs would execute.

use serde_json::json;

use crate::case::{Answer, Case, book, case, correct, post, problem, submit};

const INVALID: Answer = problem(422, "invalid-fields");

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("a name above the limit", name(&"n".repeat(201)), INVALID),
        case("an address above the limit", field("sender_address", &"ß".repeat(501)), INVALID),
        case("a name of marks", name(&format!("a{}", "\u{336}".repeat(150))), INVALID),
        case("a name of blanks", name("\u{2003}\u{A0} "), INVALID),
        case("a currency that does not exist", field("currency_from", "ZZZ"), INVALID),
        case("a currency with a dotless i", field("currency_from", "ınr"), INVALID),
        case("a card number in a correction", correct(r#"{"school":"4111 1111 1111 1111"}"#), INVALID),
        case(
            "a card number in the reason of a correction",
            correct(r#"{"school":"X","reason":"card 4111111111111111"}"#),
            INVALID,
        ),
        case(
            "a card number in the reason of a cancellation",
            post("/api/bookings/REF001/cancel", r#"{"reason":"paid with 4111-1111-1111-1111"}"#),
            INVALID,
        ),
        case(
            "a hidden character in the reason of a cancellation",
            post("/api/bookings/REF001/cancel", "{\"reason\":\"a\u{202e}b\"}"),
            INVALID,
        ),
        case(
            "a card number in a form",
            submit("name=4111+1111+1111+1111&email=a%40example.org&amount=10"),
            crate::case::status(422),
        ),
        case("a card number as an e-mail address", field("email", "4111111111111111@example.org"), INVALID),
    ];
    for character in [
        '\u{0}',
        '\n',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{180e}',
        '\u{200b}',
        '\u{200e}',
        '\u{2028}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{2800}',
        '\u{3164}',
        '\u{e000}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff9}',
        '\u{e0041}',
        '\u{10ffff}',
    ] {
        let text = format!("Ana {character}Ruiz");
        cases.push(case(&format!("the character U+{:04X}", u32::from(character)), name(&text), INVALID));
    }
    for number in [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111/1111/1111/1111",
        "4111_1111_1111_1111",
        "4111\u{a0}1111\u{2009}1111\u{202f}1111",
        "4111–1111—1111−1111",
        "４１１１１１１１１１１１１１１１",
        "٤١١١١١١١١١١١١١١١",
        "41 11 11 11 11 11 11 11",
        "3782 822463 10005",
        "378282246310005",
        "card:5555555555554444.",
        "6200000000000000000",
        "30569309025904",
    ] {
        cases.push(case(&format!("the card number {number}"), field("student_id", number), INVALID));
    }
    cases
}

/// Creates a booking with this name.
fn name(text: &str) -> crate::case::Request {
    field("name", text)
}

/// Creates a booking with this text in one field.
fn field(field: &str, text: &str) -> crate::case::Request {
    let mut body = json!({"name": "Ana Ruiz", "email": "hostile@example.org", "amount": "10"});
    body[field] = text.into();
    book(body.to_string())
}
