//! The board: columns by stage, cards in them, and the ways to move a card.

mod card;
mod carry;
mod column;
mod empty;
mod move_menu;
mod page;
mod pick_up;
mod quick_add;
mod state;
mod tabs;

pub use page::BoardPage;
