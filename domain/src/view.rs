//! Read models: what the engine answers when it is asked, never what it stores.

pub mod context;
pub mod inspect;
pub mod live;
pub mod summary;
