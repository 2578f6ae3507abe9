//! The palettes of SCREENS 2.1 and the [`Theme`] that turns roles into styles.

use ratatui::style::{Color, Modifier, Style};

use super::depth::{Depth, TermEnvironment};
use super::roles::Role;

/// Which set of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shade {
    /// The sixteen names: follows the terminal's own palette, light or dark.
    Terminal,
    /// RGB for dark backgrounds (measured on 12161b).
    Dark,
    /// RGB for light backgrounds (measured on fbfaf7).
    Light,
}

impl Shade {
    /// The shade for `auto`: light or dark where the terminal told its background, else its own palette.
    #[must_use]
    pub fn detect(environment: &TermEnvironment) -> Shade {
        if let Some((red, green, blue)) = environment.background {
            // Rec. 709 weights; the threshold is the middle of the scale.
            let luma = 0.2126 * f64::from(red) + 0.7152 * f64::from(green) + 0.0722 * f64::from(blue);
            return if luma >= 128.0 { Shade::Light } else { Shade::Dark };
        }
        let background = environment.colorfgbg.as_deref().and_then(|text| text.rsplit(';').next()?.parse::<u8>().ok());
        match background {
            Some(7 | 15) => Shade::Light,
            Some(0..=6 | 8) => Shade::Dark,
            _ => Shade::Terminal,
        }
    }
}

/// Roles to styles, for one depth and shade. Cheap to copy around by reference; computed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    depth: Depth,
    shade: Shade,
    /// Draw with the ASCII glyph set.
    pub ascii: bool,
}

impl Theme {
    /// A theme; RGB shades fall back to the sixteen names where the terminal has no more.
    #[must_use]
    pub fn new(depth: Depth, shade: Shade, ascii: bool) -> Self {
        Self { depth, shade, ascii }
    }

    /// The theme without any colour.
    #[must_use]
    pub fn mono() -> Self {
        Self::new(Depth::Mono, Shade::Terminal, false)
    }

    /// The depth that the theme draws in.
    #[must_use]
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// The style of a role.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        match (self.depth, self.shade) {
            (Depth::Mono, _) => mono(role),
            (Depth::Sixteen, _) | (_, Shade::Terminal) => sixteen(role),
            (depth, shade) => rgb_style(role, shade, depth),
        }
    }

    /// The style of a role on the cursor row: the selection's ground, and muted becomes text.
    #[must_use]
    pub fn selected(&self, role: Role) -> Style {
        let role = if role == Role::Muted || role == Role::Match { Role::Text } else { role };
        self.style(role).patch(self.style(Role::Selection))
    }

    /// Bold underline, for the characters that differ.
    #[must_use]
    pub fn differing(&self) -> Style {
        self.style(Role::Mismatch).add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }
}

fn mono(role: Role) -> Style {
    let plain = Style::new();
    match role {
        Role::Text | Role::Ok | Role::Info | Role::Added | Role::Removed | Role::Changed | Role::Back => plain,
        Role::Muted | Role::Match => plain.add_modifier(Modifier::DIM),
        Role::Accent | Role::Warn | Role::Danger | Role::Open | Role::Marked | Role::Focus => {
            plain.add_modifier(Modifier::BOLD)
        }
        Role::Selection => plain.add_modifier(Modifier::REVERSED),
        Role::Mismatch => plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
    }
}

fn sixteen(role: Role) -> Style {
    let plain = Style::new();
    match role {
        Role::Text => plain,
        Role::Muted | Role::Match => plain.add_modifier(Modifier::DIM),
        Role::Accent | Role::Info => plain.fg(Color::Cyan),
        Role::Ok | Role::Added | Role::Back => plain.fg(Color::Green),
        Role::Warn | Role::Open | Role::Changed => plain.fg(Color::Yellow),
        Role::Danger | Role::Removed => plain.fg(Color::Red),
        Role::Selection => plain.add_modifier(Modifier::REVERSED),
        Role::Marked | Role::Focus => plain.fg(Color::Cyan).add_modifier(Modifier::BOLD),
        Role::Mismatch => plain.fg(Color::Yellow).add_modifier(Modifier::BOLD),
    }
}

/// RGB of a role on dark and light ground (SCREENS 2.1). For the selection this is the background.
fn rgb(role: Role, shade: Shade) -> (u8, u8, u8) {
    let (dark, light) = match role {
        Role::Text => ((0xd7, 0xdc, 0xe2), (0x1f, 0x23, 0x28)),
        Role::Muted | Role::Match => ((0x8b, 0x93, 0x9e), (0x5f, 0x67, 0x72)),
        Role::Accent | Role::Info | Role::Marked | Role::Focus => ((0x7f, 0xb4, 0xff), (0x0b, 0x5c, 0xad)),
        Role::Ok | Role::Added | Role::Back => ((0x8c, 0xc9, 0x8f), (0x1a, 0x70, 0x34)),
        Role::Warn | Role::Open | Role::Changed | Role::Mismatch => ((0xe3, 0xb6, 0x5f), (0x83, 0x56, 0x00)),
        Role::Danger | Role::Removed => ((0xf2, 0x80, 0x7f), (0xb3, 0x26, 0x1e)),
        Role::Selection => ((0x25, 0x36, 0x4b), (0xdb, 0xe7, 0xf5)),
    };
    if shade == Shade::Light { light } else { dark }
}

fn rgb_style(role: Role, shade: Shade, depth: Depth) -> Style {
    let (red, green, blue) = rgb(role, shade);
    let color = match depth {
        Depth::Indexed => Color::Indexed(nearest_indexed(red, green, blue)),
        _ => Color::Rgb(red, green, blue),
    };
    let style = if role == Role::Selection { Style::new().bg(color) } else { Style::new().fg(color) };
    match role {
        Role::Marked | Role::Focus | Role::Mismatch => style.add_modifier(Modifier::BOLD),
        _ => style,
    }
}

/// The nearest of the 6×6×6 cube and the grey ramp of the 256-colour palette (xterm's values).
#[must_use]
pub fn nearest_indexed(red: u8, green: u8, blue: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let distance = |a: (u8, u8, u8)| {
        let square = |x: u8, y: u8| (i32::from(x) - i32::from(y)).pow(2);
        square(a.0, red) + square(a.1, green) + square(a.2, blue)
    };
    let step = |value: u8| {
        STEPS.iter().enumerate().min_by_key(|(_, step)| value.abs_diff(**step)).map_or((0, 0), |(at, step)| (at, *step))
    };
    let (r, g, b) = (step(red), step(green), step(blue));
    let cube = (distance((r.1, g.1, b.1)), u8::try_from(16 + 36 * r.0 + 6 * g.0 + b.0).unwrap_or(15));
    let grey = (0u8..24).map(|n| (distance((8 + 10 * n, 8 + 10 * n, 8 + 10 * n)), 232 + n)).min().unwrap_or(cube);
    cube.min(grey).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
        let linear = |value: u8| {
            let x = f64::from(value) / 255.0;
            if x <= 0.03928 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
        let (x, y) = (luminance(a), luminance(b));
        (x.max(y) + 0.05) / (x.min(y) + 0.05)
    }

    #[test]
    fn every_role_has_the_contrast_that_is_promised() {
        for (shade, ground) in [(Shade::Dark, (0x12, 0x16, 0x1b)), (Shade::Light, (0xfb, 0xfa, 0xf7))] {
            for role in Role::ALL.into_iter().filter(|role| *role != Role::Selection) {
                let on_ground = contrast(rgb(role, shade), ground);
                assert!(on_ground >= 5.4, "{role:?} on {shade:?}: {on_ground:.2}");
                let shown = if matches!(role, Role::Muted | Role::Match) { Role::Text } else { role };
                let on_selection = contrast(rgb(shown, shade), rgb(Role::Selection, shade));
                assert!(on_selection >= 4.7, "{role:?} on the selection of {shade:?}: {on_selection:.2}");
            }
        }
    }

    #[test]
    fn mono_has_no_colour_and_every_state_a_form_or_a_glyph() {
        let theme = Theme::mono();
        for role in Role::ALL {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
            let formless = style.add_modifier.is_empty();
            assert!(!formless || role == Role::Text || role.glyph() != " ", "{role:?} cannot be seen in mono");
        }
    }

    #[test]
    fn sixteen_colours_never_use_blue_or_bright_black() {
        let theme = Theme::new(Depth::Sixteen, Shade::Dark, false);
        for role in Role::ALL {
            let style = theme.style(role);
            for color in [style.fg, style.bg].into_iter().flatten() {
                assert!(!matches!(color, Color::Blue | Color::LightBlue | Color::DarkGray), "{role:?}");
            }
        }
    }

    #[test]
    fn only_the_selection_has_a_ground() {
        for depth in [Depth::True, Depth::Indexed] {
            let theme = Theme::new(depth, Shade::Light, false);
            for role in Role::ALL {
                assert_eq!(theme.style(role).bg.is_some(), role == Role::Selection);
            }
        }
    }

    #[test]
    fn nearest_of_256_hits_exact_values() {
        assert_eq!(nearest_indexed(0, 0, 0), 16);
        assert_eq!(nearest_indexed(255, 255, 255), 231);
        assert_eq!(nearest_indexed(95, 135, 175), 67);
        assert_eq!(nearest_indexed(128, 128, 128), 244);
    }

    #[test]
    fn shade_comes_from_the_background() {
        let mut environment = TermEnvironment::default();
        assert_eq!(Shade::detect(&environment), Shade::Terminal);
        environment.colorfgbg = Some("0;15".into());
        assert_eq!(Shade::detect(&environment), Shade::Light);
        environment.background = Some((0x12, 0x16, 0x1b));
        assert_eq!(Shade::detect(&environment), Shade::Dark);
    }
}
