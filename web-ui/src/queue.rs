//! The queue: the switch of the scheduler, the claim order, the leases.

mod claim_order;
mod leases;
mod page;
mod scheduler_card;

pub use page::QueuePage;
