//! The names of the symbols in the sprite `assets/icons.svg`.

use taskloom_domain::Enumeration;
use taskloom_domain::stage::Stage;
use taskloom_domain::task::Priority;

macro_rules! icons {
    ($($name:ident = $text:literal,)+) => {
        /// A symbol of the sprite.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum IconName {
            /// The mark of a stage.
            Stage(Stage),
            /// The mark of a priority.
            Priority(Priority),
            $(#[doc = concat!("`", $text, "`")] $name,)+
        }

        impl IconName {
            /// Every symbol that stands for itself.
            pub const PLAIN: &'static [IconName] = &[$(IconName::$name,)+];

            /// The id of the symbol in the page.
            pub fn id(self) -> String {
                match self {
                    IconName::Stage(stage) => format!("icon-stage-{stage}"),
                    IconName::Priority(priority) => format!("icon-priority-{priority}"),
                    $(IconName::$name => concat!("icon-", $text).into(),)+
                }
            }
        }
    };
}

icons! {
    ArrowRight = "arrow-right",
    Board = "board",
    Check = "check",
    ChevronDown = "chevron-down",
    ChevronLeft = "chevron-left",
    ChevronRight = "chevron-right",
    Clock = "clock",
    Close = "close",
    Export = "export",
    Help = "help",
    Import = "import",
    Logo = "logo",
    More = "more",
    Needs = "needs",
    Person = "person",
    Plus = "plus",
    Search = "search",
    Storage = "storage",
    ThemeDark = "theme-dark",
    ThemeLight = "theme-light",
    ThemeSystem = "theme-system",
    Trash = "trash",
    Undo = "undo",
    Warning = "warning",
    Worker = "worker",
}

impl IconName {
    /// Every symbol that the app can ask for.
    pub fn all() -> impl Iterator<Item = IconName> {
        let stages = Stage::ALL.iter().copied().map(IconName::Stage);
        let priorities = Priority::ALL.iter().copied().map(IconName::Priority);
        IconName::PLAIN.iter().copied().chain(stages).chain(priorities)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sprite_and_the_names_agree() {
        let sprite = include_str!("../../assets/icons.svg");
        for icon in IconName::all() {
            assert!(sprite.contains(&format!("<symbol id=\"{}\"", icon.id())), "{icon:?}");
        }
        assert_eq!(sprite.matches("<symbol ").count(), IconName::all().count());
    }
}
