//! How long something takes at its best.

use crate::outside::now;

/// One round more is played first, to warm up.
const ROUNDS: usize = 5;

/// The milliseconds of the fastest of some rounds of `work`, each on a world of
/// its own that `prepare` makes. Making and dropping it does not count.
pub(crate) fn best<W, T>(prepare: impl Fn() -> W, mut work: impl FnMut(&mut W) -> T) -> f64 {
    let mut fastest = f64::INFINITY;
    for round in 0..=ROUNDS {
        let mut world = prepare();
        let start = now();
        let answer = work(&mut world);
        let taken = now() - start;
        drop(std::hint::black_box(answer));
        if round > 0 {
            fastest = fastest.min(taken);
        }
    }
    fastest
}
