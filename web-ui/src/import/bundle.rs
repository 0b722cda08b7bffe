//! A file that is a whole board: how it comes together with this one.

mod check;
mod result;
mod state;

pub use check::BundleCheck;
pub use result::BundleResult;
pub use state::BundleImport;
