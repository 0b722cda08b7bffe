//! The page's address: what is open and filtered stands in the URL, so that
//! reload, Back and a copied link show the same.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use leptos_router::params::ParamsMap;
use taskloom_domain::id::TaskId;

/// Whether a change of the address is a step that Back takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// It is.
    Step,
    /// It goes with the step before, as typing in a filter does.
    Same,
}

type Go = Box<dyn Fn(&str, Whence, Trace)>;

/// From where a path is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whence {
    /// From the folder that the app is served from.
    App,
    /// From the origin.
    Origin,
}

/// The address. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Address {
    query: Memo<ParamsMap>,
    path: Memo<String>,
    go: StoredValue<Go, LocalStorage>,
}

impl Address {
    /// The address of the running router.
    pub fn of_router() -> Self {
        let navigate = use_navigate();
        let go: Go = Box::new(move |to, whence, trace| {
            let resolve = whence == Whence::App;
            let replace = trace == Trace::Same;
            let options = NavigateOptions { resolve, replace, scroll: false, ..Default::default() };
            navigate(to, options);
        });
        Self {
            query: use_query_map(),
            path: use_location().pathname,
            go: StoredValue::new_local(go),
        }
    }

    /// A parameter; empty if it is absent. Tracked.
    pub fn get(self, key: &str) -> String {
        self.query.with(|query| query.get(key)).unwrap_or_default()
    }

    /// The task in the side panel. Tracked.
    pub fn panel_task(self) -> Option<TaskId> {
        self.get("panel").strip_prefix("task:").filter(|id| !id.is_empty()).map(TaskId::from)
    }

    /// Opens a task in the side panel, or closes the panel.
    pub fn set_panel(self, task: Option<&TaskId>) {
        self.set("panel", &task.map(|id| format!("task:{id}")).unwrap_or_default(), Trace::Step);
    }

    /// Opens a page, or a record on one, by its path below the folder that the app
    /// is served from.
    pub fn open(self, path: &str) {
        self.go.with_value(|go| go(path, Whence::App, Trace::Step));
    }

    /// Changes a parameter; an empty value takes it away.
    pub fn set(self, key: &'static str, value: &str, trace: Trace) {
        let mut query = self.query.get_untracked();
        if query.get(key).unwrap_or_default() == value {
            return;
        }
        if value.is_empty() {
            query.remove(key);
        } else {
            query.replace(key, value.to_owned());
        }
        let to = format!("{}{}", self.path.get_untracked(), query.to_query_string());
        self.go.with_value(|go| go(&to, Whence::Origin, trace));
    }
}
