//! Lists of values of few lengths.

/// The values, the last one repeated until their number is a power of two.
///
/// Each length of a list of values is a statement of its own, which a server prepares and a connection keeps.
/// Padded there are eleven of them up to 1,024 values, and to ask twice for the same changes no answer.
pub(crate) fn padded<T>(values: &[T]) -> impl Iterator<Item = &T> {
    let missing = values.len().next_power_of_two() - values.len();
    let last = values.last().into_iter();
    values.iter().chain(last.cycle().take(missing))
}

#[cfg(test)]
mod tests {
    use super::padded;

    #[test]
    fn the_last_value_fills_up_to_a_power_of_two() {
        let lists: Vec<Vec<i32>> = [&[1][..], &[1, 2], &[1, 2, 3], &[1, 2, 3, 4, 5]]
            .iter()
            .map(|values| padded(values).copied().collect())
            .collect();
        let expected = [vec![1], vec![1, 2], vec![1, 2, 3, 3], vec![1, 2, 3, 4, 5, 5, 5, 5]];
        assert_eq!(lists, expected);
    }

    #[test]
    fn no_values_stay_none() {
        assert_eq!(padded::<i32>(&[]).count(), 0);
    }
}
