//! The table at the end of a test run.

use std::fmt::Write;
use std::ops::Add;
use std::time::Duration;

use super::counts::Counts;

/// What became of one stage.
pub struct Line {
    pub stage: &'static str,
    pub counts: Counts,
    pub took: Duration,
}

/// The stages with their results, and the sum as the last line.
pub fn report(lines: &[Line]) -> String {
    let mut table = format!(
        "{:<10} {:<6} {:>7} {:>7} {:>8} {:>10}\n",
        "stage", "result", "passed", "failed", "skipped", "time"
    );
    for Line { stage, counts, took } in lines {
        let result = if counts.failed == 0 { "pass" } else { "FAIL" };
        let Counts { passed, failed, skipped } = counts;
        let took = took.as_secs_f64();
        writeln!(
            table,
            "{stage:<10} {result:<6} {passed:>7} {failed:>7} {skipped:>8} {took:>8.1} s"
        )
        .expect("writing to a string never fails");
    }
    let sum = lines.iter().map(|line| line.counts).fold(Counts::NONE, Add::add);
    format!("{table}\n{sum}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_plain_sum() {
        let line = |stage, passed, failed| Line {
            stage,
            counts: Counts { passed, failed, skipped: 0 },
            took: Duration::from_millis(1500),
        };
        let report = report(&[line("lint", 2, 0), line("native", 40, 1)]);
        let lines: Vec<&str> = report.lines().collect();
        assert_eq!(lines[1], "lint       pass         2       0        0      1.5 s");
        assert_eq!(lines[2], "native     FAIL        40       1        0      1.5 s");
        assert_eq!(lines.last(), Some(&"42 passed, 1 failed"));
    }
}
