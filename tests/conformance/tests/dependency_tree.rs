//! The engine knows nothing of the browser, of clocks and of randomness: what it
//! is built from shows it.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::process::Command;

/// Crates that would bring in the outside.
const FORBIDDEN: [&str; 10] = [
    "wasm-bindgen",
    "js-sys",
    "web-sys",
    "getrandom",
    "rand",
    "uuid",
    "chrono",
    "tokio",
    "futures-core",
    "log",
];

#[test]
fn the_engine_is_built_from_plain_crates_only() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "taskloom-domain", "--edges", "normal"])
        .args(["--target", "wasm32-unknown-unknown", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let crates: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains(&"serde_json"), "the tree was not read: {tree}");
    for name in FORBIDDEN {
        assert!(!crates.contains(&name), "taskloom-domain depends on {name}");
    }
}
