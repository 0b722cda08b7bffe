//! From the address a browser asks for to a file and its headers.

use std::path::{Path, PathBuf};

/// The path below the served folder that an address names, if it is a proper
/// one: it never leads out of the folder.
pub fn path_of(address: &str) -> Option<PathBuf> {
    let path = address.split(['?', '#']).next()?.strip_prefix('/')?;
    let mut below = PathBuf::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let segment = decoded(segment)?;
        if segment == ".." || segment == "." || segment.contains(['/', '\\', ':', '\0']) {
            return None;
        }
        below.push(segment);
    }
    Some(below)
}

/// Text with each `%41` replaced by its byte.
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let value = digit(rest.next())? * 16 + digit(rest.next())?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The media type, by the file's ending.
pub fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Files named after their content never change: the browser may keep them,
/// and keeps the machine code of the WebAssembly with them.
pub fn cache_control(path: &Path) -> &'static str {
    let stem = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_hash = |part: &str| part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    match stem.split(['-', '_', '.']).any(is_hash) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(address: &str) -> Option<String> {
        path_of(address).map(|path| path.to_string_lossy().into_owned())
    }

    #[test]
    fn files_are_found_by_their_path() {
        assert_eq!(path("/app.wasm").as_deref(), Some("app.wasm"));
        assert_eq!(path("/styles//a%20b.css?v=1").as_deref(), Some("styles/a b.css"));
        assert_eq!(path("/#top").as_deref(), Some(""));
    }

    #[test]
    fn nothing_outside_the_folder_has_an_address() {
        for address in [
            "/../secret.txt",
            "/a/../../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/..%5csecret.txt",
            "/c:%5csecret.txt",
            "/a%00.txt",
            "/%zz.txt",
            "/%ff.txt",
            "secret.txt",
            "http://elsewhere/secret.txt",
        ] {
            assert_eq!(path(address), None, "{address}");
        }
    }

    #[test]
    fn wasm_has_the_type_that_browsers_insist_on() {
        assert_eq!(content_type(Path::new("a/app_bg.wasm")), "application/wasm");
        assert_eq!(content_type(Path::new("index.html")), "text/html; charset=utf-8");
        assert_eq!(content_type(Path::new("odd")), "application/octet-stream");
    }

    #[test]
    fn only_files_named_by_their_content_are_kept() {
        let kept = "public, max-age=31536000, immutable";
        assert_eq!(cache_control(Path::new("taskloom-web-1f3a9c0de5b7a812_bg.wasm")), kept);
        assert_eq!(cache_control(Path::new("index.html")), "no-cache");
        assert_eq!(cache_control(Path::new("taskloom-web.js")), "no-cache");
    }
}
