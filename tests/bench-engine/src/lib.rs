//! Measures the engine: cycles of a worker, edges, completions, lists, memory.
//!
//! Each measure prints one line of JSON with its value, the value of a raw loop
//! over the standard collections that does the same look-ups, and its target.
//! The same code runs natively and as WebAssembly, where `outside` brings in
//! a clock and a place to print to.

mod completion;
mod cycle;
mod edges;
mod heap;
mod list;
mod memory;
mod outside;
mod report;
mod timing;

/// Takes and prints every measure, or those of one part alone.
pub fn run(only: Option<&str>) {
    let parts: [(&str, fn()); 5] = [
        ("cycle", cycle::measure),
        ("edges", edges::measure),
        ("completion", completion::measure),
        ("list", list::measure),
        ("memory", memory::measure),
    ];
    for (name, measure) in parts {
        if only.is_none_or(|only| only == name) {
            measure();
        }
    }
}

/// The same, for a host of the WebAssembly module.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "an export keeps its name")]
#[unsafe(no_mangle)]
pub extern "C" fn bench() {
    run(None);
}
