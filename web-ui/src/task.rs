//! One task: the side panel with its facts, its neighbours in the graph, its runs
//! and its verbs.

mod dependencies;
mod facts;
mod finish_dialog;
mod link;
mod panel;
mod run_item;
mod runs;
mod verbs;

pub use link::TaskLink;
pub use panel::TaskPanel;
