//! The grid of SCREENS part 1: header, tabs, rule, body, status line, footer.

use ratatui::layout::Rect;

/// Below this the screen is one sentence.
pub const SMALLEST: (u16, u16) = (60, 16);

/// Where the parts of the frame are. Absent parts have no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The whole frame.
    pub area: Rect,
    /// Too small for anything but the sentence that says so.
    pub too_small: bool,
    /// Breadcrumb, state, clock.
    pub header: Rect,
    /// Tabs, only inside a tenant.
    pub tabs: Rect,
    /// The rule over the body.
    pub rule: Rect,
    /// The screen's own.
    pub body: Rect,
    /// Last result and freshness; gives way below 24 rows.
    pub status: Rect,
    /// Keys.
    pub footer: Rect,
}

/// Divides a frame. `keep_status` is for screens that need their status line in a low window too.
#[must_use]
pub fn measure(area: Rect, tabs: bool, keep_status: bool) -> Frame {
    let row = |y: u16, rows: u16| {
        let y = y.min(area.height);
        Rect::new(area.x, area.y + y, area.width, rows.min(area.height - y))
    };
    let tab_rows = u16::from(tabs);
    let status_rows = u16::from(area.height >= 24 || keep_status);
    let top = 2 + tab_rows;
    let bottom = 1 + status_rows;
    Frame {
        area,
        too_small: area.width < SMALLEST.0 || area.height < SMALLEST.1,
        header: row(0, 1),
        tabs: row(1, tab_rows),
        rule: row(1 + tab_rows, 1),
        body: row(top, area.height.saturating_sub(top + bottom)),
        status: row(area.height.saturating_sub(bottom), status_rows),
        footer: row(area.height.saturating_sub(1), 1),
    }
}

/// The steps of width at which screens change (SCREENS part 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// 60-79: one pane, four keys in the footer.
    Narrow,
    /// 80-109: one pane plus a strip.
    Standard,
    /// 110-119: numbered tabs, more columns.
    Numbered,
    /// 120-139: list and detail side by side.
    Split,
    /// 140-179: as drawn.
    Wide,
    /// From 180: extra columns.
    Extra,
}

impl Width {
    /// The step of a frame.
    #[must_use]
    pub fn of(columns: u16) -> Self {
        match columns {
            0..80 => Width::Narrow,
            80..110 => Width::Standard,
            110..120 => Width::Numbered,
            120..140 => Width::Split,
            140..180 => Width::Wide,
            _ => Width::Extra,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_a_tenant_the_body_begins_in_row_3() {
        let frame = measure(Rect::new(0, 0, 80, 24), true, false);
        assert_eq!((frame.tabs.y, frame.rule.y, frame.body.y, frame.body.height), (1, 2, 3, 19));
        assert_eq!((frame.status.y, frame.footer.y), (22, 23));
    }

    #[test]
    fn outside_there_are_no_tabs_and_low_windows_have_no_status() {
        let frame = measure(Rect::new(0, 0, 60, 16), false, false);
        assert_eq!((frame.tabs.height, frame.rule.y, frame.body.y, frame.body.height), (0, 1, 2, 13));
        assert_eq!((frame.status.height, frame.too_small), (0, false));
        assert_eq!(measure(Rect::new(0, 0, 60, 16), false, true).status.y, 14);
    }

    #[test]
    fn no_size_panics_and_parts_never_overlap() {
        for width in 0..70 {
            for height in 0..30 {
                for tabs in [false, true] {
                    let frame = measure(Rect::new(0, 0, width, height), tabs, true);
                    assert_eq!(frame.too_small, width < 60 || height < 16);
                    if !frame.too_small {
                        let rows = [frame.header, frame.tabs, frame.rule, frame.body, frame.status, frame.footer];
                        assert_eq!(rows.iter().map(|part| part.height).sum::<u16>(), height);
                    }
                }
            }
        }
    }
}
