//! Errors on their way to JavaScript, where the package makes a `TaskloomError`
//! of them.

use js_sys::Array;
use serde::Serialize;
use taskloom_domain::autonomy::AutonomyReasonCode;
use taskloom_domain::claim_token::redact_claim_tokens;
use taskloom_domain::diagnostic::DiagnosticItem;
use taskloom_domain::error::TaskError;
use taskloom_domain::id::TaskId;
use taskloom_storage::{BoardError, BundleError, ImportError, StorageError};
use wasm_bindgen::JsValue;

/// An error as JavaScript gets it.
#[derive(Debug, Serialize)]
pub struct Fault {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    path: String,
    details: Details,
    /// What a function of the program threw.
    #[serde(skip)]
    cause: Option<JsValue>,
}

/// The facts behind an error.
#[derive(Debug, Default, Serialize)]
struct Details {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tasks: Vec<TaskId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<AutonomyReasonCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnostic: Option<Box<DiagnosticItem>>,
}

impl Fault {
    /// A value that does not have the form that is asked for.
    pub fn malformed(path: &str, cause: &str) -> Self {
        let cause = cause.trim_start_matches("Error: ");
        TaskError::validation(path, &format!("has the wrong form: {cause}")).into()
    }

    /// The same error because of something that was thrown, if it was.
    pub fn caused_by(self, thrown: Option<JsValue>) -> Self {
        Self { cause: self.cause.or(thrown), ..self }
    }

    /// An error without further facts. Its text may quote a document, which may
    /// hold a claim token.
    fn plain(code: &'static str, message: &str) -> Self {
        let message = redact_claim_tokens(message);
        Self { code, message, path: String::new(), details: Details::default(), cause: None }
    }
}

impl From<TaskError> for Fault {
    fn from(error: TaskError) -> Self {
        Self {
            code: error.kind().code(),
            message: error.to_string(),
            path: error.path().to_owned(),
            details: Details {
                tasks: error.evidence().to_vec(),
                reason: error.reason(),
                diagnostic: error.diagnostic().cloned().map(Box::new),
            },
            cause: None,
        }
    }
}

impl From<StorageError> for Fault {
    fn from(error: StorageError) -> Self {
        Self::plain(error.code(), &error.to_string())
    }
}

impl From<BoardError> for Fault {
    fn from(error: BoardError) -> Self {
        match error {
            BoardError::Refused(error) => error.into(),
            BoardError::Storage(error) => error.into(),
        }
    }
}

impl From<BundleError> for Fault {
    fn from(error: BundleError) -> Self {
        Self::plain(error.code(), &error.to_string())
    }
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Self {
        let fault = Self::plain(error.code(), &error.to_string());
        let ImportError::Conflict(conflict) = error else { return fault };
        Self { details: Details { tasks: conflict.tasks(), ..Details::default() }, ..fault }
    }
}

impl From<Fault> for JsValue {
    /// A text, or a list of it and its cause.
    fn from(fault: Fault) -> Self {
        // The package treats a text that is no JSON as a fault of its own.
        let text = serde_json::to_string(&fault).unwrap_or(fault.message).into();
        match fault.cause {
            Some(cause) => Array::of2(&text, &cause).into(),
            None => text,
        }
    }
}
