//! `dataset FILE`: writes the board P10k as a bundle.

use std::process::ExitCode;

use taskloom_dataset::p10k;
use taskloom_storage::Bundle;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: dataset FILE");
        return ExitCode::from(2);
    };
    let board = p10k();
    let written = Bundle::of(board.manager.store().records())
        .to_json()
        .map_err(|error| error.to_string())
        .and_then(|json| std::fs::write(&path, json).map_err(|error| error.to_string()));
    match written {
        Ok(()) => {
            println!("{:?} in {}", board.counts(), path.to_string_lossy());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot write {}: {error}", path.to_string_lossy());
            ExitCode::FAILURE
        }
    }
}
