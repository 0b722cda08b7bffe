//! Why nothing happens to a task, and why a claimer does not get a run: complete
//! lists of what stands in the way, each entry with a step that leads on.

mod claim;
mod idle;
mod line;

pub use claim::{ClaimExplanation, ClaimSurvey, explain_claim, survey_claims};
pub use idle::{Hindrance, Known, Lease, Obstacle, why_idle};
pub use line::QueueLine;

#[cfg(test)]
mod tests;
