//! What is tested in windows and in workers alike.

mod board;
mod database;
mod host;
mod leader;
mod quota;
