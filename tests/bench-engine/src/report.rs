//! What is printed.

use serde_json::json;

use crate::outside::print;

/// A value that differs between the two ways to run.
pub(crate) struct Target {
    pub(crate) native: f64,
    pub(crate) wasm: f64,
}

impl Target {
    pub(crate) fn same(value: f64) -> Option<Self> {
        Some(Self { native: value, wasm: value })
    }

    fn here(&self) -> f64 {
        if cfg!(target_arch = "wasm32") { self.wasm } else { self.native }
    }
}

/// One measured value. Smaller is better.
pub(crate) struct Measure {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) baseline: Option<f64>,
    pub(crate) target: Option<Target>,
}

impl Measure {
    pub(crate) fn print(&self) {
        let way = if cfg!(target_arch = "wasm32") { "wasm" } else { "native" };
        let line = json!({
            "name": format!("{way}-{}", self.name),
            "value": self.value,
            "unit": self.unit,
            "baseline": self.baseline,
            "target": self.target.as_ref().map(Target::here),
        });
        print(&line.to_string());
    }
}
