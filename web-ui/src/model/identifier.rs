//! Short names that new tasks get, so that people can refer to them.

/// The letter that the names start with.
const PREFIX: &str = "T-";

/// The greatest number given out so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IdentifierCounter(u64);

impl IdentifierCounter {
    /// Takes notice of an identifier that is in use.
    pub fn observe(&mut self, identifier: &str) {
        let number = identifier.strip_prefix(PREFIX).and_then(|digits| digits.parse().ok());
        self.0 = self.0.max(number.unwrap_or(0));
    }

    /// The identifier after the greatest one in use.
    pub fn next(self) -> String {
        format!("{PREFIX}{}", self.0.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_after_the_greatest_and_ignore_foreign_names() {
        let mut counter = IdentifierCounter::default();
        assert_eq!(counter.next(), "T-1");
        for identifier in ["T-7", "T-3", "APP-99", "T-x", ""] {
            counter.observe(identifier);
        }
        assert_eq!(counter.next(), "T-8");
    }
}
