//! What events say: one payload per type, with the fields in wire order. An
//! audit log outlives the code that wrote it, so a field is never renamed.

use serde::Serialize;

use super::EventType;

mod review;
mod run;
mod scheduler;
mod task;

pub use review::*;
pub use run::*;
pub use scheduler::*;
pub use task::*;

/// A payload that belongs to one event type.
pub trait EventPayload: Serialize {
    /// The type.
    const TYPE: EventType;
}

/// Declares payloads and the event types that they belong to.
macro_rules! payloads {
    ($(
        $event:ident =>
        $(#[$meta:meta])*
        pub struct $name:ident { $($(#[$fmeta:meta])* pub $field:ident: $type:ty,)+ }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        pub struct $name { $($(#[$fmeta])* pub $field: $type,)+ }

        impl $crate::event::EventPayload for $name {
            const TYPE: $crate::event::EventType = $crate::event::EventType::$event;
        }
    )+};
}

use payloads;

#[cfg(test)]
mod tests;
