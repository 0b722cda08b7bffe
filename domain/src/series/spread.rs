//! How a number of durations spread.

use crate::id::RunId;
use crate::time::Duration;

/// How a number of durations spread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// Half of them are at most this long.
    pub median: Duration,
    /// Nineteen of twenty are at most this long.
    pub p95: Duration,
    /// The longest.
    pub longest: Duration,
    /// The runs behind them, shortest duration first.
    pub runs: Vec<RunId>,
}

impl Spread {
    /// The spread of some runs' durations; `None` without any.
    pub(super) fn of(mut samples: Vec<(Duration, RunId)>) -> Option<Self> {
        samples.sort_unstable();
        // The nearest rank: a duration that occurred, not one in between.
        let rank = |percent: usize| (samples.len() * percent).div_ceil(100).max(1) - 1;
        let at = |percent: usize| samples.get(rank(percent)).map(|(duration, _)| *duration);
        Some(Self {
            median: at(50)?,
            p95: at(95)?,
            longest: at(100)?,
            runs: samples.into_iter().map(|(_, run)| run).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn spread(seconds: impl IntoIterator<Item = i64>) -> Option<[i64; 3]> {
        let samples =
            seconds.into_iter().map(|it| (Duration::from_secs(it), format!("r{it}").into()));
        let spread = Spread::of(samples.collect())?;
        Some([spread.median, spread.p95, spread.longest].map(Duration::as_secs))
    }

    #[test]
    fn ranks_are_durations_that_occurred() {
        assert_eq!(spread([]), None);
        assert_eq!(spread([7]), Some([7, 7, 7]));
        assert_eq!(spread([4, 1]), Some([1, 4, 4]));
        assert_eq!(spread((1..=100).rev()), Some([50, 95, 100]));
    }

    #[test]
    fn the_runs_come_with_their_numbers() {
        let samples = [(2, "b"), (1, "a")].map(|(it, run)| (Duration::from_secs(it), run.into()));
        let runs = Spread::of(samples.to_vec()).unwrap().runs;
        assert_eq!(runs, [RunId::from("a"), RunId::from("b")]);
    }
}
