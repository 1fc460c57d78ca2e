//! How many rows one statement takes.
//!
//! The number is always one octal digit followed by zeros (1 … 7, 8, 16 … 56, 64, 128 …), so that a table has at
//! most 28 shapes of INSERT, each prepared once a connection and then kept, and any number of rows up to 511 is
//! three statements at most. The usual full batch of 256 bookings is one for each table.

/// The most values of one statement: SQLite's limit; MySQL and MariaDB take 65 535.
const VALUES_MAX: usize = 32_766;

/// The most bytes of one statement; the default of every server takes four times as much.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// What each value takes beside its own bytes: its type and its length.
pub(super) const VALUE_OVERHEAD: usize = 3;

/// What one statement may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// The most rows.
    rows: usize,
    /// The most bytes of values, unless one row has more.
    pub(super) bytes: usize,
}

impl Limits {
    /// The limits of rows with so many values on a server that takes packets of so many bytes.
    ///
    /// A quarter is left for what stands around the values.
    pub(super) fn of(values_per_row: usize, packet_max: usize) -> Self {
        Self { rows: VALUES_MAX / values_per_row.max(1), bytes: BYTES_MAX.min(packet_max / 4 * 3) }
    }
}

/// Cuts rows into chunks for one statement each, by the size of their values in bytes. A row that is larger
/// than the limit has a statement to itself.
pub(super) fn chunks<R>(
    rows: &[R],
    limits: Limits,
    bytes: impl Fn(&R) -> usize,
) -> impl Iterator<Item = &[R]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let (chunk, after) = rest.split_at_checked(chunk_len(rest, limits, &bytes))?;
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// The largest round number of rows that fit; zero of none.
fn chunk_len<R>(rows: &[R], limits: Limits, bytes: &impl Fn(&R) -> usize) -> usize {
    let mut total: usize = 0;
    let fitting = rows
        .iter()
        .take(limits.rows)
        .take_while(|row| {
            total = total.saturating_add(bytes(row));
            total <= limits.bytes
        })
        .count()
        .max(1)
        .min(rows.len());
    leading_octal_digit(fitting)
}

/// The number with every octal digit but the first one zero.
fn leading_octal_digit(number: usize) -> usize {
    let digits_after_first = number.checked_ilog2().map_or(0, |exponent| exponent / 3);
    let unit = 1 << (3 * digits_after_first);
    number / unit * unit
}

#[cfg(test)]
mod tests {
    use super::{Limits, chunks};

    const LIMITS: Limits = Limits { rows: 1_000, bytes: 1_024 };

    fn lengths(sizes: &[usize]) -> Vec<usize> {
        chunks(sizes, LIMITS, |size| *size).map(<[usize]>::len).collect()
    }

    #[test]
    fn every_chunk_is_a_digit_and_zeros() {
        assert_eq!(lengths(&[1; 256]), [256]);
        assert_eq!(lengths(&[1; 255]), [192, 56, 7]);
        assert_eq!(lengths(&[1; 9]), [8, 1]);
        assert_eq!(lengths(&[0; 1_500]), [512, 512, 448, 24, 4]);
    }

    #[test]
    fn no_chunk_is_larger_than_the_limit_unless_one_row_is() {
        assert_eq!(lengths(&[LIMITS.bytes / 32; 70]), [32, 32, 6]);
        assert_eq!(lengths(&[1, LIMITS.bytes + 1, 1]), [1, 1, 1]);
    }

    #[test]
    fn a_server_that_takes_little_gets_little() {
        assert_eq!(Limits::of(25, 16 << 20), Limits { rows: 1_310, bytes: 4 << 20 });
        assert_eq!(Limits::of(5, 1 << 20), Limits { rows: 6_553, bytes: 3 << 18 });
    }

    #[test]
    fn no_rows_make_no_statement() {
        assert!(lengths(&[]).is_empty());
    }

    #[test]
    fn every_row_is_in_one_chunk_in_order() {
        let rows: Vec<usize> = (0..1000).collect();
        let seen: Vec<usize> = chunks(&rows, LIMITS, |row| row % 700).flatten().copied().collect();
        assert_eq!(seen, rows);
    }
}
