//! How many rows one statement takes.
//!
//! The number is always a power of two, so that a table has ten shapes of INSERT and not 512: each shape is
//! prepared once a connection and then kept.
//!
//! And the statement stays small. sqlx 0.9.0 leaves Nagle's algorithm on (transact-rs/sqlx#4335): the second
//! piece of a statement that goes out in two waits until the server has acknowledged the first, which a
//! server that has nothing to say yet puts off for 40 ms. Under TLS a piece is a record of 16 KB. When sqlx
//! sets TCP_NODELAY again, the limit may go: `tests/suite/batch.rs` says so.

/// The most bytes of one statement: a TLS record of 2^14 (RFC 8446, 5.1) with room for what stands around the
/// values. Rows of usual length make 32 payments of it.
pub(super) const STATEMENT_BYTES_MAX: usize = 15 * 1024;

/// What each value takes beside its own bytes: its type and its length.
pub(super) const VALUE_OVERHEAD: usize = 3;

/// The most rows of one statement; with 25 columns far below the 32 766 values that SQLite takes.
const ROWS_MAX: usize = 512;

/// Cuts rows into chunks for one statement each, by the size of their values in bytes. A row that is larger
/// than the limit has a statement to itself.
pub(super) fn chunks<R>(rows: &[R], bytes: impl Fn(&R) -> usize) -> impl Iterator<Item = &[R]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let (chunk, after) = rest.split_at_checked(chunk_len(rest, &bytes))?;
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// The largest power of two of rows that fit; zero of none.
fn chunk_len<R>(rows: &[R], bytes: &impl Fn(&R) -> usize) -> usize {
    let mut total: usize = 0;
    let fitting = rows
        .iter()
        .take(ROWS_MAX)
        .take_while(|row| {
            total = total.saturating_add(bytes(row));
            total <= STATEMENT_BYTES_MAX
        })
        .count()
        .max(1)
        .min(rows.len());
    match fitting.checked_ilog2() {
        Some(exponent) => 1 << exponent,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{STATEMENT_BYTES_MAX, chunks};

    fn lengths(sizes: &[usize]) -> Vec<usize> {
        chunks(sizes, |size| *size).map(<[usize]>::len).collect()
    }

    #[test]
    fn every_chunk_is_a_power_of_two() {
        assert_eq!(lengths(&[1; 256]), [256]);
        assert_eq!(lengths(&[1; 255]), [128, 64, 32, 16, 8, 4, 2, 1]);
        assert_eq!(lengths(&[1; 1500]), [512, 512, 256, 128, 64, 16, 8, 4]);
    }

    #[test]
    fn no_chunk_is_larger_than_the_limit_unless_one_row_is() {
        assert_eq!(lengths(&[STATEMENT_BYTES_MAX / 32; 70]), [32, 32, 4, 2]);
        assert_eq!(lengths(&[1, STATEMENT_BYTES_MAX + 1, 1]), [1, 1, 1]);
    }

    #[test]
    fn no_rows_make_no_statement() {
        assert!(lengths(&[]).is_empty());
    }

    #[test]
    fn every_row_is_in_one_chunk_in_order() {
        let rows: Vec<usize> = (0..1000).collect();
        let seen: Vec<usize> = chunks(&rows, |row| row % 700).flatten().copied().collect();
        assert_eq!(seen, rows);
    }
}
