//! How many tests passed and failed, read from what the test runners print.

use std::fmt;
use std::ops::Add;

use crate::process::Ended;

/// Tests, or checks that count as one test each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Counts {
    pub const NONE: Self = Self { passed: 0, failed: 0, skipped: 0 };
    pub const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };

    /// A program that is a single check.
    pub fn check(ended: &Ended) -> Self {
        match ended.succeeded {
            true => Self { passed: 1, ..Self::NONE },
            false => Self::FAILED,
        }
    }

    /// `cargo test`, with any number of test binaries; wasm-bindgen's runner
    /// prints the same lines.
    pub fn of_cargo(ended: &Ended) -> Self {
        let results = ended.stdout.lines().filter_map(|line| line.strip_prefix("test result: "));
        let counts = results.map(|result| {
            let parts = || result.split([';', '.']).map(str::trim);
            let count = |word| parts().find_map(|part| number_before(part, word)).unwrap_or(0);
            Self { passed: count("passed"), failed: count("failed"), skipped: count("ignored") }
        });
        counts.fold(Self::NONE, Add::add).settled(ended)
    }

    /// The runner of recorded scenarios: its last line is "92 passed, 0 failed".
    pub fn of_conformance(ended: &Ended) -> Self {
        let line = ended.stdout.lines().last().unwrap_or_default();
        let count = |word| line.split(", ").find_map(|part| number_before(part, word)).unwrap_or(0);
        Self { passed: count("passed"), failed: count("failed"), skipped: 0 }.settled(ended)
    }

    /// Node's own test runner.
    pub fn of_node(ended: &Ended) -> Self {
        let count = |word: &str| {
            let lines = ended.stdout.lines().rev();
            let mut plain = lines.map(|line| line.trim_start_matches(['#', '\u{2139}', ' ']));
            plain.find_map(|line| line.strip_prefix(word)?.trim().parse().ok()).unwrap_or(0)
        };
        Self {
            passed: count("pass "),
            failed: count("fail ") + count("cancelled "),
            skipped: count("skipped ") + count("todo "),
        }
        .settled(ended)
    }

    /// Playwright's list reporter.
    pub fn of_playwright(ended: &Ended) -> Self {
        let count = |word| {
            let mut lines = ended.stdout.lines().rev().map(str::trim);
            let summary = |line: &str| {
                // The line with the passed tests ends with the time, "(2.1s)".
                number_before(line.split(" (").next().unwrap_or(line), word)
            };
            lines.find_map(summary).unwrap_or(0)
        };
        Self {
            passed: count("passed") + count("flaky"),
            failed: count("failed") + count("interrupted"),
            skipped: count("skipped") + count("did not run"),
        }
        .settled(ended)
    }

    /// A program can fail without any failed test: it did not compile, say.
    fn settled(self, ended: &Ended) -> Self {
        match !ended.succeeded && self.failed == 0 {
            true => self + Self::FAILED,
            false => self,
        }
    }
}

/// The number in exactly "12 passed".
fn number_before(text: &str, word: &str) -> Option<u64> {
    text.strip_suffix(word)?.strip_suffix(' ')?.parse().ok()
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} passed, {} failed", self.passed, self.failed)?;
        match self.skipped {
            0 => Ok(()),
            skipped => write!(to, ", {skipped} skipped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn succeeded(stdout: &str) -> Ended {
        Ended { succeeded: true, stdout: stdout.into() }
    }

    fn failed(stdout: &str) -> Ended {
        Ended { succeeded: false, stdout: stdout.into() }
    }

    fn counts(passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[test]
    fn cargo_results_add_up_over_test_binaries() {
        let output = "\
running 3 tests
test a ... ok
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s
";
        assert_eq!(Counts::of_cargo(&failed(output)), counts(13, 2, 1));
    }

    #[test]
    fn results_of_wasm_tests_are_read_like_those_of_cargo() {
        let output = "test result: ok. 4 passed; 0 failed; 0 ignored; 0 filtered out";
        assert_eq!(Counts::of_cargo(&succeeded(output)), counts(4, 0, 0));
    }

    #[test]
    fn a_failure_without_a_failed_test_counts_as_one() {
        assert_eq!(Counts::of_cargo(&failed("error: could not compile")), counts(0, 1, 0));
        let output = "test result: ok. 4 passed; 0 failed; 0 ignored";
        assert_eq!(Counts::of_cargo(&failed(output)), counts(4, 1, 0));
    }

    #[test]
    fn scenario_results_are_those_of_the_last_line() {
        let output = "FAILED a: final: 1 passed\n91 passed, 1 failed\n";
        assert_eq!(Counts::of_conformance(&failed(output)), counts(91, 1, 0));
        assert_eq!(Counts::of_conformance(&failed("")), counts(0, 1, 0));
    }

    #[test]
    fn node_results_are_those_at_the_end() {
        let output = "pass 99\n\u{2139} tests 6\n\u{2139} suites 1\n\u{2139} pass 3\n\u{2139} fail 1\n\
                      \u{2139} cancelled 1\n\u{2139} skipped 1\n\u{2139} todo 0\n\u{2139} duration_ms 12.5\n";
        assert_eq!(Counts::of_node(&failed(output)), counts(3, 2, 1));
        assert_eq!(Counts::of_node(&succeeded("# pass 2\n# fail 0\n")), counts(2, 0, 0));
    }

    #[test]
    fn playwright_results_are_those_at_the_end() {
        let output = "\
Running 7 tests using 2 workers
  2 passed
  \u{2713}  1 [e2e] \u{203a} board.spec.mjs:3:1 \u{203a} 9 failed (1.0s)

  1 failed
    board.spec.mjs:9:1 \u{203a} a task moves
  1 skipped
  2 did not run
  3 passed (4.2s)
";
        assert_eq!(Counts::of_playwright(&failed(output)), counts(3, 1, 3));
        assert_eq!(Counts::of_playwright(&failed("Error: No tests found")), counts(0, 1, 0));
    }

    #[test]
    fn skipped_tests_are_named_only_where_there_are_some() {
        assert_eq!(counts(3, 0, 0).to_string(), "3 passed, 0 failed");
        assert_eq!(counts(3, 1, 2).to_string(), "3 passed, 1 failed, 2 skipped");
    }
}
