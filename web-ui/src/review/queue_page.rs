//! The review queue as a page.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use taskloom_domain::id::ReviewId;
use taskloom_domain::review::RunReviewOutcome;

use super::me;
use super::row::ReviewRow;
use crate::address::{Address, Trace};
use crate::board_context::{BoardContext, Phase};
use crate::model::filter::Filter;
use crate::model::keys::{Command, Scope, command};
use crate::model::page::Page;
use crate::model::phrase;
use crate::model::review::queue::{Group, Section, open_count, queue};
use crate::shell::{Desk, focus_on, press, use_page_title};

/// What waits for a verdict, by who has it.
#[component]
pub fn ReviewsPage() -> impl IntoView {
    let board = expect_context::<BoardContext>();
    let address = expect_context::<Address>();
    let desk = expect_context::<Desk>();
    let open = Memo::new(move |_| {
        board.read_reviews(|manager| open_count(manager.store())).unwrap_or_default()
    });
    use_page_title(Page::Reviews.label(), move || Some(open.get()));
    let filter = Memo::new(move |_| Filter::parse(&address.get("q")));
    let sections = Memo::new(move |_| {
        // Names of tasks, and deadlines, move the rows too.
        board.len();
        let now = board.now();
        let found = board.read_reviews(|manager| {
            filter.with(|filter| queue(manager.store(), &me(board), now, filter))
        });
        found.unwrap_or_default()
    });
    let ids = Memo::new(move |_| {
        let rows = |section: &Section| {
            section.rows.iter().map(|row| (section.group, row.review.clone())).collect::<Vec<_>>()
        };
        sections.with(|sections| sections.iter().flat_map(rows).collect::<Vec<_>>())
    });
    let current = RwSignal::new(None::<(Group, ReviewId)>);
    let stop = Memo::new(move |_| {
        ids.with(|ids| current.get().filter(|at| ids.contains(at)).or_else(|| ids.first().cloned()))
    });
    let go = move |to: (Group, ReviewId)| {
        focus_on(&row_id(to.0, &to.1));
        current.set(Some(to));
    };
    Effect::new(move || {
        // The way back from the filter, or from a panel that was closed.
        if desk.take_focus.get()
            && let Some(to) = stop.get()
        {
            desk.take_focus.set(false);
            go(to);
        }
    });
    let on_key = move |event: KeyboardEvent| {
        let Some(at) = focused_row(&event, &ids.get_untracked()) else { return };
        let key = event.key();
        if desk.going.get_untracked() {
            return;
        }
        let Some(command) = command(Scope::Reviews, press(&event, &key)) else { return };
        let rows = ids.get_untracked();
        let next = match command {
            Command::Down => rows.get(at + 1),
            Command::Up => at.checked_sub(1).and_then(|before| rows.get(before)),
            Command::First => rows.first(),
            Command::Last => rows.last(),
            Command::Approve => {
                return judge(address, &event, &rows[at].1, RunReviewOutcome::Approved);
            }
            Command::Reject => {
                return judge(address, &event, &rows[at].1, RunReviewOutcome::Rejected);
            }
            _ => return,
        };
        event.prevent_default();
        if let Some(next) = next {
            go(next.clone());
        }
    };
    let none = Memo::new(move |_| sections.with(Vec::is_empty));
    view! {
        <div class="page reviews" on:keydown=on_key>
            <Show when=move || none.get() && board.phase() != Phase::Opening>
                <Empty filter />
            </Show>
            <For
                each=move || sections.get()
                key=|section| section.group
                children=move |section| {
                    let group = section.group;
                    let section = Memo::new(move |_| {
                        sections.with(|all| all.iter().find(|it| it.group == group).cloned())
                    });
                    view! { <GroupOfRows group section stop current /> }
                }
            />
        </div>
    }
}

/// The element of a row.
pub fn row_id(group: Group, review: &ReviewId) -> String {
    format!("review-{group:?}-{review}")
}

fn focused_row(event: &KeyboardEvent, rows: &[(Group, ReviewId)]) -> Option<usize> {
    use wasm_bindgen::JsCast;
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let id = target.id();
    rows.iter().position(|(group, review)| row_id(*group, review) == id)
}

fn judge(address: Address, event: &KeyboardEvent, review: &ReviewId, outcome: RunReviewOutcome) {
    event.prevent_default();
    event.stop_propagation();
    address.open(&judging(review, outcome));
}

/// The page of a review with an outcome chosen.
pub fn judging(review: &ReviewId, outcome: RunReviewOutcome) -> String {
    format!("{}?outcome={outcome}", Page::Reviews.record(review.as_str()))
}

#[component]
fn GroupOfRows(
    group: Group,
    section: Memo<Option<Section>>,
    stop: Memo<Option<(Group, ReviewId)>>,
    current: RwSignal<Option<(Group, ReviewId)>>,
) -> impl IntoView {
    let rows =
        Memo::new(move |_| section.with(|it| it.as_ref().map_or(vec![], |it| it.rows.clone())));
    let total = Memo::new(move |_| section.with(|it| it.as_ref().map_or(0, |it| it.total)));
    let label = move || format!("{}, {}", group.title(), phrase::count(total.get(), "review"));
    let count = move || {
        let shown = rows.with(Vec::len);
        let all = total.get();
        if shown == all { all.to_string() } else { format!("showing {shown} of {all}") }
    };
    view! {
        <section class="review-group" aria-label=label>
            <header>
                <h2>{group.title()}</h2>
                <span class="count">{count}</span>
                <p class="quiet">{group.rule()}</p>
            </header>
            <ul>
                <For each=move || rows.get() key=|row| row.review.clone() let:row>
                    <ReviewRow
                        group
                        id=row.review.clone()
                        row=Memo::new({
                            let id = row.review.clone();
                            move |_| {
                                rows.with(|all| all.iter().find(|it| it.review == id).cloned())
                            }
                        })
                        stop
                        current
                    />
                </For>
            </ul>
        </section>
    }
}

/// What stands where no review is.
#[component]
fn Empty(filter: Memo<Filter>) -> impl IntoView {
    let address = expect_context::<Address>();
    move || {
        if filter.with(Filter::is_empty) {
            view! {
                <div class="message-page">
                    <h2>"No review waits"</h2>
                    <p>
                        "Finished work comes here when somebody asks for a review of it: open a task on the board, and choose “Request review” beside its run."
                    </p>
                    <a class="button primary" href="board">
                        "Go to the board"
                    </a>
                </div>
            }
            .into_any()
        } else {
            view! {
                <div class="message-page">
                    <h2>"No review passes the filter"</h2>
                    <p>"It looks at identifiers and titles of the tasks."</p>
                    <button
                        class="button"
                        on:click=move |_| address.set("q", "", Trace::Same)
                    >
                        "Clear filter"
                    </button>
                </div>
            }
            .into_any()
        }
    }
}
