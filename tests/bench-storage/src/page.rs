//! An open board, as the page sees it.

use std::cell::Cell;
use std::num::NonZeroU64;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use js_sys::{Date, Function, Math, WebAssembly};
use taskloom_dataset::p10k;
use taskloom_domain::ActorContext;
use taskloom_domain::actor::OriginKind;
use taskloom_domain::environment::HexIds;
use taskloom_domain::manager::{Manager, ManagerOptions};
use taskloom_domain::task::{CreateTask, Scope};
use taskloom_domain::time::Timestamp;
use taskloom_storage::{Board, BoardOptions, Bundle, Durability, ImportMode, IndexedDbLog, Source};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};
use wasm_bindgen_futures::spawn_local;

/// A board that the page holds open.
#[wasm_bindgen]
pub struct Opened {
    board: Board<IndexedDbLog>,
    created: Cell<u32>,
}

#[wasm_bindgen]
impl Opened {
    /// Opens the board of a name, which keeps snapshots when it is told to.
    pub async fn open(name: String) -> Result<Opened, JsError> {
        let log = IndexedDbLog::open(&name, Durability::Relaxed).await?;
        let engine = ManagerOptions::new(now, HexIds::new(random::<8>), random::<32>);
        let mut options = BoardOptions::for_page()?;
        options.snapshot_every = NonZeroU64::MAX;
        Ok(Self { board: Board::open(log, engine, options).await?, created: Cell::default() })
    }

    /// Puts the board of 10,000 tasks on this empty one.
    pub async fn fill(&self) -> Result<(), JsError> {
        let records = p10k();
        let bundle = Bundle::of(records.manager.store().records());
        self.board.import(&bundle, ImportMode::IntoEmpty).await?;
        Ok(())
    }

    /// Creates one task.
    pub async fn create(&self) -> Result<(), JsError> {
        self.board.run(self.operation()?).await?;
        Ok(())
    }

    /// Creates so many tasks at once.
    pub async fn burst(&self, count: u32) -> Result<(), JsError> {
        let operations = (0..count).map(|_| Ok(self.board.run(self.operation()?)));
        try_join_all(operations.collect::<Result<Vec<_>, JsError>>()?).await?;
        Ok(())
    }

    /// Keeps the board as a whole.
    pub async fn snapshot(&self) -> Result<(), JsError> {
        self.board.snapshot().await?;
        Ok(())
    }

    /// Calls back with the version of every change of another writer.
    pub fn watch_others(&self, then: Function) {
        let mut changes = self.board.watch();
        spawn_local(async move {
            while let Some(change) = changes.next().await {
                if change.source == Source::Other {
                    let version = JsValue::from_f64(change.version.get() as f64);
                    then.call1(&JsValue::UNDEFINED, &version).expect("the page's callback works");
                }
            }
        });
    }

    /// The number of the newest commit.
    pub fn version(&self) -> f64 {
        self.board.version().get() as f64
    }

    /// Lets go of the board.
    pub async fn close(&self) {
        self.board.close().await;
    }

    fn operation(
        &self,
    ) -> Result<impl FnMut(&mut Manager) -> taskloom_domain::Result<()> + 'static, JsError> {
        let number = self.created.replace(self.created.get() + 1);
        let ada = ActorContext::derive_human("ada", OriginKind::Web, "bench")?;
        let spec = CreateTask {
            scope: Scope::Global.into(),
            title: format!("Measured {number}"),
            ..CreateTask::default()
        };
        Ok(move |manager: &mut Manager| manager.create_task(spec.clone(), &ada).map(drop))
    }
}

/// The size of this module's memory in bytes.
#[wasm_bindgen]
pub fn memory_bytes() -> f64 {
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    memory.buffer().unchecked_into::<js_sys::ArrayBuffer>().byte_length().into()
}

fn now() -> Timestamp {
    Timestamp::from_millis(Date::now() as i64)
}

/// Bytes that differ. Nobody guesses tokens here.
fn random<const N: usize>() -> [u8; N] {
    std::array::from_fn(|_| (Math::random() * 256.0) as u8)
}
