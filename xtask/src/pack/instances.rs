//! Generated glue binds one engine for a whole program. Wrapped in a function, it
//! binds one for every call, so that each board has its own.

use anyhow::{Result, ensure};

/// The glue as a module whose one export is `bindEngine`. Its argument takes the
/// exports of the instance and answers those that are called; what it answers is the
/// class and functions of the glue, `init` and `initSync`, and the compiled `module`.
pub fn wrapped(glue: &str) -> Result<String> {
    let body = replaced(glue, "export { initSync, __wbg_init as default };", "")?;
    let body = replaced(&body, "wasm = instance.exports;", "wasm = guard(instance.exports);")?;
    let body = replaced(&body, "export class Engine", "class Engine")?;
    let body = replaced(&body, "export function actorContext", "function actorContext")?;
    let is_outer = |line: &str| line.starts_with("export ") || line.starts_with("import ");
    ensure!(!body.lines().any(is_outer), "the glue imports or exports something unexpected");
    Ok(format!("export function bindEngine(guard) {{\n{}\n{ANSWER}}}\n", body.trim_end()))
}

const ANSWER: &str =
    "return { Engine, actorContext, init: __wbg_init, initSync, module: () => wasmModule };\n";

/// The text with its one occurrence of something replaced.
fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    let count = text.matches(from).count();
    ensure!(count == 1, "the glue holds {from:?} {count} times instead of once");
    Ok(text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "\
export class Engine {}
export function actorContext() {}
function finalize(instance) {
    wasm = instance.exports;
}
export { initSync, __wbg_init as default };
";

    #[test]
    fn the_glue_is_bound_by_each_call() {
        let wrapped = wrapped(GLUE).unwrap();
        assert!(wrapped.starts_with("export function bindEngine(guard) {\nclass Engine {}\n"));
        assert!(wrapped.contains("    wasm = guard(instance.exports);\n"));
        assert_eq!(wrapped.lines().filter(|line| line.starts_with("export")).count(), 1);
    }

    #[test]
    fn glue_of_another_form_is_refused() {
        assert!(wrapped("").is_err());
        assert!(wrapped(&format!("import * as x from \"y\";\n{GLUE}")).is_err());
        assert!(wrapped(&format!("{GLUE}export const more = 1;\n")).is_err());
    }
}
