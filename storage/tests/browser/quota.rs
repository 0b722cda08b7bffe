//! What the browser says about the room that it grants.

use taskloom_storage::{
    ChangeLog, Durability, IndexedDbLog, Persistence, StorageError, StorageUsage, Version,
};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn what_is_kept_counts_and_stays_below_the_quota() {
    let log = IndexedDbLog::open("room", Durability::Strict).await.unwrap();
    log.append(Version::ZERO, &[7; 3_000_000]).await.unwrap();
    let after = StorageUsage::estimate().await.unwrap();
    // The database may pack such bytes small.
    assert!(0 < after.usage && after.usage < after.quota, "{after:?}");
    log.close().await;
    IndexedDbLog::erase("room").await.unwrap();
}

#[wasm_bindgen_test]
async fn asking_twice_is_safe_and_the_answer_is_what_the_estimate_says() {
    // Workers cannot ask.
    match Persistence::ask().await {
        Ok(answer) => {
            assert_eq!(Persistence::ask().await, Ok(answer));
            assert_eq!(StorageUsage::estimate().await.unwrap().persistence, answer);
        }
        Err(error) => assert!(matches!(error, StorageError::Unavailable { .. }), "{error}"),
    }
}
