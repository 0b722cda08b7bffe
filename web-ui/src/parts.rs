//! The primitives that pages are made of. They take data and callbacks and know
//! no store.

mod confirm;
mod icon;
mod measure;
mod modal;
mod pill;
mod refusal_note;
mod task_search;
mod verb_button;

pub use confirm::Confirm;
pub use icon::Icon;
pub use measure::{root_font_size, watch_size};
pub use modal::Modal;
pub use pill::{PriorityMark, StagePill};
pub use refusal_note::RefusalNote;
pub use task_search::{Choice, TaskSearch};
pub use verb_button::VerbButton;
