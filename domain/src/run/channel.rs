//! The name of the coordination channel that a workspace run gets where no
//! network channel is set.

use sha2::{Digest, Sha256};

use crate::id::RunId;

/// The longest slug; with its prefix, a channel name stays within 64 bytes.
const MAX_SLUG: usize = 58;

/// `coord-` and a slug of the run id.
///
/// ```
/// use taskloom_domain::run::derived_coordination_channel;
///
/// assert_eq!(derived_coordination_channel(&"Run A..B".into()), "coord-run-a-b");
/// ```
pub fn derived_coordination_channel(run: &RunId) -> String {
    format!("coord-{}", slug(run))
}

fn slug(run: &RunId) -> String {
    let text = run.as_str().to_lowercase();
    let text = text.trim();
    let mut slug = String::with_capacity(MAX_SLUG);
    for char in text.chars() {
        if slug.len() >= MAX_SLUG {
            break;
        }
        match char {
            'a'..='z' | '0'..='9' | '_' => slug.push(char),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    let slug = slug.trim_matches(['-', '_']);
    if slug.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return slug.to_owned();
    }
    let digest = Sha256::digest(text.as_bytes());
    let digits: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("run-{digits}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use proptest::prelude::*;

    use super::*;

    fn channel(id: &str) -> String {
        derived_coordination_channel(&RunId::new(id))
    }

    #[test]
    fn the_name_is_a_slug_of_the_run_id() {
        let long = format!("run-{}", "a".repeat(80));
        let cases = [
            ("run-derived-channel", "coord-run-derived-channel".to_owned()),
            ("  RUN-1  ", "coord-run-1".to_owned()),
            ("Run A..B", "coord-run-a-b".to_owned()),
            ("--x--y__", "coord-x-y".to_owned()),
            ("run_-_1", "coord-run_-_1".to_owned()),
            (&long, format!("coord-run-{}", "a".repeat(54))),
        ];
        for (id, name) in cases {
            assert_eq!(channel(id), name);
        }
    }

    #[test]
    fn an_id_without_letters_and_digits_is_hashed() {
        assert_eq!(channel("___"), "coord-run-bda251550bf0");
        assert_eq!(channel("é"), "coord-run-4a99557e4033");
        assert_eq!(channel(" É "), channel("é"));
    }

    proptest! {
        #[test]
        fn names_are_short_and_of_a_small_alphabet(id in "(\\PC|[-_. ]){0,90}") {
            let name = channel(&id);
            let slug = name.strip_prefix("coord-").unwrap();
            prop_assert!((1..=MAX_SLUG).contains(&slug.len()));
            prop_assert!(slug.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')));
            prop_assert!(slug.starts_with(|c: char| c.is_ascii_alphanumeric()));
            prop_assert!(!slug.ends_with(['-', '_']));
            prop_assert!(!slug.contains("--"));
            prop_assert_eq!(channel(&format!(" {} ", id.to_uppercase().to_lowercase())),
                channel(&id.to_uppercase().to_lowercase()));
        }
    }
}
