//! How many colours the terminal gets. The environment comes in as values; nothing here reads it.

/// The few environment values that decide about colour and glyphs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TermEnvironment {
    /// `NO_COLOR` (<https://no-color.org>): counts when set and not empty.
    pub no_color: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
    /// `COLORTERM`.
    pub colorterm: Option<String>,
    /// `COLORFGBG`, as rxvt and Konsole set it: `foreground;background` in 16-colour numbers.
    pub colorfgbg: Option<String>,
    /// The first of `LC_ALL`, `LC_CTYPE`, `LANG` that is set and not empty.
    pub lang: Option<String>,
    /// The terminal's background as it answered OSC 11, where it was asked.
    pub background: Option<(u8, u8, u8)>,
}

/// Colour depth of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// 24-bit colour.
    True,
    /// The 256-colour palette.
    Indexed,
    /// The terminal's own sixteen colours.
    Sixteen,
    /// No colour at all: bold, dim, underline, reverse and glyphs.
    Mono,
}

impl Depth {
    /// Decides from the environment; `no_color_flag` is the command line's `--no-color`.
    ///
    /// An empty `NO_COLOR` does not count, as the convention says; `TERM=dumb` is mono.
    #[must_use]
    pub fn decide(environment: &TermEnvironment, no_color_flag: bool) -> Depth {
        let set = |value: &Option<String>| value.as_deref().is_some_and(|text| !text.is_empty());
        let term = environment.term.as_deref().unwrap_or_default();
        if no_color_flag || set(&environment.no_color) || term == "dumb" {
            return Depth::Mono;
        }
        match environment.colorterm.as_deref() {
            Some("truecolor" | "24bit") => Depth::True,
            _ if term.ends_with("-direct") => Depth::True,
            _ if term.contains("256") => Depth::Indexed,
            _ => Depth::Sixteen,
        }
    }
}

impl TermEnvironment {
    /// Whether the locale draws UTF-8; an unset locale is the C locale and does not.
    #[must_use]
    pub fn is_utf8(&self) -> bool {
        let lang = self.lang.as_deref().unwrap_or_default().to_ascii_lowercase();
        lang.contains("utf-8") || lang.contains("utf8")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(term: &str, colorterm: Option<&str>, no_color: Option<&str>) -> TermEnvironment {
        TermEnvironment {
            term: Some(term.into()),
            colorterm: colorterm.map(Into::into),
            no_color: no_color.map(Into::into),
            ..TermEnvironment::default()
        }
    }

    #[test]
    fn depth_follows_the_environment() {
        assert_eq!(Depth::decide(&environment("xterm-256color", Some("truecolor"), None), false), Depth::True);
        assert_eq!(Depth::decide(&environment("xterm-256color", None, None), false), Depth::Indexed);
        assert_eq!(Depth::decide(&environment("xterm", None, None), false), Depth::Sixteen);
        assert_eq!(Depth::decide(&environment("dumb", Some("truecolor"), None), false), Depth::Mono);
    }

    #[test]
    fn no_color_counts_only_when_not_empty() {
        assert_eq!(Depth::decide(&environment("xterm", Some("24bit"), Some("1")), false), Depth::Mono);
        assert_eq!(Depth::decide(&environment("xterm", Some("24bit"), Some("")), false), Depth::True);
        assert_eq!(Depth::decide(&environment("xterm", Some("24bit"), None), true), Depth::Mono);
    }

    #[test]
    fn locale_decides_about_utf8() {
        let mut environment = TermEnvironment::default();
        assert!(!environment.is_utf8());
        environment.lang = Some("pt_PT.UTF-8".into());
        assert!(environment.is_utf8());
        environment.lang = Some("POSIX".into());
        assert!(!environment.is_utf8());
    }
}
