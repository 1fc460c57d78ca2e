use std::io::ErrorKind;

use hermes_domain::ports::StoreError;
use sea_orm::sqlx::error::Error as SqlxError;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

use super::{ErrorClass, Phase, classify_io, commit_error, mysql, sqlite, statement_error};

fn lost_connection() -> RuntimeErr {
    RuntimeErr::SqlxError(SqlxError::Io(ErrorKind::UnexpectedEof.into()).into())
}

fn assert_class(class: ErrorClass, expected: ErrorClass, context: &str) {
    let [class, expected] = [class, expected].map(|class| class(String::new()).to_string());
    assert_eq!(class, expected, "{context}");
}

#[test]
fn error_numbers_have_the_classes_of_the_fault_table() {
    let fault_table: [(&[u16], ErrorClass); 5] = [
        (&[1213, 1205, 1020], StoreError::Transient),
        (&[1040, 1203, 1114, 1021], StoreError::Unavailable),
        (&[1290, 1836, 1792], StoreError::ReadOnly),
        (&[1153, 1301], StoreError::TooLarge),
        (&[1062, 3819, 1406], StoreError::Rejected),
    ];
    for (numbers, class) in fault_table {
        for number in numbers {
            assert_class(mysql::classify(*number, None), class, &number.to_string());
        }
    }
}

#[test]
fn the_sqlstate_classifies_unknown_numbers_and_the_check_constraint_of_mariadb() {
    let classes: [(u16, Option<&str>, ErrorClass); 6] = [
        (4025, Some("23000"), StoreError::Rejected),
        (4025, Some("HY000"), StoreError::Internal),
        (9999, Some("40001"), StoreError::Transient),
        (9999, Some("08004"), StoreError::Unavailable),
        (1064, Some("42000"), StoreError::Internal),
        (9999, None, StoreError::Internal),
    ];
    for (number, sqlstate, class) in classes {
        assert_class(mysql::classify(number, sqlstate), class, &format!("{number} {sqlstate:?}"));
    }
}

#[test]
fn extended_sqlite_codes_have_the_class_of_their_primary_code() {
    let classes: [(&[&str], ErrorClass); 4] = [
        (&["5", "517", "262"], StoreError::Transient),
        (&["13", "778"], StoreError::Unavailable),
        (&["275", "1555", "2067"], StoreError::Rejected),
        (&["1", "11", "no number"], StoreError::Internal),
    ];
    for (codes, class) in classes {
        for code in codes {
            assert_class(sqlite::classify(sqlite::primary_code(Some(code))), class, code);
        }
    }
    assert_class(sqlite::classify(sqlite::primary_code(None)), StoreError::Internal, "no code");
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
    assert_class(refused, StoreError::Unavailable, "connection refused");
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
