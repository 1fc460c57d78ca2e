//! The bytes are those of `serde_json`, whatever is written.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::to_json;

#[derive(Serialize)]
struct Shapes<'a> {
    #[serde(rename = "type")]
    text: &'a str,
    #[serde(serialize_with = "shown")]
    shown: &'a str,
    there: Option<&'a str>,
    missing: Option<&'a str>,
    nothing: (),
    list: Vec<Numbers>,
    word: Word,
    wrapped: Wrapped<'a>,
    empty: Empty,
    empty_list: Vec<i64>,
}

#[derive(Serialize)]
struct Numbers {
    yes: bool,
    letter: char,
    negative: i8,
    least: i64,
    most: u64,
    ratio: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Word {
    OfTwo,
}

#[derive(Serialize)]
struct Wrapped<'a>(&'a str);

#[derive(Serialize)]
struct Empty {}

fn shown<S: Serializer>(text: &&str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{text}, {text}"))
}

fn numbers(letter: char) -> Numbers {
    Numbers { yes: true, letter, negative: -7, least: i64::MIN, most: u64::MAX, ratio: 0.1 }
}

fn is_the_same(value: &impl Serialize) {
    let expected = serde_json::to_string(value).unwrap();
    assert_eq!(String::from_utf8(to_json(value, 0)).unwrap(), expected);
}

#[test]
fn every_character_is_written_the_same_in_every_place() {
    let characters = ('\0'..='\u{100}').chain(['\u{2028}', '\u{fffd}', '🎓', char::MAX]);
    for character in characters {
        for text in
            [format!("{character}"), format!("a text before {character}"), format!("{character} after")]
        {
            is_the_same(&Shapes {
                text: &text,
                shown: &text,
                there: Some(&text),
                missing: None,
                nothing: (),
                list: vec![numbers(character), numbers('"')],
                word: Word::OfTwo,
                wrapped: Wrapped(&text),
                empty: Empty {},
                empty_list: Vec::new(),
            });
        }
    }
}

#[test]
fn what_must_be_escaped_is_found_wherever_it_stands() {
    for length in 0..=40 {
        is_the_same(&"x".repeat(length));
        for place in 0..length {
            for escaped in ["\"", "\\", "\n", "\u{1f}"] {
                let mut text = "x".repeat(length);
                text.replace_range(place..=place, escaped);
                is_the_same(&text);
            }
        }
    }
}

#[test]
fn a_shape_that_answers_do_not_have_is_written_the_same() {
    is_the_same(&BTreeMap::from([("a", 1), ("b", 2)]));
    is_the_same(&(1, "two", [3.0]));
    is_the_same(&vec![Some(RawValue::from_string("{ \"a\" : 1 }".to_owned()).unwrap())]);
}
