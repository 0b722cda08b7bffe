//! `bench-engine [PART]`: prints every measure, or those of one part: cycle,
//! edges, completion, list, memory.

fn main() {
    let only = std::env::args().nth(1);
    taskloom_bench::run(only.as_deref());
}
