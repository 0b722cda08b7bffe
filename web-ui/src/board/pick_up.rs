//! Moving a card by keys: pick it up, go over the columns, drop it.

use leptos::prelude::*;
use taskloom_domain::Enumeration;
use taskloom_domain::id::TaskId;
use taskloom_domain::stage::Stage;

use super::state::{BoardState, Hand};
use crate::gesture::short_name;
use crate::model::keys::Command;
use crate::model::movement::{NotThere, Target};
use crate::model::{phrase, reason};

/// Picks a card up and says how to go on.
pub fn pick_up(state: BoardState, id: &TaskId) {
    let Some(carry) = state.pick_up(id, Hand::Keys) else { return };
    let name = short_name(state.board, id);
    let from = phrase::stage(carry.from);
    let text = format!("Picked up {name}, {from}. Left and right choose a column, Enter drops.");
    state.gestures.feedback.interrupt(text);
}

/// Answers a key while a card is picked up.
pub fn on_command(state: BoardState, command: Command) {
    match command {
        Command::Left => go(state, -1),
        Command::Right => go(state, 1),
        Command::Drop => state.drop_here(),
        Command::Back => state.put_back(),
        _ => {}
    }
}

fn go(state: BoardState, by: isize) {
    state.carry.update(|carry| {
        let Some(carry) = carry else { return };
        let at = carry.over.unwrap_or(carry.from) as isize + by;
        let at = at.clamp(0, Stage::ALL.len() as isize - 1) as usize;
        carry.over = Stage::ALL.get(at).copied();
    });
    let said = state.carry.with_untracked(|carry| {
        let carry = carry.as_ref()?;
        carry.answer(carry.over?).map(|target| say(state, target))
    });
    if let Some(text) = said {
        state.gestures.feedback.interrupt(text);
    }
}

/// What a column says to the card, as a sentence.
pub fn say(state: BoardState, target: &Target) -> String {
    let stage = phrase::stage(target.stage);
    match &target.answer {
        Ok(verb) => format!("{stage}: {}", reason::verb(*verb)),
        Err(NotThere::SameColumn) => format!("{stage}, where it is"),
        Err(why) => format!("{stage}: not possible, {}", why.text(|id| state.board.name(id))),
    }
}
