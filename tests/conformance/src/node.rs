//! Drives the engine inside Node, or inside a browser that Node drives.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Map, Value};

use crate::engine::{Engine, Refusal};
use crate::scenario::{Actor, Options};
use crate::wire::{Answer, Request, fault};

/// What serves the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// The adapter of this crate, as a WebAssembly module.
    Wasm,
    /// The npm package in Node, on boards in memory.
    Npm,
    /// The npm package in a browser, on boards in its database.
    Browser,
}

impl Host {
    /// The host with this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "wasm" => Some(Self::Wasm),
            "npm" => Some(Self::Npm),
            "browser" => Some(Self::Browser),
            _ => None,
        }
    }

    fn script(self) -> &'static str {
        match self {
            Self::Wasm => "wasm.mjs",
            Self::Npm => "npm.mjs",
            Self::Browser => "browser.mjs",
        }
    }
}

/// A Node process with the engine behind it. One serves many scenarios, one after
/// the other.
pub struct NodeEngine {
    node: Child,
    /// None once the host was told that there is no more.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// What went wrong where nobody could be told; the next answer tells it.
    lost: Option<Refusal>,
}

impl NodeEngine {
    /// Starts a host with what it serves: the module, or the packed package.
    ///
    /// # Errors
    ///
    /// A text if Node cannot be started.
    pub fn start(host: Host, served: &Path) -> Result<Self, String> {
        let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts");
        let mut node = Command::new("node")
            .arg(hosts.join(host.script()))
            .arg(served)
            .env("TASKLOOM_TARBALL", served)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start node: {error}"))?;
        let (Some(requests), Some(answers)) = (node.stdin.take(), node.stdout.take()) else {
            return Err("node has no pipes".into());
        };
        Ok(Self { node, requests: Some(requests), answers: BufReader::new(answers), lost: None })
    }

    /// Puts a fresh engine in a scenario's surroundings.
    ///
    /// # Errors
    ///
    /// A text if the options do not decode.
    pub fn renew(&mut self, options: &Options) -> Result<(), String> {
        self.lost = None;
        self.ask(&Request::New(options.clone())).map(drop).map_err(|refusal| refusal.message)
    }

    fn ask(&mut self, request: &Request) -> Result<Value, Refusal> {
        if let Some(lost) = self.lost.take() {
            return Err(lost);
        }
        match self.exchange(request).map_err(|error| fault(format!("node: {error}")))? {
            Answer::Ok(value) => Ok(value),
            Answer::Err(refusal) => Err(refusal),
        }
    }

    fn exchange(&mut self, request: &Request) -> std::io::Result<Answer> {
        let mut line = serde_json::to_string(request)?;
        line.push('\n');
        if let Some(requests) = &mut self.requests {
            requests.write_all(line.as_bytes())?;
            requests.flush()?;
        }
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    }
}

impl Engine for NodeEngine {
    fn advance(&mut self, millis: i64) {
        if millis != 0 {
            self.lost = self.ask(&Request::Advance(millis)).err();
        }
    }

    fn call(
        &mut self,
        op: &str,
        args: &Map<String, Value>,
        actor: Option<&Actor>,
    ) -> Result<Value, Refusal> {
        self.ask(&Request::Call { op: op.into(), args: args.clone(), actor: actor.cloned() })
    }

    fn state(&mut self) -> Value {
        // A state that is no state differs from every trace.
        self.ask(&Request::State).unwrap_or_else(|refusal| Value::String(refusal.message))
    }
}

impl Drop for NodeEngine {
    fn drop(&mut self) {
        // At the end of its input it ends by itself, and what it started with it.
        self.requests = None;
        let _ = self.node.wait();
    }
}
