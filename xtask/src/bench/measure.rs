//! One measured value, what it is compared with, and what it should be.

use std::fmt;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// One measured value. Smaller is better.
#[derive(Debug, PartialEq)]
pub struct Measure {
    pub name: String,
    pub value: f64,
    pub unit: String,
    /// The value of what the product is compared with.
    pub baseline: Option<f64>,
    /// The largest value that is good enough.
    pub target: Option<f64>,
}

impl Measure {
    pub const HEADING: &str = "name value unit baseline ratio target holds";

    /// A size in kilobytes of 1000 bytes, as download sizes are given.
    pub fn size(name: impl Into<String>, bytes: u64, target: Option<f64>) -> Self {
        // Exact: no file here comes near 2^53 bytes.
        let value = bytes as f64 / 1000.0;
        Self { name: name.into(), value, unit: "kB".into(), baseline: None, target }
    }

    /// Reads a line like `{"name": "...", "value": 1.5, "unit": "ms"}`, where
    /// "baseline" and "target" may be added.
    pub fn from_json_line(line: &str) -> Result<Self> {
        let given: Value = serde_json::from_str(line)?;
        let text = |key: &str| {
            given[key].as_str().map(str::to_owned).with_context(|| format!("no {key} in {line}"))
        };
        let number = |key: &str| match &given[key] {
            Value::Null => Ok(None),
            Value::Number(number) => Ok(number.as_f64()),
            _ => bail!("{key} is not a number in {line}"),
        };
        Ok(Self {
            name: text("name")?,
            value: number("value")?.with_context(|| format!("no value in {line}"))?,
            unit: text("unit")?,
            baseline: number("baseline")?,
            target: number("target")?,
        })
    }

    fn ratio(&self) -> Option<f64> {
        self.baseline.filter(|baseline| *baseline > 0.0).map(|baseline| self.value / baseline)
    }

    fn holds(&self) -> Option<bool> {
        self.target.map(|target| self.value <= target)
    }

    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "baseline": self.baseline,
            "ratio": self.ratio(),
            "target": self.target,
            "holds": self.holds(),
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.2}"));
        let holds = self.holds().map_or("-", |holds| if holds { "yes" } else { "NO" });
        let (baseline, target) = (number(self.baseline), number(self.target));
        let Self { name, value, unit, .. } = self;
        let ratio = number(self.ratio());
        write!(to, "{name} {value:.2} {unit} {baseline} {ratio} {target} {holds}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_compared_with_its_baseline_and_target() {
        let line =
            r#"{"name": "start", "value": 300, "unit": "ms", "baseline": 200, "target": 800}"#;
        let measure = Measure::from_json_line(line).unwrap();
        assert_eq!(measure.to_string(), "start 300.00 ms 200.00 1.50 800.00 yes");
        assert_eq!(measure.to_json()["ratio"], json!(1.5));
        assert_eq!(measure.to_json()["holds"], json!(true));
    }

    #[test]
    fn a_value_above_its_target_does_not_hold() {
        let measure = Measure::size("wasm", 901_000, Some(900.0));
        assert_eq!(measure.to_string(), "wasm 901.00 kB - - 900.00 NO");
    }

    #[test]
    fn without_a_target_nothing_is_claimed() {
        let measure = Measure::size("wasm", 1, None);
        assert_eq!(measure.to_json()["holds"], Value::Null);
        assert_eq!(measure.to_string(), "wasm 0.00 kB - - - -");
    }

    #[test]
    fn a_line_without_a_value_is_refused() {
        assert!(Measure::from_json_line(r#"{"name": "start", "unit": "ms"}"#).is_err());
        assert!(Measure::from_json_line(r#"{"name": "a", "unit": "ms", "value": "1"}"#).is_err());
        assert!(Measure::from_json_line("ready").is_err());
    }
}
