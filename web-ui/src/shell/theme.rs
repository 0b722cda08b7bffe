//! Light, dark, or as the system has it. A script in the page sets the theme
//! before the first paint; this switch changes it.

use leptos::prelude::*;

use crate::model::icon::IconName;
use crate::parts::Icon;
use crate::preference;

/// Where the choice is kept. The script in the page reads the same.
const KEY: &str = "taskloom.theme";

/// A choice of theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    fn attribute(self) -> Option<&'static str> {
        match self {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Theme::System => "As the system",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        }
    }

    fn icon(self) -> IconName {
        match self {
            Theme::System => IconName::ThemeSystem,
            Theme::Light => IconName::ThemeLight,
            Theme::Dark => IconName::ThemeDark,
        }
    }

    fn load() -> Self {
        let stored = preference::load::<String>(KEY);
        let chosen = Theme::ALL.into_iter().find(|theme| theme.attribute() == stored.as_deref());
        chosen.unwrap_or(Theme::System)
    }

    fn apply(self) {
        let Some(root) = document().document_element() else { return };
        // The attribute is a plain name and cannot be refused.
        let _ = match self.attribute() {
            Some(name) => root.set_attribute("data-theme", name),
            None => root.remove_attribute("data-theme"),
        };
        preference::keep(KEY, self.attribute());
    }
}

/// Three choices, one pressed.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let theme = RwSignal::new(Theme::load());
    let buttons = Theme::ALL.map(|choice| {
        view! {
            <button
                class="icon-button"
                aria-label=choice.label()
                title=choice.label()
                aria-pressed=move || (theme.get() == choice).to_string()
                on:click=move |_| {
                    theme.set(choice);
                    choice.apply();
                }
            >
                <Icon name=choice.icon() />
            </button>
        }
    });
    view! {
        <div class="theme-switch" role="group" aria-label="Theme">
            {buttons.into_iter().collect_view()}
        </div>
    }
}
