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
