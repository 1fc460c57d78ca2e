//! Padding of IN lists to few lengths.

/// Repeats the last value until the number of values is a power of two.
///
/// Each length of an IN list is a separate prepared statement of each connection. With padding there are eleven lengths
/// up to 1,024 values. A repeated value does not change the result.
pub(crate) fn padded<T>(values: &[T]) -> impl Iterator<Item = &T> {
    let missing = values.len().next_power_of_two() - values.len();
    let last = values.last().into_iter();
    values.iter().chain(last.cycle().take(missing))
}

#[cfg(test)]
mod tests {
    use super::padded;

    #[test]
    fn the_last_value_fills_the_list_to_a_power_of_two() {
        let lists: Vec<Vec<i32>> = [&[][..], &[1], &[1, 2], &[1, 2, 3], &[1, 2, 3, 4, 5]]
            .iter()
            .map(|values| padded(values).copied().collect())
            .collect();
        let expected = [vec![], vec![1], vec![1, 2], vec![1, 2, 3, 3], vec![1, 2, 3, 4, 5, 5, 5, 5]];
        assert_eq!(lists, expected);
    }
}
