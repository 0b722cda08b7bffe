//! What is tested in windows and in workers alike.

mod board;
mod database;
mod quota;
