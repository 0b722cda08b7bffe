//! One task: the side panel with its facts, its neighbours in the graph, its runs
//! and its verbs.

mod dependencies;
mod facts;
mod panel;
mod runs;
mod verbs;

pub use panel::TaskPanel;
