//! What a board knows and what it still has to do.

use std::rc::Rc;

use futures_channel::mpsc::UnboundedSender;
use futures_channel::oneshot;
use taskloom_domain::store::Change;

use super::super::change::{BoardChange, Source};
use super::super::loading::{Loaded, Readable};
use super::super::operation::Operation;
use super::super::standing::{Damage, Standing};
use super::super::working_copy::WorkingCopy;
use crate::entry::{self, Attempt, Entry, Extent, WriterId};
use crate::error::{CloseReason, StorageError};
use crate::snapshot::SnapshotWriter;
use crate::version::Version;

/// The next thing to do.
pub(super) enum Job {
    /// Nothing is left.
    Rest,
    /// These changed nothing, and everything before them is kept.
    Answer(Vec<Box<dyn Operation>>),
    /// These cannot be written down.
    GiveUp(Vec<Box<dyn Operation>>, StorageError),
    /// Read what is new in the log.
    CatchUp,
    /// Append these bytes after this version.
    Append(Version, Vec<u8>),
    /// Let go of the log.
    Close,
}

enum Phase {
    Open,
    Closing,
    Closed(CloseReason),
}

/// What did not work when it was last tried. That the log can be read says nothing
/// of whether it can be written to.
#[derive(Default)]
struct Failures {
    reading: Option<StorageError>,
    writing: Option<StorageError>,
}

/// The state of a board. Nothing in here waits.
pub(in super::super) struct State {
    pub(in super::super) copy: WorkingCopy,
    attempt: Attempt,
    /// How many waiting operations are in the append that is on its way.
    in_flight: usize,
    /// The newest version that another handle announced.
    heard: Version,
    catch_ups: Vec<oneshot::Sender<Result<(), StorageError>>>,
    working: bool,
    phase: Phase,
    closers: Vec<oneshot::Sender<()>>,
    watchers: Vec<UnboundedSender<BoardChange>>,
    failures: Failures,
    /// What callers are told of failures and standing.
    fault: Option<StorageError>,
    standing: Standing,
    fault_watchers: Vec<UnboundedSender<Option<StorageError>>>,
    newest_snapshot: Option<Version>,
    taking_snapshot: bool,
    snapshot_waiters: Vec<oneshot::Sender<Result<Version, StorageError>>>,
}

impl State {
    pub(super) fn new(
        copy: WorkingCopy,
        writer: WriterId,
        snapshot: Option<Version>,
        standing: Standing,
    ) -> Self {
        let fault = standing.obstacle();
        Self {
            copy,
            attempt: Attempt { writer, number: 0 },
            in_flight: 0,
            heard: Version::ZERO,
            catch_ups: Vec::new(),
            working: false,
            phase: Phase::Open,
            closers: Vec::new(),
            watchers: Vec::new(),
            failures: Failures::default(),
            fault,
            standing,
            fault_watchers: Vec::new(),
            newest_snapshot: snapshot,
            taking_snapshot: false,
            snapshot_waiters: Vec::new(),
        }
    }

    // What the board's callers ask for.

    pub(in super::super) fn submit(
        &mut self,
        operation: Box<dyn Operation>,
    ) -> Result<(), StorageError> {
        self.check_open()?;
        if let Some(obstacle) = self.standing.obstacle()
            && (self.standing.newer.is_some() || operation.extent() == Extent::Part)
        {
            return Err(obstacle);
        }
        self.copy.submit(operation, &self.standing.damage);
        Ok(())
    }

    pub(in super::super) fn damage(&self) -> &Damage {
        &self.standing.damage
    }

    pub(in super::super) fn ask_to_catch_up(
        &mut self,
        answer: oneshot::Sender<Result<(), StorageError>>,
    ) -> Result<(), StorageError> {
        self.check_open()?;
        self.catch_ups.push(answer);
        Ok(())
    }

    pub(in super::super) fn ask_for_snapshot(
        &mut self,
        answer: oneshot::Sender<Result<Version, StorageError>>,
    ) -> Result<(), StorageError> {
        self.check_snapshot()?;
        self.snapshot_waiters.push(answer);
        Ok(())
    }

    pub(in super::super) fn ask_to_close(&mut self, answer: oneshot::Sender<()>) {
        if matches!(self.phase, Phase::Closed(_)) {
            return;
        }
        self.phase = Phase::Closing;
        self.closers.push(answer);
    }

    pub(in super::super) fn watch(&mut self, watcher: UnboundedSender<BoardChange>) {
        if !matches!(self.phase, Phase::Closed(_)) {
            self.watchers.push(watcher);
        }
    }

    pub(in super::super) fn watch_fault(&mut self, watcher: UnboundedSender<Option<StorageError>>) {
        if !matches!(self.phase, Phase::Closed(_)) {
            self.fault_watchers.push(watcher);
        }
    }

    pub(in super::super) fn fault(&self) -> Option<&StorageError> {
        self.fault.as_ref()
    }

    // What the log tells.

    pub(super) fn hear(&mut self, version: Version) {
        if !matches!(self.phase, Phase::Closed(_)) {
            self.heard = self.heard.max(version);
        }
    }

    /// The log was closed by somebody else.
    pub(super) fn lose(&mut self, error: StorageError) {
        let reason = match error {
            StorageError::Closed { reason } => reason,
            _ => CloseReason::Platform,
        };
        self.failures.writing = Some(error);
        self.tell_fault();
        self.end(reason);
    }

    // The order of the work.

    /// Whether somebody has to begin working; nobody has where somebody does.
    pub(super) fn begin_work(&mut self) -> bool {
        !std::mem::replace(&mut self.working, true)
    }

    pub(super) fn next_job(&mut self) -> Job {
        if let Phase::Closed(reason) = self.phase {
            let error = StorageError::Closed { reason };
            for answer in self.catch_ups.drain(..) {
                let _ = answer.send(Err(error.clone()));
            }
            if self.copy.waiting() > 0 {
                return Job::GiveUp(self.copy.give_up(), error);
            }
        }
        if self.heard > self.copy.version() || !self.catch_ups.is_empty() {
            return Job::CatchUp;
        }
        if let Some(obstacle) = self.standing.obstacle()
            && !self.copy.unkept().is_empty()
            && !self.copy.replaces(self.copy.waiting())
        {
            return Job::GiveUp(self.copy.give_up(), obstacle);
        }
        if self.copy.waiting() > 0 {
            return self.next_append();
        }
        if matches!(self.phase, Phase::Closing) {
            return Job::Close;
        }
        self.working = false;
        Job::Rest
    }

    fn next_append(&mut self) -> Job {
        let version = self.copy.version();
        let change_sets = self.copy.unkept();
        if change_sets.is_empty() {
            let (operations, _) = self.copy.keep(self.copy.waiting(), version);
            return Job::Answer(operations);
        }
        self.attempt.number += 1;
        match entry::encode(version.next(), self.attempt, change_sets) {
            Ok(bytes) => {
                self.in_flight = self.copy.waiting();
                Job::Append(version, bytes)
            }
            Err(error) => Job::GiveUp(self.copy.give_up(), error),
        }
    }

    // How it went.

    pub(super) fn keep(&mut self, version: Version) -> Vec<Box<dyn Operation>> {
        let count = std::mem::take(&mut self.in_flight);
        if self.copy.replaces(count) {
            self.standing = Standing::default();
        }
        let (operations, changes) = self.copy.keep(count, version);
        self.publish(version, changes, Source::Own);
        // Only who has read everything can append.
        self.failures = Failures::default();
        self.tell_fault();
        operations
    }

    pub(super) fn give_up(&mut self, error: &StorageError) -> Vec<Box<dyn Operation>> {
        self.in_flight = 0;
        // Why it was closed says more than what became of the last append.
        if !matches!(self.phase, Phase::Closed(_)) {
            self.failures.writing = Some(error.clone());
            self.tell_fault();
        }
        self.copy.give_up()
    }

    /// Applies what could be read of other writers' entries.
    pub(super) fn rebase(&mut self, read: &Readable) {
        let entries = &read.entries;
        if entries.iter().any(Entry::replaces) {
            self.standing = Standing::default();
        }
        self.standing.damage.extend(read.standing.damage.clone());
        self.standing.newer = self.standing.newer.take().or(read.standing.newer.clone());
        self.tell_fault();
        let Some(version) = read.reaches else { return };
        self.in_flight = 0;
        let changes = self.copy.rebase(entries, version, &self.standing.damage);
        let own = self.attempt.writer.to_string();
        for (entry, changes) in entries.iter().zip(changes) {
            let source = if entry.writer == own { Source::Own } else { Source::Other };
            self.publish(entry.version, changes, source);
        }
    }

    pub(super) fn replace(&mut self, loaded: Loaded) {
        self.in_flight = 0;
        self.standing = loaded.standing;
        self.tell_fault();
        let damage = &self.standing.damage;
        let changes = self.copy.replace(loaded.store, loaded.version, damage);
        self.newest_snapshot = self.newest_snapshot.max(loaded.snapshot);
        self.publish(loaded.version, changes, Source::Other);
    }

    pub(super) fn caught_up(&mut self, result: &Result<(), StorageError>) {
        self.heard = Version::ZERO;
        self.failures.reading = result.clone().err();
        self.tell_fault();
        for answer in self.catch_ups.drain(..) {
            let _ = answer.send(result.clone());
        }
    }

    pub(super) fn closed(&mut self) {
        self.end(CloseReason::Owner);
    }

    // Snapshots.

    /// The snapshot to write, and the version of the one before it; nothing while
    /// another one is being written.
    pub(super) fn begin_snapshot(&mut self) -> Option<(SnapshotWriter, Option<Version>)> {
        // A snapshot would take the place of what cannot be read.
        if self.taking_snapshot || self.check_snapshot().is_err() {
            return None;
        }
        self.taking_snapshot = true;
        let version = self.copy.version();
        let image = self.copy.with_kept(|manager| manager.store().image());
        Some((SnapshotWriter::new(version, image), self.newest_snapshot))
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    pub(super) fn end_snapshot(&mut self, kept: Result<Version, StorageError>) {
        self.taking_snapshot = false;
        match &kept {
            Ok(version) => {
                self.newest_snapshot = self.newest_snapshot.max(Some(*version));
                self.failures.writing = None;
            }
            // A closed board needs no snapshot: its entries are all there.
            Err(_) if !self.is_open() => {}
            Err(error) => self.failures.writing = Some(error.clone()),
        }
        self.tell_fault();
        for answer in self.snapshot_waiters.drain(..) {
            let _ = answer.send(kept.clone());
        }
    }

    /// Whether a snapshot may be kept.
    pub(super) fn check_snapshot(&self) -> Result<(), StorageError> {
        self.check_open()?;
        self.standing.obstacle().map_or(Ok(()), Err)
    }

    fn check_open(&self) -> Result<(), StorageError> {
        match self.phase {
            Phase::Open => Ok(()),
            Phase::Closing => Err(StorageError::Closed { reason: CloseReason::Owner }),
            Phase::Closed(reason) => Err(StorageError::Closed { reason }),
        }
    }

    fn end(&mut self, reason: CloseReason) {
        self.phase = Phase::Closed(reason);
        self.heard = Version::ZERO;
        self.watchers.clear();
        self.fault_watchers.clear();
        for closer in self.closers.drain(..) {
            let _ = closer.send(());
        }
    }

    fn publish(&mut self, version: Version, changes: Rc<[Change]>, source: Source) {
        let change = BoardChange { version, changes, source };
        self.watchers.retain(|watcher| watcher.unbounded_send(change.clone()).is_ok());
    }

    fn tell_fault(&mut self) {
        let Failures { reading, writing } = &self.failures;
        let fault = writing.as_ref().or(reading.as_ref()).cloned();
        let fault = fault.or_else(|| self.standing.obstacle());
        if self.fault != fault {
            self.fault = fault;
            self.fault_watchers
                .retain(|watcher| watcher.unbounded_send(self.fault.clone()).is_ok());
        }
    }
}
