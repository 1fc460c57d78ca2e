use std::io::ErrorKind;

use hermes_domain::ports::StoreError;
use sea_orm::sqlx::error::Error as SqlxError;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

use super::{ErrorClass, Phase, classify_io, commit_error, mysql, sqlite, statement_error};

fn lost_connection() -> RuntimeErr {
    RuntimeErr::SqlxError(SqlxError::Io(ErrorKind::UnexpectedEof.into()).into())
}

#[test]
fn error_numbers_have_the_classes_of_the_fault_table() {
    use ErrorClass::{ReadOnly, Rejected, TooLarge, Transient, Unavailable};
    for (numbers, class) in [
        (&[1213, 1205, 1020][..], Transient),
        (&[1040, 1203, 1114, 1021], Unavailable),
        (&[1290, 1836, 1792], ReadOnly),
        (&[1153, 1301], TooLarge),
        (&[1062, 3819, 1406], Rejected),
    ] {
        for number in numbers {
            assert_eq!(mysql::classify(*number, None), class, "{number}");
        }
    }
}

#[test]
fn the_sqlstate_identifies_the_check_constraint_of_mariadb() {
    assert_eq!(mysql::classify(4025, Some("23000")), ErrorClass::Rejected);
    assert_eq!(mysql::classify(4025, Some("HY000")), ErrorClass::Internal);
}

#[test]
fn unknown_numbers_are_classified_by_sqlstate() {
    assert_eq!(mysql::classify(9999, Some("40001")), ErrorClass::Transient);
    assert_eq!(mysql::classify(9999, Some("08004")), ErrorClass::Unavailable);
    assert_eq!(mysql::classify(1064, Some("42000")), ErrorClass::Internal);
    assert_eq!(mysql::classify(9999, None), ErrorClass::Internal);
}

#[test]
fn extended_sqlite_codes_have_the_class_of_their_primary_code() {
    for (extended, class) in [
        ("5", ErrorClass::Transient),
        ("517", ErrorClass::Transient),
        ("262", ErrorClass::Transient),
        ("13", ErrorClass::Unavailable),
        ("778", ErrorClass::Unavailable),
        ("275", ErrorClass::Rejected),
        ("1555", ErrorClass::Rejected),
        ("2067", ErrorClass::Rejected),
        ("1", ErrorClass::Internal),
        ("11", ErrorClass::Internal),
        ("no number", ErrorClass::Internal),
    ] {
        let primary = sqlite::primary_code(Some(extended));
        assert_eq!(sqlite::classify(primary), class, "{extended}");
    }
    assert_eq!(sqlite::classify(sqlite::primary_code(None)), ErrorClass::Internal);
}

#[test]
fn a_lost_connection_is_transient_until_commit() {
    assert!(matches!(statement_error(DbErr::Query(lost_connection())), StoreError::Transient(_)));
    assert!(matches!(statement_error(DbErr::Exec(lost_connection())), StoreError::Transient(_)));
    assert!(matches!(commit_error(DbErr::Query(lost_connection())), StoreError::OutcomeUnknown(_)));
    assert!(matches!(commit_error(DbErr::Custom("?".to_owned())), StoreError::OutcomeUnknown(_)));
}

#[test]
fn a_server_that_cannot_be_reached_is_unavailable() {
    assert!(matches!(statement_error(DbErr::Conn(lost_connection())), StoreError::Unavailable(_)));
    for reason in [ConnAcquireErr::Timeout, ConnAcquireErr::ConnectionClosed] {
        let error = statement_error(DbErr::ConnectionAcquire(reason));
        assert!(matches!(error, StoreError::Unavailable(_)));
    }
    let refused = classify_io(ErrorKind::ConnectionRefused, Phase::Statement);
    assert_eq!(refused, ErrorClass::Unavailable);
}

#[test]
fn only_a_conflict_or_a_busy_file_definitely_rolls_a_commit_back() {
    assert!(
        mysql::is_definite_rollback(1213)
            && mysql::is_definite_rollback(1290)
            && sqlite::is_definite_rollback(5)
    );
    assert!(
        !mysql::is_definite_rollback(1205)
            && !mysql::is_definite_rollback(1053)
            && !sqlite::is_definite_rollback(10)
    );
}

#[test]
fn a_message_names_the_column_but_not_the_value() {
    for (number, text, expected) in [
        (
            1062,
            "Duplicate entry 'ana for key 7' for key 'payments.payments_reference'",
            "1062: duplicate entry for key 'payments.payments_reference'",
        ),
        (
            1366,
            "Incorrect string value: '\\xF0\\x9F' for column `h`.`payments`.`name` at row 1",
            "1366: incorrect value for column `h`.`payments`.`name` at row 1",
        ),
        (1292, "Incorrect datetime value: 'x'", "1292: incorrect value"),
        (1406, "Data too long for column 'name' at row 1", "1406: Data too long for column 'name' at row 1"),
    ] {
        assert_eq!(mysql::message(number, text), expected);
    }
}
