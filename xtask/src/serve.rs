//! Serving the built app on this machine.

mod content;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

use crate::app;
use crate::project::Project;
use crate::setup::{Piece, Tools};
use content::{cache_control, content_type, path_of};

/// The browser keeps data by address, port included: the usual port is the
/// same every time, so that yesterday's board is there today.
const USUAL_PORT: u16 = 8080;

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
    server: JoinHandle<Result<()>>,
}

impl Serving {
    /// Starts serving the files of a folder.
    pub fn start(folder: &Path, port: Port) -> Result<Self> {
        let listener = match port {
            Port::Exactly(port) => listen(port)?,
            Port::Free => listen(0)?,
            Port::Usual => listen(USUAL_PORT).or_else(|_| listen(0))?,
        };
        let address = listener.local_addr()?;
        let folder = folder.to_owned();
        let server = std::thread::spawn(move || answer_all(listener, folder));
        Ok(Self { address, server })
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    fn wait(self) -> Result<()> {
        self.server.join().map_err(|_| anyhow::anyhow!("the server panicked"))?
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
    serving.wait()
}

fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("cannot serve on port {port}"))
}

fn answer_all(listener: TcpListener, folder: PathBuf) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let folder: Arc<Path> = folder.into();
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (connection, _) = listener.accept().await?;
            let folder = Arc::clone(&folder);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let answer = answer(&request, &folder);
                    async { Ok::<_, Infallible>(answer) }
                });
                // The browser went away: nobody is left to tell.
                let _ =
                    http1::Builder::new().serve_connection(TokioIo::new(connection), service).await;
            });
        }
    })
}

fn answer(request: &Request<Incoming>, folder: &Path) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return status(StatusCode::METHOD_NOT_ALLOWED);
    }
    match path_of(request.uri().path()).and_then(|path| read(folder, path, request)) {
        Some((path, content)) => {
            let mut response = Response::new(Full::from(content));
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(&path)));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control(&path)));
            response
        }
        None => status(StatusCode::NOT_FOUND),
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(status.to_string()));
    *response.status_mut() = status;
    response
}

/// The file of that path. The app has pages of its own, so a person who asks
/// for anything else gets the app.
fn read(folder: &Path, path: PathBuf, request: &Request<Incoming>) -> Option<(PathBuf, Vec<u8>)> {
    if let Ok(content) = std::fs::read(folder.join(&path)) {
        return Some((path, content));
    }
    let page = PathBuf::from("index.html");
    if path.as_os_str().is_empty() || wants_page(request) {
        let content = std::fs::read(folder.join(&page)).ok()?;
        return Some((page, content));
    }
    None
}

/// Browsers say so when the answer is to be shown as a page.
fn wants_page(request: &Request<Incoming>) -> bool {
    let accepted = request.headers().get_all(ACCEPT).iter();
    accepted.filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/html"))
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

    /// Browsers open several connections at once and keep them: none may wait for
    /// another to be closed.
    #[test]
    fn open_connections_do_not_keep_others_waiting() {
        let serving = Serving::start(Path::new("."), Port::Free).unwrap();
        let mut connections: Vec<TcpStream> =
            (0..20).map(|_| TcpStream::connect(serving.address).unwrap()).collect();
        for connection in &mut connections {
            connection.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
            write!(connection, "GET /Cargo.toml HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
            let mut start = [0; 12];
            connection.read_exact(&mut start).unwrap();
            assert_eq!(&start, b"HTTP/1.1 200");
        }
    }

    #[test]
    fn a_taken_port_is_an_error_only_when_it_was_asked_for() {
        let taken = Serving::start(Path::new("."), Port::Free).unwrap();
        let again = Serving::start(Path::new("."), Port::Exactly(taken.address.port()));
        assert!(again.is_err());
    }
}
