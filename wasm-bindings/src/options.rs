//! What `openBoard` is called with.

use js_sys::{Object, Reflect, global};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use taskloom_domain::TaskError;
use taskloom_domain::force::ForceRecoveryOptions;
use taskloom_domain::profile::ExecutionProfileValidationOptions;
use taskloom_storage::{Durability, HostLog};
use wasm_bindgen::{JsCast, JsValue};

use crate::fault::Fault;

/// The options of an opening.
#[derive(Debug)]
pub struct Options {
    /// The name of the board within its storage.
    pub name: String,
    /// Where it is kept.
    pub storage: Place,
    /// When a commit counts as kept.
    pub durability: Durability,
    /// Who may force, and how often.
    pub force: ForceRecoveryOptions,
    /// What execution profiles may say.
    pub profile_gates: ExecutionProfileValidationOptions,
}

/// Where a board is kept.
#[derive(Debug)]
pub enum Place {
    /// For as long as the board is open.
    Memory,
    /// In the database of the browser.
    IndexedDb,
    /// In the localStorage of the page.
    LocalStorage,
    /// Behind an object of the program.
    Host(HostLog),
}

/// The options as they were passed.
#[derive(Default, Deserialize)]
#[serde(default, expecting = "an object")]
struct Wishes {
    name: String,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    storage: JsValue,
    durability: Option<String>,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    force: JsValue,
    #[serde(rename = "profileGates", with = "serde_wasm_bindgen::preserve")]
    profile_gates: JsValue,
}

impl Options {
    /// Reads the object that a program passed.
    ///
    /// # Errors
    ///
    /// `validation` for a blank name, an unknown option or an unknown value.
    pub fn read(options: JsValue) -> Result<Self, Fault> {
        const KNOWN: [&str; 5] = ["name", "storage", "durability", "force", "profileGates"];

        let wishes: Wishes = read_bag(options, "open_board", &KNOWN)?;
        if wishes.name.trim().is_empty() {
            return Err(TaskError::required("open_board.name").into());
        }
        let storage = Place::read(wishes.storage)?;
        let durability = match wishes.durability.as_deref() {
            None | Some("relaxed") => Durability::Relaxed,
            Some("strict") => Durability::Strict,
            Some(_) => {
                return Err(unsupported("open_board.durability", "\"relaxed\" or \"strict\""));
            }
        };
        Ok(Self {
            name: wishes.name,
            storage,
            durability,
            force: read_force(wishes.force)?,
            profile_gates: read_gates(wishes.profile_gates)?,
        })
    }
}

/// What is not said is as it is by default.
fn read_force(wish: JsValue) -> Result<ForceRecoveryOptions, Fault> {
    #[derive(Default, Deserialize)]
    #[serde(default, expecting = "an object")]
    struct Force {
        allow_agent_force: Option<bool>,
        rate_limit_per_minute: Option<i64>,
    }

    let usual = ForceRecoveryOptions::default();
    if wish.is_undefined() || wish.is_null() {
        return Ok(usual);
    }
    let known = ["allow_agent_force", "rate_limit_per_minute"];
    let force: Force = read_bag(wish, "open_board.force", &known)?;
    Ok(ForceRecoveryOptions {
        allow_agent_force: force.allow_agent_force.unwrap_or(usual.allow_agent_force),
        rate_limit_per_minute: force.rate_limit_per_minute.unwrap_or(usual.rate_limit_per_minute),
    })
}

/// What is not said is as it is by default.
fn read_gates(wish: JsValue) -> Result<ExecutionProfileValidationOptions, Fault> {
    #[derive(Default, Deserialize)]
    #[serde(default, expecting = "an object")]
    struct Gates {
        allow_provider_override: Option<bool>,
        allow_sandbox_none: Option<bool>,
        allow_sandbox_ref: Option<bool>,
        max_coordinator_guidance_bytes: Option<usize>,
    }

    let usual = ExecutionProfileValidationOptions::default();
    if wish.is_undefined() || wish.is_null() {
        return Ok(usual);
    }
    let known = [
        "allow_provider_override",
        "allow_sandbox_none",
        "allow_sandbox_ref",
        "max_coordinator_guidance_bytes",
    ];
    let gates: Gates = read_bag(wish, "open_board.profileGates", &known)?;
    Ok(ExecutionProfileValidationOptions {
        allow_provider_override: gates
            .allow_provider_override
            .unwrap_or(usual.allow_provider_override),
        allow_sandbox_none: gates.allow_sandbox_none.unwrap_or(usual.allow_sandbox_none),
        allow_sandbox_ref: gates.allow_sandbox_ref.unwrap_or(usual.allow_sandbox_ref),
        max_coordinator_guidance_bytes: gates
            .max_coordinator_guidance_bytes
            .unwrap_or(usual.max_coordinator_guidance_bytes),
    })
}

/// Reads an object of options, and refuses one that has others.
///
/// # Errors
///
/// `validation` at `path`, or at the option that is unknown.
pub fn read_bag<T: DeserializeOwned>(bag: JsValue, path: &str, known: &[&str]) -> Result<T, Fault> {
    // Serde only asks for the fields that it knows.
    let keys = bag.dyn_ref::<Object>().map(Object::keys).unwrap_or_default();
    let unknown =
        keys.iter().filter_map(|key| key.as_string()).find(|key| !known.contains(&&**key));
    if let Some(key) = unknown {
        return Err(TaskError::validation(&format!("{path}.{key}"), "is unknown").into());
    }
    serde_wasm_bindgen::from_value(bag).map_err(|error| Fault::malformed(path, &error.to_string()))
}

fn unsupported(path: &str, choices: &str) -> Fault {
    TaskError::validation(path, &format!("must be {choices}")).into()
}

impl Place {
    fn read(wish: JsValue) -> Result<Self, Fault> {
        const PATH: &str = "open_board.storage";
        match wish.as_string().as_deref() {
            Some("memory") => Ok(Place::Memory),
            Some("indexeddb") => Ok(Place::IndexedDb),
            Some("localstorage") => Ok(Place::LocalStorage),
            None if wish.is_undefined() || wish.is_null() => Ok(Place::of_this_place()),
            None if wish.is_object() => HostLog::new(wish)
                .map(Place::Host)
                .map_err(|error| TaskError::validation(PATH, &error.to_string()).into()),
            _ => {
                let choices = "\"indexeddb\", \"localstorage\", \"memory\" or a store";
                Err(unsupported(PATH, choices))
            }
        }
    }

    /// The database where there is one; Node has none. A browser that refuses to
    /// open it is an error: nobody should believe that a board is kept.
    fn of_this_place() -> Self {
        match Reflect::get(&global(), &"indexedDB".into()) {
            Ok(factory) if factory.is_object() => Place::IndexedDb,
            _ => Place::Memory,
        }
    }
}
