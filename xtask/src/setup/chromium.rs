//! A Chromium and its driver, as the system has them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::search::{can_install_debian_packages, install_debian_packages, on_path};
use super::{Found, Provides, Step};
use crate::process::Program;
use crate::project::{Project, version_in};

/// Names a browser other than the one that would be found.
const BROWSER: &str = "TASKLOOM_CHROMIUM";
const DRIVER: &str = "CHROMEDRIVER";

const BROWSER_NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const BROWSER_PLACES: [&str; 4] = [
    "/usr/bin/chromium",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const DRIVER_PLACES: [&str; 4] = [
    "/usr/bin/chromedriver",
    "/usr/lib/chromium/chromedriver",
    "/usr/lib/chromium-browser/chromedriver",
    "/snap/bin/chromium.chromedriver",
];

pub struct Chromium;

fn find(variable: &str, names: &[&str], places: &[&str]) -> Option<PathBuf> {
    let named: Option<OsString> = std::env::var_os(variable).filter(|value| !value.is_empty());
    let usual = || places.iter().map(PathBuf::from).find(|place| place.is_file());
    named.map(PathBuf::from).or_else(|| on_path(names)).or_else(usual)
}

fn version(program: &Path) -> Result<String> {
    let said = Program::new(program).arg("--version").read()?;
    Ok(version_in(&said).unwrap_or_default().to_owned())
}

fn same_release(browser: &str, driver: &str) -> bool {
    browser.split('.').next() == driver.split('.').next()
}

impl Step for Chromium {
    fn plan(&self) -> String {
        "the system's packages chromium and chromium-driver, about a minute".into()
    }

    fn probe(&self, _: &Project) -> Result<Option<Found>> {
        let browser = find(BROWSER, &BROWSER_NAMES, &BROWSER_PLACES);
        let driver = find(DRIVER, &["chromedriver"], &DRIVER_PLACES);
        let (Some(browser), Some(driver)) = (browser, driver) else { return Ok(None) };
        let (release, driver_release) = (version(&browser)?, version(&driver)?);
        if !same_release(&release, &driver_release) {
            bail!(
                "{} is {release}, but {} is {driver_release}: install the driver of the same \
                 release, or name another pair by {BROWSER} and {DRIVER}",
                browser.display(),
                driver.display()
            );
        }
        let what = format!("{release} at {}", browser.display());
        let provides = vec![
            Provides::Variable(BROWSER, browser.into()),
            Provides::Variable(DRIVER, driver.into()),
        ];
        Ok(Some(Found { what, provides }))
    }

    fn install(&self, _: &Project) -> Result<()> {
        let remedy = format!(
            "install Chromium (or Chrome) and the chromedriver of the same release, \
             or name them by {BROWSER} and {DRIVER}"
        );
        if !can_install_debian_packages() {
            bail!("{remedy}");
        }
        install_debian_packages(&["chromium", "chromium-driver", "fonts-liberation"])
            .context(remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_and_driver_match_by_their_first_number() {
        assert!(same_release("156.0.8078.73", "156.0.8000.1"));
        assert!(!same_release("156.0.8078.73", "15.0.8078.73"));
    }
}
