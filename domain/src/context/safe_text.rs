use crate::claim_token::redact_claim_tokens;

const DOTS: &str = "...";

/// Text that is fit to be put before a worker: in one line, without claim tokens,
/// and at most `limit` bytes long. What was cut ends in three dots, which count.
///
/// ```
/// use taskloom_domain::context::safe_text;
///
/// assert_eq!(safe_text(" a\n\tb  agh_claim_x1 ", 99), "a b agh_claim_[REDACTED]");
/// assert_eq!(safe_text("one two three", 9), "one tw...");
/// ```
pub fn safe_text(text: &str, limit: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = redact_claim_tokens(&line);
    if line.len() <= limit {
        return line;
    }
    if limit <= DOTS.len() {
        return DOTS[..limit].to_owned();
    }
    let mut end = limit - DOTS.len();
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{DOTS}", line[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_of_any_kind_becomes_single_spaces() {
        assert_eq!(safe_text("\u{a0}a\r\n\n b\tc\u{2003}", 99), "a b c");
        assert_eq!(safe_text(" \n ", 99), "");
    }

    #[test]
    fn tokens_are_hidden_before_the_cut() {
        let text = format!("x agh_claim_{} y", "a".repeat(60));
        assert_eq!(safe_text(&text, 26), "x agh_claim_[REDACTED] y");
        assert_eq!(safe_text(&text, 22), "x agh_claim_[REDACT...");
    }

    #[test]
    fn a_text_of_exactly_the_limit_stays() {
        assert_eq!(safe_text("abcdef", 6), "abcdef");
        assert_eq!(safe_text("abcdefg", 6), "abc...");
    }

    #[test]
    fn the_cut_keeps_characters_whole_and_leaves_no_space_before_the_dots() {
        assert_eq!(safe_text("a\u{e9}\u{e9}\u{e9}", 5), "a...");
        assert_eq!(safe_text("ab cdefgh", 6), "ab...");
    }

    #[test]
    fn tiny_limits_leave_dots_alone() {
        for (limit, expected) in [(0, ""), (1, "."), (2, ".."), (3, "..."), (4, "a...")] {
            assert_eq!(safe_text("abcdef", limit), expected);
        }
    }
}
