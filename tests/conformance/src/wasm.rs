//! The engine as a WebAssembly module: text in, text out, through two buffers
//! that stay inside the module's memory.

#![allow(unsafe_code, reason = "exports keep their names")]

use std::cell::RefCell;

use crate::wire::Served;

#[derive(Default)]
struct Module {
    served: Served,
    request: Vec<u8>,
    answer: String,
}

thread_local! {
    static MODULE: RefCell<Module> = RefCell::default();
}

/// Where the host writes a request of this many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn request(length: usize) -> *mut u8 {
    MODULE.with_borrow_mut(|module| {
        module.request = vec![0; length];
        module.request.as_mut_ptr()
    })
}

/// Answers the request; says how many bytes the answer has.
#[unsafe(no_mangle)]
pub extern "C" fn perform() -> usize {
    MODULE.with_borrow_mut(|module| {
        let line = String::from_utf8_lossy(&module.request);
        module.answer = module.served.answer(&line);
        module.answer.len()
    })
}

/// Where the answer begins, until the next request.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    MODULE.with_borrow(|module| module.answer.as_ptr())
}
