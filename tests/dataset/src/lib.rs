//! Boards of a known size for benchmarks and trials.
//!
//! [`p10k`] plays a team's work of some weeks through the engine: a backlog
//! with dependencies, workers that claim, report and finish or fail, reviewers
//! that approve or send back. The same seed gives the same board, to the byte,
//! on every machine.

mod backlog;
mod board;
mod crew;
mod random;
mod review;

pub use board::{Board, Counts};

/// The seed of every published figure.
const SEED: u64 = 20_260_101;

/// What [`p10k`] holds.
pub const P10K: Counts =
    Counts { tasks: 10_000, dependencies: 12_000, runs: 15_000, events: 120_000, reviews: 500 };

/// 10,000 tasks with their whole history. Takes seconds.
pub fn p10k() -> Board {
    generate(P10K)
}

fn generate(counts: Counts) -> Board {
    let mut board = Board::new();
    let mut random = random::Random::new(SEED);
    let mut reviews = review::Reviews::new(counts.reviews);
    backlog::plan(&mut board, &mut random, counts);
    crew::work(&mut board, &mut random, &mut reviews, counts);
    backlog::edit(&mut board, &mut random, counts);
    board
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_script_gives_the_same_board() {
        let counts =
            Counts { tasks: 200, dependencies: 240, runs: 300, events: 2_400, reviews: 10 };
        let (one, other) = (generate(counts), generate(counts));
        assert!(one.manager.store() == other.manager.store());
    }
}
