//! Serving the built app on this machine.

mod content;

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use tiny_http::{Header, Method, Request, Response, Server, StatusCode};

use crate::app;
use crate::project::Project;
use crate::setup::{Piece, Tools};
use content::{cache_control, content_type, path_of};

/// The browser keeps data by address, port included: the usual port is the
/// same every time, so that yesterday's board is there today.
const USUAL_PORT: u16 = 8080;

/// Browsers ask for several files at once and keep connections open.
const WORKERS: usize = 4;

/// On which port to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// The usual one, or any free one when it is taken.
    Usual,
    /// This one or none.
    Exactly(u16),
    /// Any free one.
    Free,
}

/// A server that answers until the program ends.
pub struct Serving {
    address: SocketAddr,
    workers: Vec<JoinHandle<()>>,
}

impl Serving {
    /// Starts serving the files of a folder.
    pub fn start(folder: &Path, port: Port) -> Result<Self> {
        let server = match port {
            Port::Exactly(port) => listen(port)?,
            Port::Free => listen(0)?,
            Port::Usual => listen(USUAL_PORT).or_else(|_| listen(0))?,
        };
        let address = server.server_addr().to_ip().context("not serving on a network address")?;
        let server = Arc::new(server);
        let workers = (0..WORKERS).map(|_| {
            let (server, folder) = (Arc::clone(&server), folder.to_owned());
            std::thread::spawn(move || answer_all(&server, &folder))
        });
        Ok(Self { address, workers: workers.collect() })
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    fn wait(self) {
        for worker in self.workers {
            // A worker that panicked has said so; the others go on.
            let _ = worker.join();
        }
    }
}

/// Builds the app and serves it until it is interrupted.
pub fn run(project: &Project, port: Port) -> Result<()> {
    let tools = Tools::ready(project, &Piece::OF_THE_APP)?;
    let dist = app::build(project, &tools)?;
    let serving = Serving::start(&dist, port)?;
    if port == Port::Usual && serving.address.port() != USUAL_PORT {
        println!(
            "Port {USUAL_PORT} is taken. Boards belong to an address, so this one shows others."
        );
    }
    println!("\nTaskloom is at {}   (Ctrl-C stops it)", serving.url());
    serving.wait();
    Ok(())
}

fn listen(port: u16) -> Result<Server> {
    Server::http((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| anyhow!("cannot serve on port {port}: {error}"))
}

fn answer_all(server: &Server, folder: &Path) {
    while let Ok(request) = server.recv() {
        // The browser went away: nobody is left to tell.
        let _ = answer(request, folder);
    }
}

fn answer(request: Request, folder: &Path) -> std::io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(Response::empty(StatusCode(405)));
    }
    match path_of(request.url()).and_then(|path| open(folder, path, &request)) {
        Some((path, file)) => {
            let response = Response::from_file(file)
                .with_chunked_threshold(usize::MAX)
                .with_header(header("Content-Type", content_type(&path)))
                .with_header(header("Cache-Control", cache_control(&path)));
            request.respond(response)
        }
        None => request.respond(Response::from_string("not found").with_status_code(404)),
    }
}

/// The file of that path. The app has pages of its own, so a person who asks
/// for anything else gets the app.
fn open(folder: &Path, path: PathBuf, request: &Request) -> Option<(PathBuf, File)> {
    let file = |path: &Path| {
        let path = folder.join(path);
        File::open(&path).ok().filter(|_| path.is_file())
    };
    if let Some(found) = file(&path) {
        return Some((path, found));
    }
    let page = PathBuf::from("index.html");
    let is_root = path.as_os_str().is_empty();
    let found = file(&page).filter(|_| is_root || wants_page(request))?;
    Some((page, found))
}

/// Browsers say so when the answer is to be shown as a page.
fn wants_page(request: &Request) -> bool {
    let mut accepted = request.headers().iter().filter(|header| header.field.equiv("Accept"));
    accepted.any(|header| header.value.as_str().contains("text/html"))
}

fn header(name: &'static str, value: &'static str) -> Header {
    Header::from_bytes(name, value).expect("names and values are ASCII literals of this crate")
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    const PAGE: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

    fn ask(address: SocketAddr, request: &str, accept: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!("{request} HTTP/1.1\r\nHost: here\r\nAccept: {accept}");
        write!(stream, "{head}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn files_and_pages_are_served_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("taskloom-serve-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("index.html"), "the page").unwrap();
        std::fs::write(folder.join("app.wasm"), "binary").unwrap();
        let serving = Serving::start(&folder, Port::Free).unwrap();
        let answers = [
            ("GET /", "*/*"),
            ("GET /releases/v1.2?open=1", PAGE),
            ("GET /app.wasm", "*/*"),
            ("GET /gone.js", "*/*"),
            ("GET /../Cargo.toml", "*/*"),
            ("POST /", PAGE),
        ]
        .map(|(request, accept)| ask(serving.address, request, accept));
        std::fs::remove_dir_all(&folder).unwrap();
        let [root, page, wasm, gone, outside, post] = answers;
        assert!(root.starts_with("HTTP/1.1 200") && root.ends_with("the page"), "{root}");
        assert!(page.starts_with("HTTP/1.1 200") && page.ends_with("the page"), "{page}");
        assert!(wasm.contains("application/wasm") && wasm.ends_with("binary"), "{wasm}");
        assert!(gone.starts_with("HTTP/1.1 404"), "{gone}");
        assert!(outside.starts_with("HTTP/1.1 404"), "{outside}");
        assert!(post.starts_with("HTTP/1.1 405"), "{post}");
    }

    #[test]
    fn a_taken_port_is_an_error_only_when_it_was_asked_for() {
        let taken = Serving::start(Path::new("."), Port::Free).unwrap();
        let again = Serving::start(Path::new("."), Port::Exactly(taken.address.port()));
        assert!(again.is_err());
    }
}
