//! Running other programs.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A program about to run, without standard input: nothing here ever asks.
pub struct Program {
    command: Command,
    shown: String,
}

/// What a program that ran to its end left behind.
pub struct Ended {
    pub succeeded: bool,
    pub stdout: String,
}

impl Program {
    pub fn new(name: impl AsRef<OsStr>) -> Self {
        let name = name.as_ref();
        let mut command = Command::new(name);
        command.stdin(Stdio::null());
        // Cargo describes xtask itself in these; a build started from here
        // must look the same as one started from a shell.
        for (key, _) in std::env::vars_os() {
            let key = key.to_string_lossy();
            if key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_") {
                command.env_remove(key.as_ref());
            }
        }
        let shown = Path::new(name).file_name().unwrap_or(name).to_string_lossy().into_owned();
        Self { command, shown }
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.shown.push(' ');
        self.shown.push_str(&argument.as_ref().to_string_lossy());
        self.command.arg(argument);
        self
    }

    pub fn args<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    pub fn without_env(mut self, key: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(key);
        self
    }

    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it with its output passed on; anything but success is an error.
    pub fn run(mut self) -> Result<()> {
        let status = self.command.status().with_context(|| format!("cannot run {}", self.shown))?;
        if !status.success() {
            bail!("`{}` failed ({status})", self.shown);
        }
        Ok(())
    }

    /// Runs it silently and gives what it printed; anything but success is an
    /// error that carries the last lines it wrote.
    pub fn read(mut self) -> Result<String> {
        let output = self.command.output().with_context(|| format!("cannot run {}", self.shown))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let lines: Vec<&str> = said.trim().lines().collect();
            let last = lines[lines.len().saturating_sub(20)..].join("\n");
            bail!("`{}` failed ({})\n{last}", self.shown, output.status);
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs it with its output passed on while it is also kept, and leaves it
    /// to the caller what a failure means.
    pub fn watch(mut self) -> Result<Ended> {
        self.command.stdout(Stdio::piped());
        let mut child =
            self.command.spawn().with_context(|| format!("cannot run {}", self.shown))?;
        let mut kept = Vec::new();
        if let Some(pipe) = child.stdout.take() {
            let mut pipe = BufReader::new(pipe);
            let mut start = 0;
            while pipe.read_until(b'\n', &mut kept)? > 0 {
                std::io::stdout().write_all(&kept[start..])?;
                start = kept.len();
            }
        }
        let succeeded = child.wait()?.success();
        Ok(Ended { succeeded, stdout: String::from_utf8_lossy(&kept).into_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_in_the_error() {
        let error = Program::new("/nowhere/absent-tool").arg("--version").read().unwrap_err();
        assert_eq!(error.to_string(), "cannot run absent-tool --version");
    }

    #[test]
    fn watched_output_is_kept() {
        let ended = Program::new("cargo").arg("--version").watch().unwrap();
        assert!(ended.succeeded);
        assert!(ended.stdout.starts_with("cargo "), "{}", ended.stdout);
    }

    #[test]
    fn a_failing_program_is_an_error_with_its_last_words() {
        let error = Program::new("cargo").arg("--no-such-flag").read().unwrap_err();
        assert!(error.to_string().contains("unexpected argument"), "{error}");
    }
}
