//! What a month is compared with: the mean and deviation of the shares of months before it.

use chrono::{Months, NaiveDate};

/// Mean and standard deviation of some shares, kept as sums so that comparing is exact.
#[derive(Clone, Copy, Debug)]
pub struct Usual {
    count: i128,
    sum: i128,
    squares: i128,
}

impl Usual {
    pub fn of(ratios: &[i128]) -> Self {
        let count = i128::try_from(ratios.len()).expect("some months");
        Self { count, sum: ratios.iter().sum(), squares: ratios.iter().map(|ratio| ratio * ratio).sum() }
    }

    /// Whether a share lies more than so many sample deviations above the mean.
    pub fn is_exceeded(&self, ratio: i128, deviations: u32) -> bool {
        let above = self.count * ratio - self.sum;
        let factor = i128::from(deviations);
        above > 0 && above * above * (self.count - 1) > factor * factor * self.count * self.spread()
    }

    fn spread(&self) -> i128 {
        self.count * self.squares - self.sum * self.sum
    }

    pub fn mean(&self) -> i128 {
        self.sum / self.count
    }

    pub fn deviation(&self) -> i128 {
        (self.spread() / (self.count * (self.count - 1))).isqrt()
    }
}

/// Millionths as per cent.
pub fn percent(ratio: i128) -> String {
    format!("{}.{:02} %", ratio / 10_000, ratio % 10_000 / 100)
}

/// The last day of the month that begins on a day.
pub fn last_day(month: NaiveDate) -> NaiveDate {
    month.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations() {
        // Mean 20, sample deviation 10.
        let usual = Usual::of(&[10, 20, 30]);
        assert_eq!((usual.mean(), usual.deviation()), (20, 10));
        for (ratio, deviations, expected) in
            [(50, 3, false), (51, 3, true), (40, 2, false), (41, 2, true), (20, 0, false), (21, 0, true)]
        {
            assert_eq!(usual.is_exceeded(ratio, deviations), expected, "{ratio} {deviations}");
        }
        assert!(Usual::of(&[0, 0]).is_exceeded(1, 3), "what was never refunded");
        assert!(Usual::of(&[1_000_000_000; 24]).spread() == 0, "the largest shares can be added up");
    }

    #[test]
    fn shares_as_per_cent() {
        assert_eq!(percent(333_333), "33.33 %");
    }
}
