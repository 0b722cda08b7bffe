//! How `import` and `previewImport` are asked for.

use serde::Deserialize;
use taskloom_domain::TaskError;
use taskloom_storage::{ImportMode, Prefer};
use wasm_bindgen::JsValue;

use crate::fault::Fault;
use crate::options::read_bag;

/// The options as they were passed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub struct ImportOptions {
    mode: Option<String>,
    prefer: Option<String>,
}

impl ImportOptions {
    /// Reads what a program passed; nothing is the default.
    ///
    /// # Errors
    ///
    /// `validation` at the option that is unknown or of the wrong form.
    pub fn read(options: JsValue) -> Result<Self, Fault> {
        if options.is_undefined() || options.is_null() {
            return Ok(Self::default());
        }
        read_bag(options, "import", &["mode", "prefer"])
    }

    /// What they ask for.
    ///
    /// # Errors
    ///
    /// `validation` at `import.mode` or `import.prefer`. Whose record stands after a
    /// merge is for the program to say.
    pub fn mode(&self) -> Result<ImportMode, Fault> {
        let prefer = match self.prefer.as_deref() {
            None => None,
            Some("board") => Some(Prefer::Board),
            Some("bundle") => Some(Prefer::Bundle),
            Some(_) => return Err(refused("prefer", "must be \"board\" or \"bundle\"")),
        };
        match (self.mode.as_deref(), prefer) {
            (None | Some("into_empty"), None) => Ok(ImportMode::IntoEmpty),
            (Some("replace"), None) => Ok(ImportMode::Replace),
            (Some("merge"), Some(prefer)) => Ok(ImportMode::Merge(prefer)),
            (Some("merge"), None) => Err(refused("prefer", "is required for a merge")),
            (None | Some("into_empty" | "replace"), Some(_)) => {
                Err(refused("prefer", "is for a merge only"))
            }
            (Some(_), _) => {
                Err(refused("mode", "must be \"into_empty\", \"replace\" or \"merge\""))
            }
        }
    }
}

fn refused(option: &str, rest: &str) -> Fault {
    TaskError::validation(&format!("import.{option}"), rest).into()
}
