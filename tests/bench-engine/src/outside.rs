//! The clock and the printer.

/// Milliseconds since some instant.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn now() -> f64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1000.0
}

/// Prints a line.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn print(line: &str) {
    println!("{line}");
}

#[cfg(target_arch = "wasm32")]
pub(crate) use host::{now, print};

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the host's functions are foreign")]
mod host {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        #[link_name = "now"]
        fn host_now() -> f64;
        #[link_name = "print"]
        fn host_print(start: *const u8, length: usize);
    }

    pub(crate) fn now() -> f64 {
        // SAFETY: takes nothing and answers a number.
        unsafe { host_now() }
    }

    pub(crate) fn print(line: &str) {
        // SAFETY: the host reads these bytes during the call, and no others.
        unsafe { host_print(line.as_ptr(), line.len()) }
    }
}
