//! Drives the engine as WebAssembly inside Node.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Map, Value};

use crate::engine::{Engine, Refusal};
use crate::scenario::{Actor, Options};
use crate::wire::{Answer, Request, fault};

const SCRIPT: &str = include_str!("node.mjs");

/// A Node process with the engine in it. One serves many scenarios, one after
/// the other.
pub struct NodeEngine {
    node: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// What went wrong where nobody could be told; the next answer tells it.
    lost: Option<Refusal>,
}

impl NodeEngine {
    /// Starts Node with a module.
    ///
    /// # Errors
    ///
    /// A text if Node cannot be started.
    pub fn start(module: &Path) -> Result<Self, String> {
        let mut node = Command::new("node")
            .args(["--input-type=module", "--eval", SCRIPT, "--"])
            .arg(module)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start node: {error}"))?;
        let (Some(requests), Some(answers)) = (node.stdin.take(), node.stdout.take()) else {
            return Err("node has no pipes".into());
        };
        Ok(Self { node, requests, answers: BufReader::new(answers), lost: None })
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
        self.requests.write_all(line.as_bytes())?;
        self.requests.flush()?;
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
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}
