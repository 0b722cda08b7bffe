//! What the board shows at the moment, and what is moved on it.

use std::collections::BTreeSet;

use leptos::prelude::*;
use taskloom_domain::Enumeration;
use taskloom_domain::id::TaskId;
use taskloom_domain::stage::Stage;
use taskloom_domain::time::Duration;

use crate::board_context::{BoardContext, Listed};
use crate::gesture::{Gestures, short_name};
use crate::model::filter::Filter;
use crate::model::movement::{NotThere, Target, targets};
use crate::model::phrase;
use crate::model::refusal::Refusal;
use crate::model::roving::{self, Place, Step};
use crate::shell::Desk;

/// How long ended tasks stay in view by themselves.
const RECENT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// A card on its way to another column.
#[derive(Debug, Clone, PartialEq)]
pub struct Carry {
    /// The task.
    pub id: TaskId,
    /// Where it comes from.
    pub from: Stage,
    /// What every column says to it.
    pub targets: Vec<Target>,
    /// The column that it is over.
    pub over: Option<Stage>,
    /// How it is moved.
    pub by: Hand,
}

/// How a card is moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hand {
    /// By the pointer, which is here.
    Pointer {
        /// From the left of the window.
        x: f64,
        /// From the top of the window.
        y: f64,
    },
    /// By keys.
    Keys,
}

impl Carry {
    /// What a column says to the card.
    pub fn answer(&self, stage: Stage) -> Option<&Target> {
        self.targets.iter().find(|target| target.stage == stage)
    }
}

/// The state of the board. Cheap to copy.
#[derive(Clone, Copy)]
pub struct BoardState {
    /// The board.
    pub board: BoardContext,
    /// The gestures on it.
    pub gestures: Gestures,
    /// The page around it.
    pub desk: Desk,
    /// The text filter.
    pub filter: Memo<Filter>,
    /// The columns that show their heading alone.
    pub collapsed: RwSignal<BTreeSet<Stage>>,
    /// The columns that show old tasks too.
    pub with_older: RwSignal<BTreeSet<Stage>>,
    /// The card on its way.
    pub carry: RwSignal<Option<Carry>>,
    /// The card whose move menu is open.
    pub menu: RwSignal<Option<TaskId>>,
    /// What each column shows.
    pub columns: StoredValue<Vec<Memo<Listed>>>,
    /// The card that stands for the board in the tab order.
    stop: StoredValue<Option<Memo<Option<TaskId>>>>,
}

impl BoardState {
    /// The state under a filter.
    pub fn new(gestures: Gestures, desk: Desk, filter: Memo<Filter>) -> Self {
        let board = gestures.board;
        let with_older = RwSignal::new(BTreeSet::new());
        let columns = Stage::ALL.iter().map(|stage| {
            Memo::new(move |_| {
                let limited = matches!(stage, Stage::Done | Stage::Canceled)
                    && !with_older.with(|all: &BTreeSet<Stage>| all.contains(stage));
                let since = limited.then(|| board.now() - RECENT);
                filter.with(|filter| board.column(*stage, filter, since))
            })
        });
        let state = Self {
            board,
            gestures,
            desk,
            filter,
            collapsed: RwSignal::new(BTreeSet::from([Stage::Canceled])),
            with_older,
            carry: RwSignal::new(None),
            menu: RwSignal::new(None),
            columns: StoredValue::new(columns.collect()),
            stop: StoredValue::new(None),
        };
        // Every card asks for it, so it is found once per change.
        state.stop.set_value(Some(Memo::new(move |_| state.find_tab_stop())));
        state
    }

    /// What a column shows.
    pub fn column(self, stage: Stage) -> Memo<Listed> {
        self.columns.with_value(|columns| columns[stage as usize])
    }

    /// Whether a column shows its heading alone. Tracked.
    pub fn is_collapsed(self, stage: Stage) -> bool {
        self.collapsed.with(|all| all.contains(&stage))
    }

    /// Shows or hides the cards of a column.
    pub fn toggle(self, stage: Stage) {
        self.collapsed.update(|all| {
            if !all.remove(&stage) {
                all.insert(stage);
            }
        });
    }

    /// The columns whose cards are shown. Tracked.
    pub fn shown(self) -> Vec<Stage> {
        Stage::ALL.iter().copied().filter(|stage| !self.is_collapsed(*stage)).collect()
    }

    /// How many cards each shown column has. Tracked.
    pub fn counts(self) -> Vec<usize> {
        let shown = self.shown();
        shown.into_iter().map(|stage| self.column(stage).with(|listed| listed.ids.len())).collect()
    }

    /// Where a card is among the shown columns. Tracked.
    pub fn place(self, id: &TaskId) -> Option<Place> {
        let stage = self.board.with_index(|index| index.card(id).map(|card| card.stage))?;
        let column = self.shown().into_iter().position(|shown| shown == stage)?;
        let row = self.column(stage).with(|listed| listed.ids.iter().position(|x| x == id))?;
        Some(Place { column, row })
    }

    /// The card at a place. Tracked.
    pub fn at(self, place: Place) -> Option<TaskId> {
        let stage = self.shown().get(place.column).copied()?;
        self.column(stage).with(|listed| listed.ids.get(place.row).cloned())
    }

    /// The card that stands for the board in the tab order. Tracked.
    pub fn tab_stop(self) -> Option<TaskId> {
        self.stop.get_value().and_then(|stop| stop.get())
    }

    fn find_tab_stop(self) -> Option<TaskId> {
        let focused = self.desk.focused.get();
        let here = focused.filter(|id| self.place(id).is_some());
        here.or_else(|| self.at(roving::first(&self.counts())?))
    }

    /// Moves the focus.
    pub fn step(self, step: Step) {
        let next = untrack(move || {
            let from = self.tab_stop().and_then(|id| self.place(&id))?;
            self.at(roving::step(&self.counts(), from, step)?)
        });
        if let Some(id) = next {
            self.desk.focus_card(id);
        }
    }

    /// Picks a card up.
    pub fn pick_up(self, id: &TaskId, by: Hand) -> Option<Carry> {
        let situation = untrack(move || self.board.situation(id))?;
        let now = crate::environment::now();
        let carry = Carry {
            id: id.clone(),
            from: situation.stage(),
            targets: targets(&situation, &self.board.actor(), now),
            over: Some(situation.stage()),
            by,
        };
        self.gestures.feedback.clear_refusal(id);
        self.carry.set(Some(carry.clone()));
        Some(carry)
    }

    /// Drops the carried card where it is.
    pub fn drop_here(self) {
        let Some(carry) = self.carry.get_untracked() else { return };
        self.carry.set(None);
        let answer = carry.over.and_then(|stage| carry.answer(stage).cloned());
        match answer.map(|target| target.answer) {
            Some(Ok(verb)) => {
                self.desk.focus_card(carry.id.clone());
                self.gestures.intend(verb, carry.id);
            }
            Some(Err(NotThere::SameColumn)) | None => self.stays(&carry),
            Some(Err(why)) => {
                let name = short_name(self.board, &carry.id);
                let stage = phrase::stage(carry.from);
                let what = format!("{name} stays in {stage}");
                let refusal = Refusal::known(what, why.text(|id| self.board.name(id)));
                self.gestures.feedback.refused_on(&carry.id, refusal);
                self.desk.focus_card(carry.id);
            }
        }
    }

    /// Puts the carried card back.
    pub fn put_back(self) {
        if let Some(carry) = self.carry.get_untracked() {
            self.carry.set(None);
            self.stays(&carry);
        }
    }

    fn stays(self, carry: &Carry) {
        let name = short_name(self.board, &carry.id);
        let stage = phrase::stage(carry.from);
        self.gestures.feedback.announce(format!("Canceled, {name} stays in {stage}"));
        self.desk.focus_card(carry.id.clone());
    }
}
