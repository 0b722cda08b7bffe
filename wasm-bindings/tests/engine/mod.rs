//! A board in memory through the class that JavaScript sees: the same in every place
//! where WebAssembly runs.

use js_sys::{Function, JSON, Reflect};
use taskloom_wasm::{Engine, actor_context};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

/// One actor on a board.
struct Member<'a> {
    engine: &'a Engine,
    actor: String,
}

impl Member<'_> {
    async fn call(&self, operation: &str, arguments: &str) -> Result<JsValue, String> {
        let promise = self.engine.call(operation.into(), arguments.into(), self.actor.clone());
        match JsFuture::from(promise).await {
            Ok(answer) => Ok(JSON::parse(&answer.as_string().unwrap()).unwrap()),
            Err(refusal) => Err(refusal.as_string().unwrap()),
        }
    }

    fn read(&self, operation: &str, arguments: &str) -> JsValue {
        JSON::parse(&self.engine.read(operation, arguments, &self.actor).unwrap()).unwrap()
    }
}

fn member<'a>(engine: &'a Engine, kind: &str, name: &str) -> Member<'a> {
    let actor = format!(r#"[{{"kind":"{kind}","ref":"{name}"}}]"#);
    Member { engine, actor: actor_context(&actor, "cli").unwrap() }
}

fn text(value: &JsValue, path: &[&str]) -> String {
    let at = |value: JsValue, name: &&str| Reflect::get(&value, &(*name).into()).unwrap();
    path.iter().fold(value.clone(), at).as_string().unwrap()
}

async fn open(name: &str) -> Engine {
    let options = JSON::parse(&format!(r#"{{"name":"{name}","storage":"memory"}}"#)).unwrap();
    Engine::open(options, Function::new_no_args(""), Vec::new()).await.unwrap()
}

#[wasm_bindgen_test]
async fn a_run_is_queued_claimed_and_completed() {
    let engine = open("work").await;
    let (ada, worker) = (member(&engine, "human", "ada"), member(&engine, "agent_session", "s"));
    let task = ada.call("create_task", r#"[{"scope":"global","title":"Design"}]"#).await.unwrap();
    let task = text(&task, &["id"]);
    ada.call("enqueue_run", &format!(r#"[{{"task_id":"{task}"}}]"#)).await.unwrap();
    let claim = worker.call("claim_next_run", r#"[{"claimer_session_id":"s"}]"#).await.unwrap();
    let (run, token) = (text(&claim, &["run", "id"]), text(&claim, &["claim_token"]));
    let found = engine.active_run(&format!(r#"["s","{run}"]"#)).unwrap();
    assert_eq!(text(&JSON::parse(&found).unwrap(), &["claim_token"]), token);
    let lease = format!(r#"[{{"run_id":"{run}","claim_token":"{token}"}}]"#);
    let run = worker.call("complete_run_lease", &lease).await.unwrap();
    assert_eq!(text(&run, &["status"]), "completed");
    let view = ada.read("get_task", &format!(r#"["{task}"]"#));
    assert_eq!(text(&view, &["task", "status"]), "completed");
    assert!(!engine.export().unwrap().contains(&token));
}

#[wasm_bindgen_test]
async fn a_refusal_names_its_code_and_changes_nothing() {
    let engine = open("refusals").await;
    let ada = member(&engine, "human", "ada");
    let refused = ada.call("create_task", r#"[{"scope":"global"}]"#).await.unwrap_err();
    assert!(refused.contains(r#""code":"validation""#), "{refused}");
    assert!(refused.contains(r#""path":"create_task.title""#), "{refused}");
    assert_eq!(engine.version(), 0.0);
}

#[wasm_bindgen_test]
async fn ids_and_tokens_are_never_drawn_twice() {
    let engine = open("draws").await;
    let ada = member(&engine, "human", "ada");
    let mut ids = Vec::new();
    for _ in 0..300 {
        let task = ada.call("create_task", r#"[{"scope":"global","title":"T"}]"#).await.unwrap();
        ids.push(text(&task, &["id"]));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 300);
}
