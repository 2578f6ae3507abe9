//! `view`: draws the model. It takes `&Model`, so drawing cannot change state.

use ratatui::Frame as RatatuiFrame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::cx::ViewCx;
use super::header::{Header, with_glyph};
use super::layout::{Frame, SMALLEST, Width};
use super::model::Model;
use crate::console::format;
use crate::console::keys::{Action, footer};
use crate::console::screens::{Screen, ScreenId};
use crate::console::term::{glyphs, width};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{Canvas, Hit, Hits, Span, Tape};
use crate::domain::inert;

/// Draws a frame and records what lies where for the mouse, and, where there is a tape, what it says.
pub fn view(model: &Model, theme: &Theme, frame: &mut RatatuiFrame<'_>, hits: &mut Hits, tape: Option<&mut Tape>) {
    hits.clear();
    let buffer = frame.buffer_mut();
    let mut canvas = Canvas::new(buffer, theme, hits).told_to(tape);
    draw(model, &mut canvas);
    let cursor = canvas.cursor().or_else(|| canvas.first_letter(body_of(model, canvas.area())));
    if let Some(at) = cursor {
        canvas.tell_cursor(at);
    }
    if theme.ascii {
        glyphs::apply_ascii(frame.buffer_mut());
    }
    seal(frame.buffer_mut());
    if let Some(position) = cursor {
        frame.set_cursor_position(position);
    }
}

/// Where the cursor stands while nothing is to be chosen: on the first words of the body.
fn body_of(model: &Model, area: Rect) -> Rect {
    let parts = super::layout::measure(area, model.frame().tabs.height > 0, model.frame().status.height > 0);
    if parts.too_small { area } else { parts.body }
}

/// The last look before the terminal: whatever drew a cell, nothing in it acts.
fn seal(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !inert::is_inert(cell.symbol()) {
            cell.set_symbol("\u{fffd}");
        }
    }
}

fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let area = canvas.area();
    let parts = super::layout::measure(area, model.frame().tabs.height > 0, model.frame().status.height > 0);
    if parts.too_small {
        too_small(area, canvas);
        return;
    }
    let cx = ViewCx { frame: area, ..model.view_cx() };
    let Some(screen) = model.screen() else { return };
    let head = screen.header(&cx);
    header(model, &head, parts.header, canvas);
    let active = tabs(model, screen.id(), &parts, canvas);
    rule(parts.rule, active, canvas);
    screen.view(&cx, parts.body, canvas);
    status(model, screen, &cx, &parts, canvas);
    keys(model, screen, &parts, canvas);
    for overlay in &model.overlays {
        canvas.forget_cursor();
        overlay.view(&cx, parts.body, &model.messages, canvas);
    }
}

/// The one line of a window that is too small, in its middle.
fn too_small(area: Rect, canvas: &mut Canvas<'_>) {
    let words = format!("Onroll needs {}x{}, this is {}x{}", SMALLEST.0, SMALLEST.1, area.width, area.height);
    let cells = u16::try_from(width::width(&words)).unwrap_or(area.width).min(area.width);
    let y = area.y + area.height / 2;
    canvas.text(area.x + (area.width - cells) / 2, y, usize::from(area.width), &words, Role::Text);
}

/// Breadcrumb left; right, in their order of survival: state, time, date, route.
fn header(model: &Model, head: &Header, area: Rect, canvas: &mut Canvas<'_>) {
    let right = header_right(model, head, area.width);
    let gap = if area.width < 100 { 2 } else { 3 };
    let cells: usize = right.iter().map(Span::width).sum::<usize>() + gap * right.len().saturating_sub(1);
    let room = usize::from(area.width).saturating_sub(cells + 3);
    breadcrumb(model, head, Rect { width: u16::try_from(room).unwrap_or(area.width), ..area }, canvas);
    let mut x = area.right().saturating_sub(u16::try_from(cells + 1).unwrap_or(area.width));
    for span in right {
        let used = canvas.text(x, area.y, span.width(), &span.text, span.role);
        x = x.saturating_add(used + u16::try_from(gap).unwrap_or(2));
    }
}

fn header_right(model: &Model, head: &Header, columns: u16) -> Vec<Span> {
    if let Some(only) = &head.only {
        return vec![Span::new(only.clone(), Role::Muted)];
    }
    let cx = model.view_cx();
    let (now, zone) = (model.now.wall, &cx.console.zone);
    let mut time = if head.seconds { format::clock_seconds(now, zone) } else { format::clock(now, zone) };
    if columns >= 110 {
        time = format!("{} {time}", format::weekday(now, zone));
    }
    let mut right = Vec::new();
    match (&head.facts, model.tenant()) {
        (Some((long, _)), _) if columns >= 100 => right.push(Span::new(long.clone(), Role::Muted)),
        (Some((_, short)), _) if columns >= 80 => right.push(Span::new(short.clone(), Role::Muted)),
        (None, Some(tenant)) if columns >= 100 => right.push(Span::new(tenant.route.clone(), Role::Muted)),
        _ => {}
    }
    if let Some(incident) = cx.console.incident.as_ref().filter(|_| columns >= 80) {
        right.clear();
        right.push(Span::new(format!("Incident: {incident}"), Role::Muted));
    }
    if let Some(standing) = model.standing() {
        let role = if standing == super::place::Mode::Live { Role::Text } else { Role::Warn };
        right.push(Span::new(standing.word(), role));
    }
    right.push(Span::new(time, Role::Text));
    right
}

/// `Onroll › tenant › screen › thing`; never cut before the tenant: "Onroll" goes first, then the last crumb's tail.
fn breadcrumb(model: &Model, head: &Header, area: Rect, canvas: &mut Canvas<'_>) {
    let mut crumbs = vec!["Onroll".to_owned()];
    if let Some(short_name) = model.place().and_then(|place| place.tenant.as_ref()) {
        crumbs.push(model.tenant().map_or_else(|| short_name.clone(), |tenant| tenant.name.clone()));
    }
    crumbs.extend(head.crumbs.iter().cloned());
    let total = |crumbs: &[String]| {
        crumbs.iter().map(|crumb| width::width(crumb)).sum::<usize>() + 3 * crumbs.len().saturating_sub(1)
    };
    let room = usize::from(area.width).saturating_sub(1);
    if total(&crumbs) > room && crumbs.len() > 1 {
        crumbs.remove(0);
    }
    let mut x = area.x.saturating_add(1);
    let last = crumbs.len().saturating_sub(1);
    for (number, crumb) in crumbs.iter().enumerate() {
        let left = usize::from(area.right().saturating_sub(x));
        let role = if number == last { Role::Text } else { Role::Muted };
        let used = canvas.text(x, area.y, left, crumb, role);
        canvas.hit(Rect::new(x, area.y, used, 1), Hit::Crumb(number.saturating_sub(usize::from(crumbs.len() > 1))));
        x = x.saturating_add(used);
        if number != last {
            x = x.saturating_add(canvas.text(x, area.y, 3, &format!(" {} ", glyphs::CRUMB), Role::Accent));
        }
    }
}

/// The tabs; returns the cells of the active one.
fn tabs(model: &Model, screen: ScreenId, parts: &Frame, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
    if parts.tabs.height == 0 {
        return None;
    }
    let active = screen.tab();
    let step = Width::of(parts.area.width);
    let badges = model.tenant().map(|tenant| tenant.badges).unwrap_or_default();
    let mut x = parts.tabs.x + 1;
    let mut found = None;
    for (number, tab) in ScreenId::TABS.into_iter().enumerate() {
        let badge = match badges.get(number) {
            Some(0) | None => String::new(),
            Some(count) => format!(" {}", format::count(*count)),
        };
        let (words, gap) = match step {
            Width::Narrow if active == Some(number) => (format!("‹ {}{badge} ›", narrow(tab)), 2),
            Width::Narrow => continue,
            Width::Standard => (format!("{}{badge}", narrow(tab)), 2),
            _ => (format!("{} {}{badge}", number + 1, tab.title()), 3),
        };
        let role = if active == Some(number) { Role::Focus } else { Role::Text };
        let left = usize::from(parts.tabs.right().saturating_sub(x));
        let used = canvas.text(x, parts.tabs.y, left, &words, role);
        canvas.hit(Rect::new(x, parts.tabs.y, used, 1), Hit::Tab(number));
        if active == Some(number) {
            found = Some((x, used));
        }
        x = x.saturating_add(used + gap);
    }
    found
}

fn narrow(screen: ScreenId) -> &'static str {
    if screen == ScreenId::Feed { "Feed" } else { screen.title() }
}

fn rule(area: Rect, active: Option<(u16, u16)>, canvas: &mut Canvas<'_>) {
    canvas.fill(area.x, area.y, area.width, glyphs::RULE, Role::Muted);
    if let Some((x, cells)) = active {
        canvas.fill(x, area.y, cells, glyphs::RULE_FOCUS, Role::Focus);
    }
}

/// Left: a toast, or the screen's last result; right: freshness, and a spinner while something is read.
fn status(model: &Model, screen: &dyn Screen, cx: &ViewCx<'_>, parts: &Frame, canvas: &mut Canvas<'_>) {
    let area = parts.status;
    if area.height == 0 {
        return;
    }
    let line = screen.status(cx);
    let room = usize::from(area.width).saturating_sub(2);
    let (left, said) = match toast_lines(model, room, screen.text_focus()) {
        Some(lines) => (draw_above(lines, area, parts.body, canvas), true),
        None if line.left.iter().all(|span| span.text.trim().is_empty()) => (incident_words(cx), false),
        None => (line.left, false),
    };
    let mut right = line.right;
    if super::remote::SAY_LOADING_AFTER <= loading_for(screen, cx) {
        right = vec![Span::new("reading ", Role::Muted), Span::new(cx.spinner, Role::Info)];
    }
    let right_cells: usize = right.iter().map(Span::width).sum();
    // What is said once is read whole; how old the data are comes back when it is gone.
    let left_room = if right_cells == 0 || said { room } else { room.saturating_sub(right_cells + 2) };
    let used = canvas.spans(area.x + 1, area.y, left_room.max(room / 2), &left, false);
    if usize::from(used) + right_cells < room {
        let x = area.right().saturating_sub(u16::try_from(right_cells + 1).unwrap_or(area.width));
        canvas.spans(x, area.y, right_cells, &right, false);
    }
}

/// What a workspace says that shows an incident, where the screen has nothing to say.
fn incident_words(cx: &ViewCx<'_>) -> Vec<Span> {
    let words = |incident: &String| format!("Incident: {incident}; invented, thrown away when you leave");
    cx.console.incident.iter().map(|incident| Span::new(words(incident), Role::Muted)).collect()
}

fn loading_for(screen: &dyn Screen, cx: &ViewCx<'_>) -> std::time::Duration {
    screen.loading_since().map(|since| cx.now.uptime.saturating_sub(since)).unwrap_or_default()
}

/// Rows that a message takes at most.
const TOAST_ROWS: usize = 7;

/// The message that shows now, whole: glyph, words, the key that takes it back; of an error also who, why and what now.
///
/// In one line while something is typed, which it must not cover, and when it has been there for a while.
fn toast_lines(model: &Model, cells: usize, typing: bool) -> Option<Vec<Vec<Span>>> {
    let message = model.messages.current(model.now.uptime)?;
    let hint = match message.hint.split_once(' ') {
        Some((key, words)) => {
            vec![Span::new(format!("   {key}"), Role::Accent), Span::new(format!(" {words}"), Role::Text)]
        }
        None if message.until.is_none() => vec![Span::new("   Esc", Role::Accent)],
        None => Vec::new(),
    };
    let hint_cells: usize = hint.iter().map(Span::width).sum();
    if typing || model.now.uptime >= message.folds {
        let words = width::truncate(&message.text, cells.saturating_sub(hint_cells + 2));
        let mut line = with_glyph(&format!("{} {words}", message.level.role().glyph()));
        line.extend(hint);
        return Some(vec![line]);
    }
    let mut lines: Vec<Vec<Span>> = Vec::new();
    let words = width::wrap_whole(&message.text, cells.saturating_sub(hint_cells + 2).max(20));
    for (number, words) in words.into_iter().enumerate() {
        lines.push(match number {
            0 => with_glyph(&format!("{} {words}", message.level.role().glyph())),
            _ => vec![Span::new(format!("  {words}"), Role::Text)],
        });
    }
    if let Some(first) = lines.first_mut() {
        first.extend(hint);
    }
    if let Some(problem) = &message.problem {
        for line in problem.lines().iter().skip(1) {
            let (head, words) = line.split_at_checked(4).unwrap_or(("", line));
            let indent = words.len() - words.trim_start().len();
            for (number, part) in width::wrap_whole(words, cells.saturating_sub(8)).into_iter().enumerate() {
                let head = if number == 0 { head } else { "" };
                let step = if number > 0 && indent > 0 && head.is_empty() { "" } else { " " };
                lines.push(vec![
                    Span::new(format!("  {}", width::pad(head, 4)), Role::Muted),
                    Span::new(format!("{step}{part}"), Role::Text),
                ]);
            }
        }
    }
    if lines.len() > TOAST_ROWS {
        lines.truncate(TOAST_ROWS - 1);
        lines.push(vec![Span::new("  … all of it in the messages: m m", Role::Muted)]);
    }
    Some(lines)
}

/// Draws all lines but the last over the end of the body, and answers the last, which goes into `area`.
fn draw_above(mut lines: Vec<Vec<Span>>, area: Rect, body: Rect, canvas: &mut Canvas<'_>) -> Vec<Span> {
    let last = lines.pop().unwrap_or_default();
    let Some(first) = lines.first().filter(|_| usize::from(body.height) > lines.len() + 6).cloned() else {
        // No room: the first line says most.
        return lines.into_iter().next().unwrap_or(last);
    };
    let rows = u16::try_from(lines.len()).unwrap_or(0);
    let top = area.y.saturating_sub(rows);
    if first.first().is_some_and(|glyph| glyph.role == Role::Danger) {
        canvas.fill(area.x, top.saturating_sub(1), area.width, glyphs::RULE, Role::Muted);
    }
    canvas.clear(Rect { y: top, height: rows + 1, ..area });
    for (y, line) in (top..area.y).zip(lines) {
        canvas.spans(area.x + 1, y, usize::from(area.width).saturating_sub(2), &line, false);
    }
    last
}

/// The footer: keys of the overlay or of the screen; where there is no status line a toast covers it.
fn keys(model: &Model, screen: &dyn Screen, parts: &Frame, canvas: &mut Canvas<'_>) {
    let area = parts.footer;
    if let Some(hints) = model.overlay().and_then(super::overlay::Overlay::hints) {
        footer::draw_plain(canvas, area, &hints);
        return;
    }
    if parts.status.height == 0
        && let Some(lines) = toast_lines(model, usize::from(area.width).saturating_sub(2), screen.text_focus())
    {
        let last = draw_above(lines, area, parts.body, canvas);
        canvas.spans(area.x + 1, area.y, usize::from(area.width).saturating_sub(2), &last, false);
        return;
    }
    let offers: Vec<_> = model.offers().into_iter().filter(|offer| offer.action != Action::Help).collect();
    let help = match screen.code(&model.view_cx()) {
        _ if screen.text_focus() => None,
        Some(_) => Some("explain"),
        None => Some("help"),
    };
    footer::draw(canvas, area, &offers, model.bindings(), help);
}
