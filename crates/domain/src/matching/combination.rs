//! The search for amounts that add up to a total.

use super::MAX_PARTS;

/// The most amounts that take part in one search.
pub(super) const MAX_CANDIDATES: usize = 20;
/// The most steps of one search, about 1 ms. With [`MAX_CANDIDATES`] amounts there are 21,680 sets of two to five, so the
/// search is complete unless almost all of them stay below the total.
const MAX_STEPS: u32 = 30_000;

/// Returns the sets of two to [`MAX_PARTS`] amounts that add up to `total`, as indexes into `amounts`, at most `limit` sets.
///
/// Only the first [`MAX_CANDIDATES`] amounts are considered, and only positive ones.
pub(super) fn combinations(amounts: &[i64], total: i64, limit: usize) -> Vec<Vec<usize>> {
    let mut search = Search { amounts, limit, steps: 0, chosen: Vec::new(), found: Vec::new() };
    search.extend(0, total);
    search.found
}

struct Search<'a> {
    amounts: &'a [i64],
    limit: usize,
    steps: u32,
    chosen: Vec<usize>,
    found: Vec<Vec<usize>>,
}

impl Search<'_> {
    fn extend(&mut self, from: usize, missing: i64) {
        let amounts = self.amounts;
        for (index, amount) in amounts.iter().enumerate().take(MAX_CANDIDATES).skip(from) {
            self.steps += 1;
            if self.steps > MAX_STEPS || self.found.len() >= self.limit {
                return;
            }
            if *amount <= 0 || *amount > missing {
                continue;
            }
            self.chosen.push(index);
            if *amount == missing && self.chosen.len() >= 2 {
                self.found.push(self.chosen.clone());
            } else if *amount < missing && self.chosen.len() < MAX_PARTS {
                self.extend(index + 1, missing - amount);
            }
            self.chosen.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_two_to_five_amounts_are_found() {
        assert_eq!(combinations(&[1, 2, 4, 8, 16, 32], 31, 9), [[0, 1, 2, 3, 4]]);
        assert_eq!(combinations(&[1, 2, 4, 8, 16, 32], 63, 9), Vec::<Vec<usize>>::new(), "six parts");
        assert_eq!(combinations(&[5, 7], 5, 9), Vec::<Vec<usize>>::new(), "one part is no combination");
        assert_eq!(combinations(&[3, 3, 3], 6, 9), [[0, 1], [0, 2], [1, 2]]);
        assert_eq!(combinations(&[3, 3, 3], 6, 2).len(), 2);
        assert_eq!(combinations(&[-1, 4, 3, 0], 3, 9), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn the_search_is_complete_for_the_most_candidates() {
        let amounts: Vec<i64> = (0..20).map(|power| 1 << power).collect();
        let total = (1 << 15) + (1 << 16) + (1 << 17) + (1 << 18) + (1 << 19);
        assert_eq!(combinations(&amounts, total, 9), [[15, 16, 17, 18, 19]]);
    }
}
