#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;
use crate::actor::{ActorKind, OriginKind};
use crate::enumeration::Enumeration;
use crate::enumeration::tests::assert_values;

/// A queued run.
pub(crate) fn run() -> Run {
    Run {
        id: "run-1".into(),
        task_id: "task-1".into(),
        status: RunStatus::Queued,
        attempt: 1,
        previous_run_id: None,
        failure_kind: String::new(),
        claimed_by: None,
        session_id: None,
        origin: Origin::new(OriginKind::Web, "tab"),
        idempotency_key: String::new(),
        network_channel: String::new(),
        claim_token_hash: None,
        lease_until: None,
        heartbeat_at: None,
        coordination_channel_id: String::new(),
        required_capabilities: Vec::new(),
        preferred_capabilities: Vec::new(),
        review: None,
        metadata: None,
        queued_at: at(0),
        claimed_at: None,
        started_at: None,
        ended_at: None,
        error: String::new(),
        result: None,
    }
}

/// A running run with a lease over the instants from 10 to 20, last seen at 15.
pub(crate) fn leased(hash: ClaimTokenHash) -> Run {
    Run {
        status: RunStatus::Running,
        session_id: Some("s".into()),
        claimed_by: Some(ActorIdentity::new(ActorKind::AgentSession, "s")),
        claim_token_hash: Some(hash),
        claimed_at: Some(at(10)),
        heartbeat_at: Some(at(15)),
        lease_until: Some(at(20)),
        ..run()
    }
}

pub(crate) fn at(nanos: i64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

fn hash() -> ClaimTokenHash {
    ClaimTokenHash::new("a".repeat(64))
}

fn refused(run: Run) -> (ErrorKind, String) {
    let error = run.validate().unwrap_err();
    (error.kind(), error.detail().to_owned())
}

#[test]
fn statuses_are_the_agreed_ones_and_all_classified() {
    assert_values::<RunStatus>(&[
        "queued",
        "claimed",
        "starting",
        "running",
        "completed",
        "failed",
        "canceled",
    ]);
    let table: Vec<(bool, bool, bool, u8)> = RunStatus::ALL
        .iter()
        .map(|status| (status.is_open(), status.is_active(), status.is_terminal(), status.rank()))
        .collect();
    let ended = (false, false, true, 0);
    assert_eq!(
        table,
        [
            (true, false, false, 1),
            (true, true, false, 2),
            (true, true, false, 3),
            (true, true, false, 4),
            ended,
            ended,
            ended,
        ]
    );
    for status in RunStatus::ALL.iter().copied() {
        assert_eq!(RunStatus::ACTIVE.contains(&status), status.is_active());
    }
}

#[test]
fn every_direct_transition_is_decided() {
    let allowed = [
        "queued claimed",
        "queued canceled",
        "claimed starting",
        "claimed canceled",
        "starting running",
        "starting failed",
        "starting canceled",
        "running completed",
        "running failed",
        "running canceled",
    ];
    for from in RunStatus::ALL.iter().copied() {
        for to in RunStatus::ALL.iter().copied() {
            let checked = Run { status: from, ..run() }.require_transition(to);
            if allowed.contains(&format!("{from} {to}").as_str()) {
                assert_eq!(checked, Ok(()), "{from} {to}");
            } else {
                let error = checked.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidStatusTransition);
                let text = format!(r#"task run "run-1" cannot transition from "{from}" to "{to}""#);
                assert_eq!(error.detail(), text);
            }
        }
    }
}

#[test]
fn each_field_is_named_when_it_is_at_fault() {
    assert_eq!(run().validate(), Ok(()));
    assert_eq!(leased(hash()).validate(), Ok(()));
    let cases = [
        (Run { id: " ".into(), ..run() }, "task_run.id is required"),
        (Run { task_id: "".into(), ..run() }, "task_run.task_id is required"),
        (Run { attempt: 0, ..run() }, "task_run.attempt must be positive: 0"),
        (
            Run { previous_run_id: Some(" run-1".into()), ..run() },
            "task_run.previous_run_id must not equal task_run.id",
        ),
        (
            Run { failure_kind: "Operator_Forced".into(), ..run() },
            r#"task_run.failure_kind must be "operator_forced" when set: "Operator_Forced""#,
        ),
        (
            Run { claimed_by: Some(ActorIdentity::new(ActorKind::Daemon, "")), ..run() },
            "task_run.claimed_by.ref is required",
        ),
        (
            Run { origin: Origin::new(OriginKind::Cli, ""), ..run() },
            "task_run.origin.ref is required",
        ),
        (
            Run { session_id: Some("s".into()), ..run() },
            r#"task_run.session_id must be empty while task_run.status is "queued""#,
        ),
        (
            Run { required_capabilities: vec!["a b".into()], ..run() },
            "task_run.required_capabilities[0] must not contain whitespace or commas",
        ),
        (
            Run { preferred_capabilities: vec!["go".into(), "".into()], ..run() },
            "task_run.preferred_capabilities[1] is required",
        ),
        (
            Run {
                review: Some(RunReviewLineage { request_round: -1, ..Default::default() }),
                ..run()
            },
            "task_run.review.request_round must be zero or positive: -1",
        ),
        (
            Run { metadata: RawJson::from_text(r#"{"a":[{" Claim_Token ":1}]}"#), ..run() },
            "task_run.metadata must not contain raw lease credentials",
        ),
        (
            Run { result: RawJson::from_text(r#"{"claim_token":1}"#), ..run() },
            "task_run.result must not contain raw lease credentials",
        ),
    ];
    for (run, text) in cases {
        assert_eq!(refused(run), (ErrorKind::Validation, text.to_owned()));
    }
    let fine = r#"{"claim_token_hash":"x","note":"agh_claim_abc"}"#;
    assert_eq!(Run { metadata: RawJson::from_text(fine), ..run() }.validate(), Ok(()));
    let forced = Run { failure_kind: " operator_forced ".into(), ..run() };
    assert_eq!(forced.validate(), Ok(()));
    assert_eq!(forced.normalize().failure_kind, "operator_forced");
}

#[test]
fn documents_of_a_run_have_their_own_limits() {
    let string_of = |bytes: usize| RawJson::from_text(&format!("\"{}\"", "x".repeat(bytes - 2)));
    let metadata = |bytes| Run { metadata: string_of(bytes), ..run() };
    assert_eq!(metadata(16_384).validate(), Ok(()));
    assert_eq!(refused(metadata(16_385)).0, ErrorKind::PayloadTooLarge);
    let result = |bytes| Run { result: string_of(bytes), ..run() };
    assert_eq!(result(65_536).validate(), Ok(()));
    assert_eq!(refused(result(65_537)).0, ErrorKind::PayloadTooLarge);
}

#[test]
fn only_a_lower_case_hash_fences_a_run() {
    for fine in ["a".repeat(64), format!("sha256:{}", "a".repeat(64))] {
        assert_eq!(leased(ClaimTokenHash::new(fine)).validate(), Ok(()));
    }
    for wrong in ["A".repeat(64), "a".repeat(63), "x".to_owned()] {
        let text = "task_run.claim_token_hash must be a lowercase sha256 hex hash";
        assert_eq!(refused(leased(ClaimTokenHash::new(wrong))).1, text);
    }
}

#[test]
fn a_lease_needs_its_hash() {
    let bare = Run { claim_token_hash: None, ..leased(hash()) };
    let text = "task_run.claim_token_hash is required when lease_until is set";
    assert_eq!(refused(bare.clone()).1, text);
    let blank = Run { claim_token_hash: Some(ClaimTokenHash::new(" ")), ..bare.clone() };
    assert_eq!(refused(blank.clone()).1, text);
    let beat = Run { lease_until: None, ..blank };
    let text = "task_run.claim_token_hash is required when heartbeat_at is set";
    assert_eq!(refused(beat).1, text);
    let history = Run { lease_until: None, heartbeat_at: None, ..leased(hash()) };
    assert_eq!(history.validate(), Ok(()));
}

#[test]
fn the_instants_of_a_lease_are_in_order() {
    let with = |heartbeat: i64, until: i64| Run {
        heartbeat_at: Some(at(heartbeat)),
        lease_until: Some(at(until)),
        ..leased(hash())
    };
    assert_eq!(with(10, 11).validate(), Ok(()));
    assert_eq!(with(20, 20).validate(), Ok(()));
    assert_eq!(refused(with(10, 10)).1, "task_run.lease_until must be after claimed_at");
    assert_eq!(refused(with(21, 20)).1, "task_run.heartbeat_at must not be after lease_until");
    assert_eq!(refused(with(9, 20)).1, "task_run.heartbeat_at must not be before claimed_at");
}

#[test]
fn the_canonical_form_trims_sorts_and_drops() {
    let given = Run {
        id: " run-1".into(),
        task_id: "task-1 ".into(),
        previous_run_id: Some(" ".into()),
        session_id: Some("".into()),
        claimed_by: Some(ActorIdentity::new(ActorKind::Human, " ada ")),
        origin: Origin::new(OriginKind::Web, " tab"),
        idempotency_key: " k ".into(),
        network_channel: " n ".into(),
        claim_token_hash: Some(ClaimTokenHash::new(" ")),
        coordination_channel_id: " c ".into(),
        required_capabilities: vec![" b".into(), "a".into(), "b".into()],
        preferred_capabilities: vec!["z".into(), "Z".into()],
        review: Some(RunReviewLineage::default()),
        error: " e ".into(),
        ..run()
    };
    let canonical = Run {
        claimed_by: Some(ActorIdentity::new(ActorKind::Human, "ada")),
        idempotency_key: "k".into(),
        network_channel: "n".into(),
        coordination_channel_id: "c".into(),
        required_capabilities: vec!["a".into(), "b".into()],
        preferred_capabilities: vec!["Z".into(), "z".into()],
        error: "e".into(),
        ..run()
    };
    assert_eq!(given.normalize(), canonical);
    assert_eq!(canonical.clone().normalize(), canonical);
}

#[test]
fn runs_have_the_agreed_wire_form() {
    let text = concat!(
        r#"{"id":"run-1","task_id":"task-1","status":"queued","attempt":1,"#,
        r#""origin":{"kind":"web","ref":"tab"},"lease_until":"0001-01-01T00:00:00Z","#,
        r#""heartbeat_at":"0001-01-01T00:00:00Z","queued_at":"1970-01-01T00:00:00Z","#,
        r#""claimed_at":"0001-01-01T00:00:00Z","started_at":"0001-01-01T00:00:00Z","#,
        r#""ended_at":"0001-01-01T00:00:00Z"}"#
    );
    assert_eq!(serde_json::to_string(&run()).unwrap(), text);
    assert_eq!(serde_json::from_str::<Run>(text).unwrap(), run());
    let full = Run {
        metadata: RawJson::from_text("null"),
        result: RawJson::from_text("[ 1 ]"),
        review: Some(RunReviewLineage { request_round: 1, ..Default::default() }),
        ..leased(hash())
    };
    let text = serde_json::to_string(&full).unwrap();
    assert_eq!(serde_json::from_str::<Run>(&text).unwrap(), full);
}

#[test]
fn a_record_with_a_negative_attempt_cannot_be_read() {
    let text = serde_json::to_string(&run()).unwrap().replace(r#""attempt":1"#, r#""attempt":-1"#);
    assert!(serde_json::from_str::<Run>(&text).is_err());
}
