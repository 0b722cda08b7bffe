//! The contrast of the themes, checked against the style sheets.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::HashMap;

use taskloom_domain::Enumeration;
use taskloom_domain::stage::Stage;

const SHEETS: &str =
    concat!(include_str!("../../styles/palette.css"), include_str!("../../styles/role.css"));

/// The light and the dark colour of every custom property that is one.
fn roles() -> HashMap<String, [String; 2]> {
    let declarations: HashMap<&str, &str> = SHEETS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim().trim_end_matches(';')))
        .collect();
    let resolve = |value: &str| -> Option<String> {
        let value = value.trim();
        match value.strip_prefix("var(--") {
            Some(name) => declarations.get(name.trim_end_matches(')')).map(|v| (*v).to_owned()),
            None => value.starts_with('#').then(|| value.to_owned()),
        }
    };
    let both = |value: &str| {
        let inner = value.strip_prefix("light-dark(")?.strip_suffix(')')?;
        let (light, dark) = inner.split_once(", ")?;
        Some([resolve(light)?, resolve(dark)?])
    };
    declarations
        .iter()
        .filter_map(|(name, value)| Some(((*name).to_owned(), both(value)?)))
        .collect()
}

fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn assert_contrast(front: &str, back: &str, least: f64) {
    let roles = roles();
    for (front_color, back_color) in roles[front].iter().zip(&roles[back]) {
        let found = contrast(front_color, back_color);
        let pair = format!("{front} {front_color} on {back} {back_color}");
        assert!(found >= least, "{pair}: {found:.2}");
    }
}

const GROUNDS: [&str; 5] = ["bg", "surface", "surface-2", "well", "raised"];

#[test]
fn text_is_readable_on_every_ground() {
    for back in GROUNDS {
        for front in ["text", "text-2", "text-3", "accent", "danger"] {
            assert_contrast(front, back, 4.5);
        }
    }
    assert_contrast("on-accent", "accent", 4.5);
    assert_contrast("on-accent", "accent-hover", 4.5);
    assert_contrast("surface", "danger", 4.5);
}

#[test]
fn stages_are_readable_on_their_tint_and_on_cards() {
    for stage in Stage::ALL {
        let front = format!("stage-{stage}-fg");
        for back in [format!("stage-{stage}-bg").as_str(), "raised", "surface", "well"] {
            assert_contrast(&front, back, 4.5);
        }
    }
    for back in ["stage-failed-bg", "stage-blocked-bg", "stage-queued-bg"] {
        assert_contrast("text", back, 4.5);
        assert_contrast("text-2", back, 4.5);
    }
    assert_contrast("accent", "stage-queued-bg", 4.5);
}

#[test]
fn borders_of_controls_and_the_focus_can_be_seen() {
    for back in GROUNDS {
        assert_contrast("border-strong", back, 3.0);
        assert_contrast("focus", back, 3.0);
    }
}
