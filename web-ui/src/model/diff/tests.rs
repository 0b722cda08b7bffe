#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// `same [-removed-] {+added+}`.
fn marked(pieces: &[Piece]) -> String {
    let mark = |piece: &Piece| match piece.change {
        Change::Same => piece.text.clone(),
        Change::Removed => format!("[-{}-]", piece.text),
        Change::Added => format!("{{+{}+}}", piece.text),
    };
    pieces.iter().map(mark).collect()
}

#[test]
fn a_changed_word_is_one_removal_and_one_addition() {
    assert_eq!(marked(&words("read one file", "read two file")), "read [-one-]{+two+} file");
    assert_eq!(marked(&words("same", "same")), "same");
    assert_eq!(marked(&words("", "new")), "{+new+}");
    assert_eq!(marked(&words("old", "")), "[-old-]");
    assert!(words("", "").is_empty());
}

#[test]
fn changed_words_side_by_side_are_one_change() {
    assert_eq!(
        marked(&words("the red cat sat", "the blue dog sat")),
        "the [-red cat-]{+blue dog+} sat"
    );
    let lines = words("a\nb\n", "c\nd\n");
    assert_eq!(marked(&lines), "[-a-]{+c+}\n[-b-]{+d+}\n");
}

proptest! {
    #[test]
    fn both_versions_can_be_read_from_the_pieces(old in "[ab .\n]{0,24}", new in "[ab .\n]{0,24}") {
        let pieces = words(&old, &new);
        let version = |gone: Change| -> String {
            let kept = pieces.iter().filter(|piece| piece.change != gone);
            kept.map(|piece| piece.text.as_str()).collect()
        };
        prop_assert_eq!(version(Change::Added), old);
        prop_assert_eq!(version(Change::Removed), new);
        prop_assert!(pieces.iter().all(|piece| !piece.text.is_empty()));
    }
}

#[test]
fn long_unchanged_stretches_are_folded_around_the_change() {
    let lines = |from: usize, to: usize| (from..to).map(|n| format!("{n}\n")).collect::<String>();
    let same = |text: String| Piece { change: Change::Same, text };
    let added = Piece { change: Change::Added, text: "x".into() };
    let shown = fold(vec![same(lines(0, 10)), added.clone(), same(lines(10, 30))]);
    assert_eq!(
        shown,
        [
            Shown::Folded { lines: 7, text: lines(0, 7) },
            Shown::Piece(same(lines(7, 10))),
            Shown::Piece(added),
            Shown::Piece(same(lines(10, 13))),
            Shown::Folded { lines: 17, text: lines(13, 30) },
        ]
    );
    let short = vec![same(lines(0, 4))];
    assert_eq!(fold(short.clone()), [Shown::Folded { lines: 4, text: lines(0, 4) }]);
    assert_eq!(fold(vec![same("a\n".into())]), [Shown::Piece(same("a\n".into()))]);
}

fn told(old: serde_json::Value, new: serde_json::Value) -> Vec<String> {
    let tell = |difference: Difference| {
        let what = match difference.change {
            Alteration::Added(value) => format!("+ {value}"),
            Alteration::Removed(value) => format!("- {value}"),
            Alteration::Replaced { old, new } => format!("{old} → {new}"),
            Alteration::Rewritten(pieces) => marked(&pieces),
        };
        format!("{}: {what}", difference.path)
    };
    compare(&old, &new).into_iter().map(tell).collect()
}

#[test]
fn members_are_compared_by_their_names() {
    let old = json!({ "files": 2, "note": "one test", "gone": true, "deep": { "a b": null } });
    let new = json!({ "files": 3, "note": "two tests", "new": [1], "deep": { "a b": 1 } });
    assert_eq!(
        told(old, new),
        [
            "deep[\"a b\"]: null → 1",
            "files: 2 → 3",
            "new: + [\n  1\n]",
            "note: [-one test-]{+two tests+}",
            "gone: - true",
        ]
    );
}

#[test]
fn an_element_in_the_middle_moves_no_other() {
    assert_eq!(told(json!(["a", "b", "c"]), json!(["a", "x", "b", "c"])), ["[1]: + x"]);
    assert_eq!(told(json!(["a", "b", "c"]), json!(["a", "c"])), ["[1]: - b"]);
    let old = json!({ "steps": [{ "name": "read" }, { "name": "write" }] });
    let new = json!({ "steps": [{ "name": "read" }, { "name": "check" }] });
    assert_eq!(told(old, new), ["steps[1].name: [-write-]{+check+}"]);
}

#[test]
fn results_that_are_missing_or_of_another_shape_differ_as_a_whole() {
    let raw = |text| taskloom_domain::json::RawJson::from_text(text).unwrap();
    let (text, list) = (raw("\"done\""), raw("[1]"));
    let change = |old, new| documents(old, new).pop().map(|it| it.change);
    assert_eq!(documents(None, None), []);
    assert_eq!(documents(Some(&text), Some(&text)), []);
    assert_eq!(change(None, Some(&text)), Some(Alteration::Added("done".into())));
    assert_eq!(change(Some(&text), None), Some(Alteration::Removed("done".into())));
    let replaced = Alteration::Replaced { old: "done".into(), new: "[\n  1\n]".into() };
    assert_eq!(change(Some(&text), Some(&list)), Some(replaced));
}
