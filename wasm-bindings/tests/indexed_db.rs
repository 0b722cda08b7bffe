//! Boards in the browser's database, through the class that JavaScript sees.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use js_sys::{Function, JSON, Reflect};
use taskloom_wasm::{Engine, actor_context};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn object(text: &str) -> JsValue {
    JSON::parse(text).unwrap()
}

fn ada() -> String {
    actor_context(r#"[{"kind":"human","ref":"ada"}]"#, "web").unwrap()
}

async fn titles(engine: &Engine) -> String {
    let tasks = object(&engine.read("list_tasks", "[]", &ada()).unwrap());
    let titles: Vec<String> = js_sys::Array::from(&tasks)
        .iter()
        .map(|task| Reflect::get(&task, &"title".into()).unwrap().as_string().unwrap())
        .collect();
    titles.join(",")
}

/// A board of a program that hands no functions in.
async fn open(options: JsValue) -> Result<Engine, JsValue> {
    Engine::open(options, Function::new_no_args(""), Vec::new()).await
}

#[wasm_bindgen_test]
async fn a_board_opened_again_shows_what_was_kept() {
    // No storage is named: a browser has a database.
    let options = || object(r#"{"name":"opened again"}"#);
    let engine = open(options()).await.unwrap();
    let task = r#"[{"scope":"global","title":"Water the plants"}]"#;
    let created = engine.call("create_task".into(), task.into(), ada());
    assert!(JsFuture::from(created).await.unwrap().is_string());
    JsFuture::from(engine.close()).await.unwrap();
    let closed = JsFuture::from(engine.call("create_task".into(), task.into(), ada())).await;
    assert!(closed.unwrap_err().as_string().unwrap().contains(r#""code":"closed""#));

    let engine = open(options()).await.unwrap();
    assert_eq!(titles(&engine).await, "Water the plants");
    assert_eq!(engine.version(), 1.0);
    JsFuture::from(engine.close()).await.unwrap();
}

#[wasm_bindgen_test]
async fn local_storage_is_asked_for_by_name() {
    let options = || object(r#"{"name":"small","storage":"localstorage"}"#);
    let engine = open(options()).await.unwrap();
    assert_eq!(engine.version(), 0.0);
    JsFuture::from(engine.close()).await.unwrap();
    let again = open(options()).await.unwrap();
    JsFuture::from(again.close()).await.unwrap();
}

#[wasm_bindgen_test]
async fn board_is_read_from_a_store_of_ones_own() {
    let store = "return { name: 'own', storage: {
        read: async () => ({ head: 0, entries: [] }), append() {}, snapshot() {},
        putSnapshot() {}, prune() {}, watch() {},
    } }";
    let options = Function::new_no_args(store).call0(&JsValue::UNDEFINED).unwrap();
    let engine = open(options).await.unwrap();
    let task = r#"[{"scope":"global","title":"Water the plants"}]"#;
    let created = engine.call("create_task".into(), task.into(), ada());
    let refused = JsFuture::from(created).await.unwrap_err().as_string().unwrap();
    assert!(refused.contains("the store's append answered wrongly"), "{refused}");
}

#[wasm_bindgen_test]
async fn options_that_mean_nothing_are_refused() {
    for options in [
        JsValue::UNDEFINED,
        JsValue::NULL,
        "name".into(),
        object("{}"),
        object(r#"{"name":" "}"#),
        object(r#"{"name":5}"#),
        object(r#"{"name":"a","storage":"disk"}"#),
        object(r#"{"name":"a","storage":7}"#),
        object(r#"{"name":"a","storage":{"read":1}}"#),
        object(r#"{"name":"a","durability":"best"}"#),
        object(r#"{"name":"a","colour":"red"}"#),
    ] {
        let shown = format!("{options:?}");
        let refused = open(options).await.err().and_then(|error| error.as_string());
        let refused = refused.unwrap_or_default();
        assert!(refused.contains(r#""code":"validation""#), "{shown}: {refused}");
    }
}
