//! The OpenAPI document as a snapshot, so that a review shows every change of the contract.

use hermes_domain::payment::BookingField;
use serde_json::Value;

#[test]
fn the_document_is_unchanged() {
    insta::assert_json_snapshot!(hermes_web::routes::openapi());
}

#[test]
fn every_parameter_has_a_description_an_example_and_a_limited_value() {
    let document = serde_json::to_value(hermes_web::routes::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.values().flat_map(|item| item.as_object().unwrap().values());
    let parameters: Vec<_> =
        operations.filter_map(|operation| operation["parameters"].as_array()).flatten().collect();
    assert!(!parameters.is_empty());
    for parameter in parameters {
        let has_limit = ["minimum", "maximum", "pattern", "maxLength", "enum", "oneOf", "$ref"]
            .iter()
            .any(|keyword| parameter["schema"].get(keyword).is_some());
        assert!(has_limit, "{parameter}");
        assert!(parameter["description"].as_str().is_some_and(|text| text.ends_with('.')), "{parameter}");
        assert_ne!(parameter["example"], Value::Null, "{parameter}");
    }
}

#[test]
fn a_filter_is_as_long_as_its_booking_field() {
    let document = serde_json::to_value(hermes_web::routes::openapi()).unwrap();
    let parameters = document["paths"]["/api/bookings"]["get"]["parameters"].as_array().unwrap();
    for (name, field) in
        [("email", BookingField::Email), ("school", BookingField::School), ("q", BookingField::Name)]
    {
        let parameter = parameters.iter().find(|parameter| parameter["name"] == name).unwrap();
        assert_eq!(parameter["schema"]["maxLength"], field.spec().max_chars, "{name}");
    }
}
