//! The entry of the page.

fn main() {
    #[cfg(target_arch = "wasm32")]
    taskloom_web::start();
}
