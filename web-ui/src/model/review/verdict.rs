//! The verdict form: what it says, which rules hold while somebody writes, and
//! what recording would bring about.

mod consequence;
mod obstacle;

use serde::{Deserialize, Serialize};
use taskloom_domain::id::{ReviewId, RunId};
use taskloom_domain::json::RawJson;
use taskloom_domain::review::{
    MAX_NEXT_ROUND_GUIDANCE_BYTES, MAX_REVIEW_REASON_BYTES, MAX_REVIEW_TEXT_BYTES,
    RecordRunReviewRequest, RunReview, RunReviewOutcome, RunReviewVerdict,
};

pub use consequence::{Consequences, consequence};
pub use obstacle::{Obstacle, obstacle};

use super::thread::Ask;
use super::{outcome_name, percent};
use crate::model::phrase;

/// What can be chosen, the two that decide first.
pub const OUTCOMES: [RunReviewOutcome; 6] = [
    RunReviewOutcome::Approved,
    RunReviewOutcome::Rejected,
    RunReviewOutcome::Blocked,
    RunReviewOutcome::Error,
    RunReviewOutcome::Timeout,
    RunReviewOutcome::InvalidOutput,
];

/// What an outcome means, for the one who chooses.
pub fn outcome_hint(outcome: RunReviewOutcome) -> &'static str {
    match outcome {
        RunReviewOutcome::Approved => "The work is good, nothing is missing",
        RunReviewOutcome::Rejected => "Work is missing: a further run is queued",
        RunReviewOutcome::Blocked => "It cannot go on without a person: reviews halt",
        RunReviewOutcome::Error => "The review itself failed",
        RunReviewOutcome::Timeout => "The reviewer did not answer in time",
        RunReviewOutcome::InvalidOutput => "The reviewer's answer could not be understood",
    }
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The outcome.
    Outcome,
    /// How sure the reviewer is.
    Confidence,
    /// Why.
    Reason,
    /// What is missing.
    MissingWork,
    /// Advice for the next round.
    Guidance,
    /// The whole review.
    Text,
}

/// Something that keeps what is written from being recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub field: Field,
    /// What, as a sentence without a full stop.
    pub text: String,
    /// Whether something is only not there yet: worth no word before somebody
    /// tries.
    pub absent: bool,
}

impl Problem {
    fn absent(field: Field, text: &str) -> Self {
        Self { field, text: text.into(), absent: true }
    }

    fn wrong(field: Field, text: &str) -> Self {
        Self { field, text: text.into(), absent: false }
    }
}

fn too_long(field: Field, text: &str, limit: usize) -> Option<Problem> {
    let over = text.trim().len().checked_sub(limit + 1)?.saturating_add(1);
    Some(Problem::wrong(field, &format!("{} too long", phrase::count(over, "byte"))))
}

/// What somebody has written so far. Kept through reloads.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VerdictForm {
    /// What was chosen.
    pub outcome: Option<RunReviewOutcome>,
    /// The confidence as typed, in percent.
    pub confidence: String,
    /// Why.
    pub reason: String,
    /// What is missing, one item each; blank ones do not count.
    pub missing: Vec<String>,
    /// Advice for the next round.
    pub guidance: String,
    /// The whole review.
    pub text: String,
    /// The id of this verdict, kept through retries and reloads.
    pub delivery_id: String,
    /// Which earlier asks the reviewer found addressed.
    pub addressed: Vec<String>,
}

impl VerdictForm {
    /// An empty form. `delivery_id` tells its verdict from every other.
    pub fn new(delivery_id: String) -> Self {
        Self { delivery_id, ..Self::default() }
    }

    /// Whether anything worth keeping is in it.
    pub fn is_touched(&self) -> bool {
        *self != Self::new(self.delivery_id.clone())
    }

    /// The items that say something.
    pub fn items(&self) -> Vec<String> {
        let said = self.missing.iter().map(|item| item.trim()).filter(|item| !item.is_empty());
        said.map(str::to_owned).collect()
    }

    /// Under which name an ask of an earlier round is ticked.
    pub fn ask_key(round: i64, item: &str) -> String {
        format!("{round}: {item}")
    }

    /// Ticks an ask as addressed, or takes the tick away.
    pub fn tick(&mut self, key: &str, addressed: bool) {
        self.addressed.retain(|known| known != key);
        if addressed {
            self.addressed.push(key.to_owned());
        }
    }

    /// The asks that are neither ticked nor asked for again, once some are ticked or
    /// work is rejected.
    pub fn left_of(&self, asks: &[Ask]) -> Vec<String> {
        let weighed =
            !self.addressed.is_empty() || self.outcome == Some(RunReviewOutcome::Rejected);
        let asked = self.items();
        let mut left: Vec<String> = Vec::new();
        for ask in asks.iter().filter(|_| weighed) {
            for item in &ask.missing {
                let ticked = self.addressed.contains(&Self::ask_key(ask.round, item));
                if !ticked && !asked.contains(item) && !left.contains(item) {
                    left.push(item.clone());
                }
            }
        }
        left
    }

    /// Chooses an outcome. A rejection gets a line for its first item; blank lines
    /// would only stand in the way of an approval.
    pub fn choose(&mut self, outcome: RunReviewOutcome) {
        self.outcome = Some(outcome);
        match outcome {
            RunReviewOutcome::Rejected if self.missing.is_empty() => {
                self.missing.push(String::new());
            }
            RunReviewOutcome::Rejected => {}
            _ => self.missing.retain(|item| !item.trim().is_empty()),
        }
    }

    /// What is wrong with what is written, in the order of the form. Empty once it
    /// can be recorded, as far as the form goes.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.outcome.is_none() {
            problems.push(Problem::absent(Field::Outcome, "Choose an outcome"));
        }
        if let Err(problem) = self.confidence() {
            problems.push(problem);
        }
        if self.reason.trim().is_empty() {
            problems.push(Problem::absent(Field::Reason, "Say why"));
        }
        problems.extend(too_long(Field::Reason, &self.reason, MAX_REVIEW_REASON_BYTES));
        let asks = !self.items().is_empty();
        match self.outcome {
            Some(RunReviewOutcome::Approved) if asks => {
                let text = "Clear the list or choose rejected";
                problems.push(Problem::wrong(Field::MissingWork, text));
            }
            Some(RunReviewOutcome::Rejected) if !asks && self.guidance.trim().is_empty() => {
                let text = "Name an item, or give guidance for the next round";
                problems.push(Problem::absent(Field::MissingWork, text));
            }
            _ => {}
        }
        let guidance = (Field::Guidance, &self.guidance, MAX_NEXT_ROUND_GUIDANCE_BYTES);
        for (field, text, limit) in [guidance, (Field::Text, &self.text, MAX_REVIEW_TEXT_BYTES)] {
            problems.extend(too_long(field, text, limit));
        }
        problems
    }

    /// The confidence, from 0 to 1.
    fn confidence(&self) -> Result<f64, Problem> {
        let typed = self.confidence.trim().trim_end_matches('%').trim_end();
        if typed.is_empty() {
            let text = "Say how sure you are, from 0 to 100 %";
            return Err(Problem::absent(Field::Confidence, text));
        }
        match typed.replace(',', ".").parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
            _ => Err(Problem::wrong(Field::Confidence, "A number from 0 to 100")),
        }
    }

    /// The request that records it; `None` while something is wrong with it.
    pub fn request(&self, review: &ReviewId, run: &RunId) -> Option<RecordRunReviewRequest> {
        let outcome = self.outcome.filter(|_| self.problems().is_empty())?;
        let verdict = RunReviewVerdict {
            outcome: outcome.into(),
            confidence: Some(self.confidence().ok()?),
            reason: self.reason.trim().to_owned(),
            delivery_id: self.delivery_id.clone(),
            missing_work: RawJson::from_value(&self.items()).ok(),
            next_round_guidance: self.guidance.trim().to_owned(),
            review_text: self.text.trim().to_owned(),
        };
        Some(RecordRunReviewRequest { review_id: review.clone(), run_id: run.clone(), verdict })
    }
}

/// `1,204 of 4,096 bytes`, for a counter below a field.
pub fn size_of(text: &str, limit: usize) -> String {
    format!("{} of {} bytes", grouped(text.trim().len()), grouped(limit))
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let head = digits.len() % 3;
    let mut text = digits[..head].to_owned();
    for (at, digit) in digits[head..].chars().enumerate() {
        if at % 3 == 0 && !text.is_empty() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What the button that records an outcome says.
pub fn record_label(outcome: Option<RunReviewOutcome>) -> &'static str {
    match outcome {
        Some(RunReviewOutcome::Approved) => "Approve",
        Some(RunReviewOutcome::Rejected) => "Reject",
        _ => "Record verdict",
    }
}

/// A recorded verdict beside a draft: the fields that differ, as field name,
/// recorded and drafted text.
pub fn differences(
    recorded: &RunReview,
    draft: &VerdictForm,
) -> Vec<(&'static str, String, String)> {
    let outcome = |outcome: Option<RunReviewOutcome>| outcome.map_or("–", outcome_name).to_owned();
    let drafted = draft.confidence().map_or_else(|_| draft.confidence.clone(), percent);
    let rows = [
        ("Outcome", outcome(recorded.outcome), outcome(draft.outcome)),
        ("Confidence", recorded.confidence.map_or_else(|| "–".into(), percent), drafted),
        ("Reason", recorded.reason.clone(), draft.reason.trim().to_owned()),
        (
            "Missing work",
            super::thread::missing(recorded.missing_work.as_ref()).join("; "),
            draft.items().join("; "),
        ),
        ("Guidance", recorded.next_round_guidance.clone(), draft.guidance.trim().to_owned()),
        ("Review", recorded.review_text.clone(), draft.text.trim().to_owned()),
    ];
    rows.into_iter().filter(|(_, one, other)| one != other).collect()
}

#[cfg(test)]
mod tests;
