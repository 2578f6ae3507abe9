//! The four pages of the wizard.

use ratatui::layout::Rect;

use super::form::FormField;
use super::state::{Item, Wizard};
use super::view::{below, draw_words, top};
use crate::console::format;
use crate::console::screens::overview::{ProbePane, draw_probe};
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, rule};
use crate::domain::capabilities::{DestinationCapabilities, ReadBack, SourceCapabilities};
use crate::domain::field::Field;
use crate::domain::snapshot::Side;
use crate::ports::api::ProbeResult;

/// Column of the fields of the credentials.
const FIELD: u16 = 23;

/// Rows that what a pair can do together takes on a narrow screen.
const LIMITS: u16 = 8;
/// Choices that are seen at once, however low the screen is.
const LEAST_CHOICES: u16 = 3;
/// Rows of the page of the test calls beside steps, people and advice: four titles, and three lines between panes.
const FRAME: usize = 7;
/// Rows that people have at the least: a title and two of them.
const PEOPLE_LEAST: u16 = 3;
/// Cells before a name: the cursor and its gap, and the button.
const RADIO: usize = 6;
/// From this width the names of vendors stand in two columns.
const TWO_COLUMNS: u16 = 38;

/// Lines of a side beside its fields: the title, and the two of a hint.
const AROUND: usize = 3;

impl Wizard {
    /// Step 1: the names, the two ends, and what they can do together.
    pub(super) fn draw_pair(&self, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(canvas, top(area), "Where do employees come from, and where do they go?", "", true);
        let narrow = area.height < 19;
        let gap = u16::from(!narrow);
        let mut rest = below(area, 1 + gap);
        let half = area.width / 2;
        let name = Rect { width: half, ..top(rest) };
        self.draw_field(Item::Name, "Name", &self.name, name, 9, canvas);
        let short = Rect { x: name.right(), width: area.width - half, ..top(rest) };
        self.draw_field(Item::ShortName, "short", &self.short, short, 9, canvas);
        rest = below(rest, 1);
        if self.is_on(Item::ShortName) || self.is_on(Item::Name) {
            let hint = "the short name is typed in confirmations and on the command line";
            canvas.text(rest.x + 9, rest.y, usize::from(rest.width.saturating_sub(10)), hint, Role::Muted);
        }
        rest = below(rest, 1);
        let Some(choices) = self.choices.value() else {
            canvas.text(rest.x + 3, rest.y, 40, "reading what there is …", Role::Muted);
            return;
        };
        let sources: Vec<&str> = choices.sources.iter().map(|source| source.name).collect();
        let destinations: Vec<&str> = choices.destinations.iter().map(|destination| destination.name).collect();
        let (left, right) = (Rect { width: half, ..rest }, Rect { x: rest.x + half, width: rest.width - half, ..rest });
        let room = rest.height.saturating_sub(LIMITS + 1 + gap).max(LEAST_CHOICES);
        let from = self.draw_choice(("From", Item::From, 1), &sources, (self.from, room), left, canvas);
        let to = self.draw_choice(("To", Item::To, 2), &destinations, (self.to, room), right, canvas);
        let rest = below(rest, from.max(to).saturating_add(1 + gap));
        if let (Some(source), Some(destination)) = (self.source(), self.destination) {
            draw_limits(source, destination, rest, canvas);
        }
    }

    /// Draws the choices in as many rows as there is room for, in two columns where they are wide enough; else those around the
    /// chosen one. Answers the rows.
    fn draw_choice(
        &self,
        (title, item, pane): (&str, Item, u8),
        names: &[&str],
        (chosen, room): (usize, u16),
        area: Rect,
        canvas: &mut Canvas<'_>,
    ) -> u16 {
        let on = self.is_on(item);
        let room = usize::from(room);
        let columns = if names.len() > room && area.width >= TWO_COLUMNS { 2 } else { 1 };
        let rows = names.len().div_ceil(columns).min(room);
        let first = (chosen + 1).saturating_sub(rows * columns);
        let whole = area.width.saturating_sub(1);
        // The first column is as wide as its names need; the mark before those of the second is the gap.
        let longest = names.iter().skip(first).take(rows).map(|name| width::width(name)).max().unwrap_or_default();
        let left = (whole / 2).max(u16::try_from(longest + RADIO).unwrap_or(whole)).min(whole);
        for (row, name) in names.iter().enumerate().skip(first).take(rows * columns) {
            let at = row - first;
            let line = top(below(area, u16::try_from(at % rows + 1).unwrap_or(u16::MAX)));
            let (column, width) = match (columns, at < rows) {
                (1, _) => (0, whole),
                (_, true) => (0, left),
                (_, false) => (left, whole - left),
            };
            let line = Rect { x: line.x + 1 + column, width, ..line };
            Self::draw_radio(name, row == chosen, on && row == chosen, line, canvas);
            canvas.hit(line, Hit::Row { pane, row });
        }
        let hidden = names.len().saturating_sub(rows * columns);
        let more = if hidden > 0 { format!("{title}   {hidden} more") } else { title.to_owned() };
        canvas.text(area.x + 3, area.y, 20, &more, if on { Role::Focus } else { Role::Muted });
        u16::try_from(rows).unwrap_or(u16::MAX)
    }

    /// Step 2: what both ends ask for.
    pub(super) fn draw_credentials(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let names = (self.source().map_or("", |source| source.name), self.destination.map_or("", |end| end.name));
        let sides = [(Side::Source, names.0, "only read, by construction"), (Side::Destination, names.1, "")];
        // Where there is a choice of places, it is seen on every page that has a line for it.
        let kept = if self.has_keyring() { 2 } else { 0 };
        let height = area.height.saturating_sub(kept);
        let mut rest = Rect { height, ..area };
        let shown = self.shown_credentials(usize::from(height));
        for ((side, name, right), shown) in sides.into_iter().zip(shown) {
            let on = matches!(self.item(), Some(Item::Field(at)) if self.fields.get(at).is_some_and(|field| field.side == side));
            let own: Vec<(usize, &FormField)> =
                self.fields.iter().enumerate().filter(|(_, field)| field.side == side).collect();
            let hidden = own.len().saturating_sub(shown);
            let more = format!("{hidden} more");
            rule::title(canvas, top(rest), name, if hidden > 0 { &more } else { right }, on);
            rest = below(rest, 1);
            let focus = own.iter().position(|(at, _)| self.item() == Some(Item::Field(*at))).unwrap_or_default();
            let first = (focus + 1).saturating_sub(shown);
            for (at, field) in own.into_iter().skip(first).take(shown) {
                self.draw_credential(at, field, top(rest), canvas);
                rest = below(rest, 1);
            }
            let hint = match self.item() {
                Some(Item::Field(at)) if on => self.fields.get(at).map(|field| field.spec.hint),
                _ => None,
            };
            let lines = width::wrap(hint.unwrap_or_default(), usize::from(area.width.saturating_sub(4)));
            for (row, line) in (0..rest.height.min(2)).zip(lines) {
                canvas.text(rest.x + 3, rest.y + row, usize::from(area.width.saturating_sub(4)), &line, Role::Muted);
            }
            let roomy = height >= 18 && !self.is_tight(usize::from(height));
            rest = below(rest, if on || roomy { 2 } else { 0 });
        }
        let rest = Rect { height: area.bottom().saturating_sub(rest.y), ..rest };
        if rest.height < 2 {
            return;
        }
        let no_keyring = self.choices.value().and_then(|choices| choices.no_keyring.as_ref());
        let why = no_keyring.map(|why| format!("no keyring: {why}")).unwrap_or_default();
        rule::title(canvas, top(rest), "Where secrets are kept", &why, self.is_on(Item::Keep));
        self.draw_places(top(below(rest, 1)), canvas);
    }

    /// The places where credentials may be kept.
    fn draw_places(&self, line: Rect, canvas: &mut Canvas<'_>) {
        let sealed = "sealed file of this workspace";
        if !self.has_keyring() {
            let cells = usize::from(line.width.saturating_sub(2));
            canvas.text(line.x + 1, line.y, cells, &format!("(x) {sealed}"), Role::Text);
            return;
        }
        let (half, in_keyring, on) = (line.width / 2, self.in_keyring(), self.is_on(Item::Keep));
        let places = [("keyring of the desktop", in_keyring), (sealed, !in_keyring)];
        for (x, (name, chosen)) in [line.x + 1, line.x + half].into_iter().zip(places) {
            let place = Rect { x, width: half.saturating_sub(1), ..line };
            Self::draw_radio(name, chosen, on && chosen, place, canvas);
        }
        self.hit(Item::Keep, line, canvas);
    }

    /// Fields of each side that are drawn: all where there is room, else those of the side in focus with their hint, and as many of
    /// the other as are left.
    fn shown_credentials(&self, height: usize) -> [usize; 2] {
        let count = |side: Side| self.fields.iter().filter(|field| field.side == side).count();
        let counts = [count(Side::Source), count(Side::Destination)];
        let [source, destination] = counts;
        if !self.is_tight(height) {
            return counts;
        }
        let at_destination = matches!(self.item(), Some(Item::Field(at)) if self.fields.get(at).is_some_and(|field| field.side == Side::Destination));
        let focused = if at_destination { destination } else { source }.min(height.saturating_sub(AROUND + 1));
        let left = height.saturating_sub(focused + AROUND + 1);
        if at_destination { [source.min(left), focused] } else { [focused, destination.min(left)] }
    }

    /// Whether there is no room for all fields and a hint on either side.
    fn is_tight(&self, height: usize) -> bool {
        self.fields.len() + 2 * AROUND > height
    }

    fn draw_credential(&self, at: usize, field: &FormField, line: Rect, canvas: &mut Canvas<'_>) {
        if line.height == 0 {
            return;
        }
        let item = Item::Field(at);
        if field.spec.secret && !self.is_on(item) && !field.is_blank() {
            canvas.text(line.x + 1, line.y, 20, field.spec.label, Role::Muted);
            let length = format::counted(field.text.value().chars().count() as u64, "character", "characters");
            let words = format!("************   {length}");
            canvas.text(line.x + FIELD, line.y, usize::from(line.width.saturating_sub(FIELD + 1)), &words, Role::Text);
            self.hit(item, line, canvas);
            return;
        }
        self.draw_field(item, field.spec.label, &field.text, line, FIELD, canvas);
        if field.is_blank() && !self.is_on(item) {
            let words = if field.spec.required { "needed".to_owned() } else { format!("- {}", field.spec.hint) };
            let role = if field.spec.required { Role::Warn } else { Role::Muted };
            canvas.text(line.x + FIELD, line.y, usize::from(line.width.saturating_sub(FIELD + 1)), &words, role);
        }
    }

    /// Step 3: what both ends answered, and what to do about it.
    pub(super) fn draw_calls(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let mut rest = area;
        let cells = usize::from(area.width.saturating_sub(2));
        let advice: Vec<String> = self.advice().iter().flat_map(|line| width::wrap(line, cells)).collect();
        // On a low screen people are worth more than lines between panes and the title of one line of advice.
        let wanted = FRAME + self.calls.steps().len() + self.calls.people.len() + advice.len();
        let has_people = self.calls.passed() && !self.calls.people.is_empty();
        let is_dense = has_people && wanted > usize::from(area.height);
        let (gap, title) = if is_dense { (0, 0) } else { (1, 1) };
        let lines = if area.height < 17 || is_dense { 1 } else { 2 };
        let kept = title + u16::try_from(advice.len()).unwrap_or(u16::MAX).min(lines);
        let people = if is_dense { PEOPLE_LEAST } else { 0 };
        let sides = [
            (self.source().map_or("", |source| source.name), &self.calls.source),
            (self.destination.map_or("", |destination| destination.name), &self.calls.destination),
        ];
        for (vendor, probed) in sides {
            let failed = probed
                .as_ref()
                .is_some_and(|probed| probed.steps.iter().any(|step| matches!(step.result, ProbeResult::Failed(_))));
            let words = probed.as_ref().map(|probed| {
                let took = format::duration(std::time::Duration::from_millis(probed.millis));
                format!("{}, {took}", if failed { "refused" } else { "passed" })
            });
            let untested = (!self.calls.calling).then_some("not tested");
            let pane = ProbePane {
                title: vendor,
                steps: probed.as_ref().map(|probed| probed.steps.as_slice()),
                words: words.as_deref().or(untested.filter(|_| probed.is_none())),
                focused: failed,
            };
            // What to do is never pushed off the page by what was not even tried.
            let room = Rect { height: rest.height.saturating_sub(kept + gap + people), ..rest };
            let used = draw_probe(&pane, room, canvas);
            rest = below(rest, used + gap);
        }
        let used = self.draw_people(Rect { height: rest.height.saturating_sub(kept + gap), ..rest }, canvas);
        rest = below(rest, used);
        if title > 0 {
            rule::title(canvas, top(rest), "What now", "", false);
        }
        for (y, line) in (rest.y + title..rest.bottom()).zip(advice) {
            canvas.text(rest.x + 1, y, cells, &line, Role::Text);
        }
    }

    /// A few of the people who came, as many as there is room for; returns the rows that this took.
    fn draw_people(&self, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
        let people = &self.calls.people;
        if people.is_empty() || area.height < 2 {
            return 0;
        }
        let title = match self.calls.asking {
            true => "reading others …".to_owned(),
            false => {
                let all = usize::from(area.height) > people.len();
                let fit = if all { "" } else { "as many as fit of " };
                format!("{fit}{} to {}", self.calls.before + 1, self.calls.before + people.len())
            }
        };
        rule::title(canvas, top(area), "Active people in scope: are they whom you expect?", &title, false);
        let cells = usize::from(area.width.saturating_sub(2));
        let (name, id) = (cells * 32 / 100, cells * 16 / 100);
        let branch = cells * 26 / 100;
        let mut used = 1;
        for (y, one) in (area.y + 1..area.bottom()).zip(people) {
            let columns = [(&one.name, 0, name), (&one.id, name, id), (&one.branch, name + id, branch)];
            let last = name + id + branch;
            for (text, at, width) in columns.into_iter().chain([(&one.job_title, last, cells.saturating_sub(last))]) {
                let x = area.x + 1 + u16::try_from(at).unwrap_or_default();
                canvas.text(x, y, width.saturating_sub(1), text, Role::Text);
            }
            used += 1;
        }
        // A line between this and what follows, where there is one.
        if used < area.height { used + 1 } else { used }
    }

    /// What to do about the answers.
    fn advice(&self) -> Vec<String> {
        if self.calls.calling {
            return vec!["Both ends are called; only reads are sent.".to_owned()];
        }
        let mut lines = Vec::new();
        for probed in [&self.calls.source, &self.calls.destination].into_iter().flatten() {
            let failed = probed.steps.iter().find_map(|step| match &step.result {
                ProbeResult::Failed(error) => Some(error.clone()),
                _ => None,
            });
            let Some(error) = failed else { continue };
            let side = probed.side;
            match self.fields.iter().find(|field| field.side == side && field.has_outer_blanks()) {
                Some(field) => lines.push(format!(
                    "{} {} begins or ends in a blank. Enter goes back to it and removes the blank.",
                    glyphs::FAILED,
                    field.spec.label
                )),
                None => {
                    let problem = crate::domain::problem::Problem::from(error);
                    let now = problem.remedies.first().cloned().unwrap_or(problem.why);
                    lines.push(format!("{} {now}. Enter goes back to it.", glyphs::FAILED));
                }
            }
        }
        if self.calls.passed() {
            let warned = self.calls.steps().iter().any(|step| step.result == ProbeResult::Warning);
            lines.push(match warned {
                true => "! Both ends answer. You may go on; what is marked `!` can be cured later.".to_owned(),
                false => format!("{} Both ends answer. Enter goes on.", glyphs::OK),
            });
        }
        if lines.is_empty() {
            lines.push("Nothing was called yet; r tests both ends.".to_owned());
        }
        lines
    }

    /// Step 4: zone, mails, field map, and what happens then.
    pub(super) fn draw_start(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let name = format!("{} ({})", self.name.value().trim(), self.short.value());
        rule::title(canvas, top(area), &format!("Start {name}"), "", true);
        let gap = u16::from(area.height >= 17);
        let mut rest = below(area, 1 + gap);
        self.draw_field(Item::Zone, "Time zone", &self.zone, top(rest), 13, canvas);
        let note = "its days begin and end here";
        if area.width >= 80 {
            canvas.text(rest.x + 40, rest.y, usize::from(rest.width.saturating_sub(41)), note, Role::Muted);
        }
        rest = below(rest, 1);
        self.draw_field(Item::Schedule, "Runs", &self.schedule, top(rest), 13, canvas);
        if area.width >= 80 {
            let note = "blank: by hand; `every 15 min`, `daily 02:00`";
            canvas.text(rest.x + 40, rest.y, usize::from(rest.width.saturating_sub(41)), note, Role::Muted);
        }
        rest = below(rest, 1);
        let equal = "link people whose work e-mail is equal, where the identifier is not found";
        let ask = "ask about each of them in Review";
        self.draw_pair_of_radios(
            Item::Email,
            "E-mail",
            [(ask, !self.email_fallback), (equal, self.email_fallback)],
            rest,
            canvas,
        );
        rest = below(rest, 2);
        if self.asks_mails() {
            let destination = self.destination.map_or("", |destination| destination.name);
            let yes = format!("{destination} mails new users by itself today");
            let no = "it does not; only its own settings can say which".to_owned();
            let radios =
                [(yes.as_str(), self.welcome_mail == Some(true)), (no.as_str(), self.welcome_mail == Some(false))];
            self.draw_pair_of_radios(Item::Welcome, "Mails", radios, rest, canvas);
            rest = below(rest, 2);
        }
        self.draw_reports(top(rest), canvas);
        rest = below(rest, 1 + gap);
        let source = self.source().map_or("", |source| source.name);
        rule::title(canvas, top(rest), &format!("Which field of {source} feeds what"), "", false);
        rest = below(rest, 1);
        for (at, (field, text)) in self.map.iter().enumerate() {
            let word = self.destination.map_or(field.words(), |destination| destination.word(*field));
            self.draw_field(Item::Map(at), word, text, top(rest), 17, canvas);
            rest = below(rest, 1);
        }
        rest = below(rest, gap);
        rule::title(canvas, top(rest), "What happens then", "", false);
        let runs = match self.schedule() {
            Some(schedule) if !schedule.is_manual() => {
                format!("Once it is published, `onroll watch` syncs it {schedule}; `!` does at any time.")
            }
            _ => "Syncs are started by hand, once it is published.".to_owned(),
        };
        let words = format!("It is added in PREVIEW and opens on Overview. The test run there only reads. {runs}");
        for (row, line) in (1..rest.height).zip(width::wrap(&words, usize::from(rest.width.saturating_sub(2)))) {
            canvas.text(rest.x + 1, rest.y + row, usize::from(rest.width.saturating_sub(2)), &line, Role::Text);
        }
    }

    /// Who gets the reports of runs, and of which.
    fn draw_reports(&self, line: Rect, canvas: &mut Canvas<'_>) {
        let half = line.width / 2;
        let left = Rect { width: half, ..line };
        self.draw_field(Item::Reports, "Report to", &self.reports, left, 13, canvas);
        if self.reports.value().trim().is_empty() && !self.is_on(Item::Reports) {
            let cells = usize::from(half.saturating_sub(14));
            canvas.text(left.x + 13, left.y, cells, "blank: you (config.toml)", Role::Muted);
        }
        let right = Rect { x: line.x + half, width: line.width - half, ..line };
        let on = self.is_on(Item::ReportWhen);
        let words = self.report_when.words();
        let mark = if on { glyphs::CURSOR } else { " " };
        let role = if on { Role::Focus } else { Role::Text };
        canvas.text(right.x, right.y, usize::from(right.width.saturating_sub(1)), &format!("{mark} {words}"), role);
        self.hit(Item::ReportWhen, right, canvas);
    }

    fn draw_pair_of_radios(
        &self,
        item: Item,
        label: &str,
        radios: [(&str, bool); 2],
        area: Rect,
        canvas: &mut Canvas<'_>,
    ) {
        let on = self.is_on(item);
        canvas.text(area.x + 1, area.y, 10, label, if on { Role::Focus } else { Role::Muted });
        let none = !radios.iter().any(|(_, chosen)| *chosen);
        for (row, (words, chosen)) in (0..).zip(radios) {
            let line = top(below(area, row));
            let inner = Rect { x: line.x + 11, width: line.width.saturating_sub(12), ..line };
            Self::draw_radio(words, chosen, on && (chosen || (none && row == 0)), inner, canvas);
            self.hit(item, line, canvas);
        }
    }
}

/// What the pair can do, and what not.
fn draw_limits(
    source: &SourceCapabilities,
    destination: &DestinationCapabilities,
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    rule::title(canvas, top(area), &format!("{} to {}", source.name, destination.name), "", false);
    let mut rest = below(area, 1);
    let words = |fields: &mut dyn Iterator<Item = Field>| {
        fields.map(|field| destination.word(field)).collect::<Vec<_>>().join(", ")
    };
    let syncs = words(&mut destination.fields.iter().copied().filter(|field| source.fields.contains(field)));
    let needs = words(&mut destination.mandatory.iter().copied());
    let cannot = cannot(source, destination);
    let reads = match source.changes {
        true => "either may read only what has changed",
        false => "each reads everybody",
    };
    let lines = [
        ("syncs", syncs),
        ("needs", format!("{needs} for everybody; who lacks one is held")),
        ("cannot", cannot),
        ("runs", format!("by hand whenever you like, by a schedule once it is published; {reads}")),
    ];
    for (label, words) in lines.into_iter().filter(|(_, words)| !words.is_empty()) {
        let used = draw_words(label, &words, rest, canvas);
        rest = below(rest, used);
    }
}

fn cannot(source: &SourceCapabilities, destination: &DestinationCapabilities) -> String {
    let limits = [
        (source.shows_leavers, "see leavers: who is missing is held, not deactivated"),
        (destination.can_link, "write an identifier onto a user who is there already"),
        (destination.creates_options(), "create missing options over there"),
        (destination.read_back == ReadBack::Readable, "read back at once what was written"),
        (destination.read_back != ReadBack::OnceLoaded, "change or mail anybody by itself: support loads its lists"),
        (source.custom_fields && destination.custom_fields, "carry custom fields"),
        (!destination.asks_of_mails(), "keep welcome mails back: only its own settings can"),
    ];
    limits.into_iter().filter(|(can, _)| !can).map(|(_, words)| words).collect::<Vec<_>>().join("; ")
}
