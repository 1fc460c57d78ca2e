//! The contract, as a document that a review can see change.

#[test]
fn the_document_is_the_one_that_was_agreed() {
    insta::assert_json_snapshot!(hermes_web::routes::openapi());
}
