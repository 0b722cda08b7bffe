//! Puts runs whose lease ended back into the queue, at the time when it ends.

use std::rc::{Rc, Weak};

use futures_util::StreamExt;
use futures_util::future::{self, Either, ready};
use futures_util::stream::{self, select};
use taskloom_domain::actor::ActorContext;
use taskloom_domain::lease::ExpiredLeaseRecovery;
use taskloom_domain::store::RunStore;
use taskloom_domain::time::Timestamp;
use wasm_bindgen_futures::spawn_local;

use crate::board::Board;
use crate::error::BoardError;
use crate::leader::Leader;
use crate::log::ChangeLog;
use crate::timer::sleep;

/// How long it waits after a refusal before it tries again, in milliseconds.
const AGAIN: f64 = 5_000.0;

/// While it leads, recovers expired leases of a board: it sleeps until the next
/// lease ends, so an idle board costs nothing. Dropping it ends the work.
#[derive(Debug)]
pub struct LeaseRecovery {
    leader: Rc<Leader>,
}

impl LeaseRecovery {
    /// Begins the work, on behalf of `actor`. `now` is the clock of the board's
    /// engine. `on_error` hears of every recovery that did not succeed; it is tried
    /// again.
    pub fn begin<L: ChangeLog + 'static>(
        board: Board<L>,
        leader: Leader,
        actor: ActorContext,
        now: impl Fn() -> Timestamp + 'static,
        on_error: impl Fn(BoardError) + 'static,
    ) -> Self {
        let leader = Rc::new(leader);
        spawn_local(work(board, Rc::downgrade(&leader), actor, now, on_error));
        Self { leader }
    }

    /// Whether this is the tab that does the work.
    pub fn is_leader(&self) -> bool {
        self.leader.is_leader()
    }
}

async fn work<L: ChangeLog + 'static>(
    board: Board<L>,
    leader: Weak<Leader>,
    actor: ActorContext,
    now: impl Fn() -> Timestamp,
    on_error: impl Fn(BoardError),
) {
    let Some(turns) = leader.upgrade().map(|leader| leader.watch()) else { return };
    // It is over when either is: the board closed, or the work dropped.
    let over = || stream::once(ready(News::Over));
    let changes = board.watch().map(|_| News::Changed).chain(over());
    let mut news = select(changes, turns.map(|_| News::Changed).chain(over()));
    loop {
        let Some(leads) = leader.upgrade().map(|leader| leader.is_leader()) else { return };
        let mut wait = if leads { until_next_end(&board, now()) } else { None };
        if wait == Some(0.0) {
            let actor = actor.clone();
            let recovered = board.run(move |manager| {
                manager.recover_expired_run_leases(ExpiredLeaseRecovery::default(), &actor)
            });
            match recovered.await {
                Ok(_) => continue,
                Err(error) => {
                    on_error(error);
                    wait = Some(AGAIN);
                }
            }
        }
        let time = async {
            match wait {
                Some(milliseconds) => sleep(milliseconds).await,
                None => std::future::pending().await,
            }
        };
        if let Either::Right((None | Some(News::Over), _)) =
            future::select(std::pin::pin!(time), news.next()).await
        {
            return;
        }
    }
}

/// What wakes the work up before its time.
enum News {
    Changed,
    Over,
}

/// The milliseconds until the next lease ends; zero where one has ended.
fn until_next_end<L: ChangeLog + 'static>(board: &Board<L>, now: Timestamp) -> Option<f64> {
    let last = Timestamp::from_nanos(i64::MAX);
    let next = board.read(|manager| manager.store().list_expired_leases(last, 1));
    let end = next.first()?.lease_until?;
    if end <= now {
        return Some(0.0);
    }
    // Rounded up: a moment too early would find it alive.
    Some(end.since(now).as_millis() as f64 + 1.0)
}
