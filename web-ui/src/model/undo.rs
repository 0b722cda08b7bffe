//! What can be taken back: the last steps of this page that have an inverse.

use std::collections::VecDeque;
use std::sync::Arc;

use taskloom_domain::id::TaskId;
use taskloom_domain::import::Imported;
use taskloom_storage::{Bundle, Version};

/// The operation that takes a step back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inverse {
    /// Takes back a creation.
    DeleteTask(TaskId),
    /// Takes back an import, as far as nobody built on it.
    RemoveImported(Imported),
    /// Puts the whole board back.
    PutBack(Before),
    /// Takes back an edge.
    RemoveDependency {
        /// The task that waits.
        task: TaskId,
        /// The task it waits for.
        blocker: TaskId,
    },
    /// Puts the number of attempts back that a task may have, where nobody changed
    /// it since.
    MaxAttempts {
        /// The task.
        task: TaskId,
        /// What it was before.
        before: u32,
        /// What it was changed to.
        after: u32,
    },
    /// Puts an edge back.
    AddDependency {
        /// The task that waits.
        task: TaskId,
        /// The task it waits for.
        blocker: TaskId,
    },
}

/// A board before a bundle came onto it.
#[derive(Debug, Clone)]
pub struct Before {
    /// What it held.
    pub bundle: Arc<Bundle>,
    /// The version that the bundle led to.
    pub led_to: Version,
}

/// The same moment of the same board. The records need not be looked at for that.
impl PartialEq for Before {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.bundle, &other.bundle) && self.led_to == other.led_to
    }
}

impl Eq for Before {}

/// A step with its inverse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was done, in words.
    pub text: String,
    /// What takes it back.
    pub inverse: Inverse,
}

/// How many steps are kept.
const KEPT: usize = 100;

/// The steps of this page, newest last.
#[derive(Debug, Clone, Default)]
pub struct History(VecDeque<Step>);

impl History {
    /// Remembers a step.
    pub fn push(&mut self, step: Step) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(step);
    }

    /// The newest step, which is forgotten with this.
    pub fn pop(&mut self) -> Option<Step> {
        self.0.pop_back()
    }

    /// Forgets one step wherever it stands, as when its own button undid it;
    /// answers whether it was there.
    pub fn take(&mut self, step: &Step) -> bool {
        let found = self.0.iter().rposition(|known| known == step);
        found.is_some_and(|at| self.0.remove(at).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str) -> Step {
        Step { text: name.into(), inverse: Inverse::DeleteTask(name.into()) }
    }

    #[test]
    fn the_newest_step_is_taken_back_first_and_once() {
        let mut history = History::default();
        history.push(step("a"));
        history.push(step("b"));
        assert!(history.take(&step("b")));
        assert!(!history.take(&step("b")));
        assert_eq!(history.pop(), Some(step("a")));
        assert_eq!(history.pop(), None);
    }

    #[test]
    fn a_hundred_steps_are_kept() {
        let mut history = History::default();
        for number in 0..150 {
            history.push(step(&number.to_string()));
        }
        let kept: Vec<Step> = std::iter::from_fn(|| history.pop()).collect();
        assert_eq!((kept.len(), kept.last()), (100, Some(&step("50"))));
    }
}
