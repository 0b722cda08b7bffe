//! Whether a board can be written to, and what stands in the way.

use thiserror::Error;

use crate::error::{Part, StorageError};

/// One part of a stored board that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedPart {
    /// Which one.
    pub part: Part,
    /// What is wrong with it.
    pub cause: String,
}

/// What of a stored board could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Damage {
    /// The parts, in the order in which they were met.
    pub parts: Vec<DamagedPart>,
    /// What is lost by them.
    pub loss: Loss,
}

/// Whether records are missing because of damage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Loss {
    /// None: an older snapshot and the entries since then stand for what is damaged.
    #[default]
    Nothing,
    /// Whatever stood in the damaged parts and nowhere else.
    Records,
}

/// Why damage was not given up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AcceptDamageError {
    /// It is not the damage that the decision was made on.
    #[error("more of the board turned out to be damaged; look at it again before you give it up")]
    Changed {
        /// What is damaged now.
        now: Damage,
    },
    /// The board could not be written down.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl AcceptDamageError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            AcceptDamageError::Changed { .. } => "conflict",
            AcceptDamageError::Storage(error) => error.code(),
        }
    }
}

impl Damage {
    pub(super) fn add(&mut self, part: Part, cause: String) {
        self.parts.push(DamagedPart { part, cause });
    }

    pub(super) fn add_lossy(&mut self, part: Part, cause: String) {
        self.add(part, cause);
        self.loss = Loss::Records;
    }

    pub(super) fn extend(&mut self, more: Damage) {
        self.parts.extend(more.parts);
        if more.loss == Loss::Records {
            self.loss = Loss::Records;
        }
    }

    /// The error that every write is refused with; none where nothing is lost.
    pub(super) fn error(&self) -> Option<StorageError> {
        if self.loss == Loss::Nothing {
            return None;
        }
        let first = self.parts.first()?;
        let cause = match self.parts.len() {
            1 => first.cause.clone(),
            2 => format!("{}, and so is another part", first.cause),
            count => format!("{}, and so are {} other parts", first.cause, count - 1),
        };
        Some(StorageError::corrupt(first.part, cause))
    }
}

/// Where a board stands between its log and its callers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) damage: Damage,
    /// Something that a newer version wrote, and all that follows it, is not
    /// applied.
    pub(super) newer: Option<StorageError>,
}

impl Standing {
    /// Why nothing is written; none where the board can be written to.
    pub(super) fn obstacle(&self) -> Option<StorageError> {
        self.newer.clone().or_else(|| self.damage.error())
    }
}
