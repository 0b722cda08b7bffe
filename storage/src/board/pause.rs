//! Lets others have a turn in the middle of long work.

use futures_core::future::LocalBoxFuture;

/// A turn for others: on a page, for its events and its painting.
#[cfg(target_arch = "wasm32")]
pub(super) fn pause() -> LocalBoxFuture<'static, ()> {
    use js_sys::Promise;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::MessageChannel;

    Box::pin(async {
        // Timers would do, but those of a page in the background wait for a
        // second. A platform without channels does the work in one go.
        let Ok(channel) = MessageChannel::new() else { return };
        let (here, there) = (channel.port1(), channel.port2());
        let turn = Promise::new(&mut |resolve, _| here.set_onmessage(Some(&resolve)));
        if there.post_message(&wasm_bindgen::JsValue::NULL).is_ok() {
            // It cannot fail: nobody rejects it.
            let _ = JsFuture::from(turn).await;
        }
        here.close();
    })
}

/// A turn for others: for the other tasks of the executor.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn pause() -> LocalBoxFuture<'static, ()> {
    use std::task::Poll;

    let mut had_a_turn = false;
    Box::pin(std::future::poll_fn(move |context| {
        if std::mem::replace(&mut had_a_turn, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }))
}
