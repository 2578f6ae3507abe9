//! The fields of the form, made from capabilities: what a pair of systems cannot do has no field.

use super::data::{Form, Parameter};
use crate::console::format;
use crate::domain::capabilities::ReadBack;
use crate::domain::field::Field;
use crate::domain::plan::LimitKind;
use crate::domain::report::ReportWhen;
use crate::domain::schedule::{Missed, jitter};
use crate::domain::settings::{LeaverPolicy, Limit, MissingPolicy, RecreatePolicy, Settings, WritePolicy};
use crate::domain::snapshot::Side;
use crate::matching::learning::FIRST_VERSION;
use crate::planning::limits::allowed;

/// A part of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Users,
    Matching,
    Source,
    Fields,
    Writes,
    Leavers,
    Limits,
    Schedule,
    Mails,
    Credentials,
}

impl Section {
    /// In their order on the screen.
    pub const ALL: [Section; 10] = [
        Section::Users,
        Section::Matching,
        Section::Source,
        Section::Fields,
        Section::Writes,
        Section::Leavers,
        Section::Limits,
        Section::Schedule,
        Section::Mails,
        Section::Credentials,
    ];

    /// The word in the list of sections.
    pub fn word(self) -> &'static str {
        match self {
            Section::Users => "Users",
            Section::Matching => "Matching",
            Section::Source => "Source filter",
            Section::Fields => "Field map",
            Section::Writes => "Write policy",
            Section::Leavers => "Leavers",
            Section::Limits => "Limits",
            Section::Schedule => "Schedule",
            Section::Mails => "Mails",
            Section::Credentials => "Credentials",
        }
    }
}

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    EmailFallback,
    AutoLink,
    NewBelow,
    /// Make a version of the model.
    Propose,
    /// A version of the model.
    Version(u32),
    KnownAs,
    Managers,
    Recreate,
    CreateDays,
    AccessProfile,
    RemoveUnused,
    ShowsWithin,
    Departments,
    StatusWords,
    Map(Field),
    /// A custom field that is not mapped yet.
    NewCustom,
    Policy(Field),
    Erase(Field),
    Leavers,
    Missing,
    LimitNumber(LimitKind),
    LimitPercent(LimitKind),
    Schedule,
    Missed,
    Jitter,
    WelcomeMail,
    Recipients,
    ReportWhen,
    Parameter(Side, &'static str),
}

/// How a field is shown and changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of several, each on a line.
    Choice(Vec<String>, usize),
    /// One of several on one line; Space goes to the next.
    Cycle(Vec<&'static str>, usize),
    /// Yes or no, with words.
    Tick(bool, String),
    /// Typed.
    Text(String),
    /// Typed and never shown; the text says where it lives.
    Secret(String),
    /// Nothing to fill in: Enter does something.
    Act(String),
}

impl Kind {
    /// The same field with nothing chosen and nothing typed.
    fn blank(&self) -> Kind {
        match self {
            Kind::Choice(options, _) => Kind::Choice(options.clone(), 0),
            Kind::Cycle(options, _) => Kind::Cycle(options.clone(), 0),
            Kind::Tick(_, words) => Kind::Tick(false, words.clone()),
            Kind::Text(_) => Kind::Text(String::new()),
            Kind::Secret(_) | Kind::Act(_) => self.clone(),
        }
    }
}

/// A field of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub key: Key,
    pub label: String,
    pub kind: Kind,
    /// What it means, or what it amounts to; may be empty.
    pub note: String,
}

impl Item {
    fn new(key: Key, label: impl Into<String>, kind: Kind) -> Self {
        Self { key, label: label.into(), kind, note: String::new() }
    }

    fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Lines that the cursor can stand on.
    pub fn stops(&self) -> usize {
        match &self.kind {
            Kind::Choice(options, _) => options.len(),
            _ => 1,
        }
    }

    /// The value in a few words, for `was …`.
    pub fn value(&self) -> String {
        match &self.kind {
            Kind::Choice(options, at) => options.get(*at).cloned().unwrap_or_default(),
            Kind::Cycle(options, at) => options.get(*at).copied().unwrap_or_default().to_owned(),
            Kind::Tick(on, _) => if *on { "[x]" } else { "[ ]" }.to_owned(),
            Kind::Text(text) if text.is_empty() => "blank".to_owned(),
            Kind::Text(text) | Kind::Secret(text) | Kind::Act(text) => text.clone(),
        }
    }
}

pub(super) const POLICIES: [(WritePolicy, &str); 4] = [
    (WritePolicy::Always, "always"),
    (WritePolicy::OnlyWhenEmpty, "only when empty"),
    (WritePolicy::OnlyAtCreation, "only at creation"),
    (WritePolicy::Never, "never"),
];

fn place<T: PartialEq>(all: &[T], one: &T) -> usize {
    all.iter().position(|other| other == one).unwrap_or(0)
}

fn number(value: Option<u32>) -> String {
    value.map(|number| number.to_string()).unwrap_or_default()
}

fn limit(settings: &Settings, kind: LimitKind) -> &Limit {
    match kind {
        LimitKind::Leavers => &settings.limits.leavers,
        LimitKind::Creations => &settings.limits.creations,
        LimitKind::Updates => &settings.limits.updates,
        LimitKind::Identifiers => &settings.limits.identifiers,
    }
}

/// The fields of a section under these settings.
pub fn items(section: Section, form: &Form, settings: &Settings) -> Vec<Item> {
    match section {
        Section::Users => users(form, settings),
        Section::Matching => matching(form, settings),
        Section::Source => source(form, settings),
        Section::Fields => field_map(form, settings),
        Section::Writes => writes(form, settings),
        Section::Leavers => leavers(form, settings),
        Section::Limits => LimitKind::ALL.into_iter().flat_map(|kind| limit_items(form, settings, kind)).collect(),
        Section::Schedule => schedule(form, settings),
        Section::Mails => mails(form, settings),
        Section::Credentials => form.parameters.iter().map(parameter).collect(),
    }
}

fn source(form: &Form, settings: &Settings) -> Vec<Item> {
    let name = form.source.name;
    let words: Vec<String> =
        settings.status_map.iter().map(|(word, meaning)| format!("{word} = {}", meaning.key())).collect();
    vec![
        Item::new(Key::Departments, "Departments", Kind::Text(settings.departments.join(", "))).note(format!(
            "names as {name} has them, with commas; blank takes everybody. Counts from the next preview on"
        )),
        Item::new(Key::StatusWords, "Status words", Kind::Text(words.join(", "))).note(format!(
            "`WORD = active` or `WORD = ended`, with commas: words of {name} whose holders are held as unclear"
        )),
    ]
}

fn users(form: &Form, settings: &Settings) -> Vec<Item> {
    let destination = form.destination;
    let mut items = vec![
        Item::new(
            Key::EmailFallback,
            "E-mail fall-back",
            Kind::Tick(settings.email_fallback, format!("when the {} is not found", destination.identifier_word)),
        )
        .note("refuses linked, administrator and shared accounts"),
    ];
    if form.source.fields.contains(&Field::KnownAs) {
        let tick = Kind::Tick(settings.use_known_as, "known-as becomes the first name".to_owned());
        items.push(Item::new(Key::KnownAs, "First name", tick));
    }
    if destination.fields.contains(&Field::Manager) {
        let tick = Kind::Tick(settings.managers, "reports-to becomes the user's own manager".to_owned());
        items.push(Item::new(Key::Managers, "Managers", tick).note("written after the people they refer to"));
    }
    for spec in destination.lists.iter().filter(|spec| spec.removable) {
        let tick =
            Kind::Tick(settings.remove_unused_options, format!("remove {} that nobody needs any more", spec.word.1));
        let note = format!("only those that were made from here; {} made by hand stay", spec.word.1);
        items.push(Item::new(Key::RemoveUnused, capital(spec.word.1), tick).note(note));
    }
    // What goes by list is asked about, and its lists are read at once, whatever is set.
    let is_by_list = destination.read_back == ReadBack::OnceLoaded;
    if !is_by_list {
        let recreate = vec!["yes, by the next run".to_owned(), "ask, when a user was deleted".to_owned()];
        let chosen = usize::from(settings.recreate == RecreatePolicy::Ask);
        items.push(Item::new(Key::Recreate, "Re-create", Kind::Choice(recreate, chosen)));
    }
    let days = settings.create_days_before_start;
    let note = match destination.creates_on_start {
        true => "does not count: invitations wait for the start date, and so do creations",
        false => "days before the start date from which they are created; 0 is on the day",
    };
    items.push(Item::new(Key::CreateDays, "Future starters", Kind::Text(days.to_string())).note(note));
    if destination.fields.contains(&Field::AccessProfile) {
        let profile = settings.access_profile.clone().unwrap_or_default();
        items.push(
            Item::new(Key::AccessProfile, "Access profile", Kind::Text(profile))
                .note(format!("of new users; blank leaves it to {}", destination.name)),
        );
    }
    if !is_by_list {
        let usual = destination.shows_within_s;
        items.push(Item::new(Key::ShowsWithin, "Shows writes", Kind::Text(number(settings.shows_within_s))).note(
            format!("within this many seconds; blank: {usual}. After a lost answer nobody is created again before"),
        ));
    }
    items
}

/// A probability as a percentage, with as many decimals as it needs, so that 99.95 % is never 100 %.
fn percent(share: f64) -> String {
    let text = format!("{:.3}", share * 100.0);
    let short = text.trim_end_matches('0');
    let short = if short.ends_with('.') { format!("{short}0") } else { short.to_owned() };
    format!("{short} %")
}

fn matching(form: &Form, settings: &Settings) -> Vec<Item> {
    let models = &form.models;
    let auto = settings.auto_link.map_or_else(|| "off".to_owned(), percent);
    let mut items = vec![
        Item::new(Key::AutoLink, "Auto-link", Kind::Text(auto))
            .note("probability from which nobody is asked; `off` asks always"),
        Item::new(Key::NewBelow, "New below", Kind::Text(percent(settings.new_below)))
            .note("probability of the best candidate below which somebody is new"),
        Item::new(Key::Propose, "Learn", Kind::Act(format!("propose from {}", models.rulings)))
            .note("nothing changes until you take it into use; links that were made stay"),
    ];
    let mark = |version: u32| if version == models.active { "in use; " } else { "" };
    items.extend(models.versions.iter().rev().map(|line| {
        let refused = if line.refusal.is_some() { "refused by its gate; " } else { "" };
        let words = format!("{}{refused}{}", mark(line.version), line.words);
        Item::new(Key::Version(line.version), format!("Version {}", line.version), Kind::Act(words))
    }));
    let first = format!("{}as trained on these people, nothing learnt", mark(FIRST_VERSION));
    items.push(Item::new(Key::Version(FIRST_VERSION), format!("Version {FIRST_VERSION}"), Kind::Act(first)));
    items
}

fn field_map(form: &Form, settings: &Settings) -> Vec<Item> {
    let (source, destination) = (form.source, form.destination);
    let usual = |field: Field| source.field_map.iter().find(|(one, _)| *one == field).map(|(_, usual)| *usual);
    let item = |(field, value): (Field, String)| {
        let note = match usual(field) {
            Some(usual) if value == usual => "the usual field".to_owned(),
            Some(usual) => format!("usually `{usual}`"),
            None if field.list().is_some() => {
                "a field that feeds it (`department`), `custom:FIELD`, or `none`".to_owned()
            }
            None => format!("{}'s own field; blank takes it out again", destination.name),
        };
        Item::new(Key::Map(field), capital(destination.word(field)), Kind::Text(value)).note(note)
    };
    let mut items: Vec<Item> = source.field_map_with(destination, settings).into_iter().map(item).collect();
    if source.custom_fields && destination.custom_fields {
        let note = match form.custom_fields.as_slice() {
            [] => format!("`NAME = custom:FIELD`: {}'s name of it, {}'s field", destination.name, source.name),
            shown => format!("`NAME = custom:FIELD`; {} has {}", destination.name, shown.join(", ")),
        };
        items.push(Item::new(Key::NewCustom, "Custom field", Kind::Text(String::new())).note(note));
    }
    items
}

fn writes(form: &Form, settings: &Settings) -> Vec<Item> {
    let destination = form.destination;
    let fields = destination.fields_with(form.source, settings).into_iter();
    let ours: Vec<Field> = fields.filter(|field| *field != Field::Identifier && form.source.delivers(*field)).collect();
    let words: Vec<&'static str> = POLICIES.iter().map(|(_, words)| *words).collect();
    let policy = |field: &Field| {
        let policy = settings.write_policy.get(field.key()).copied().unwrap_or_default();
        let at = POLICIES.iter().position(|(one, _)| *one == policy).unwrap_or(0);
        Item::new(Key::Policy(*field), capital(destination.word(*field)), Kind::Cycle(words.clone(), at))
    };
    let mut items: Vec<Item> = ours.iter().map(policy).collect();
    let optional = ours.iter().filter(|field| !destination.mandatory.contains(field));
    items.extend(optional.map(|field| {
        let on = settings.erase_when_blank.iter().any(|key| key == field.key());
        let words = format!("a blank {} in {} erases it", destination.word(*field), form.source.name);
        Item::new(Key::Erase(*field), "", Kind::Tick(on, words))
    }));
    items
}

fn leavers(form: &Form, settings: &Settings) -> Vec<Item> {
    let (source, destination) = (form.source.name, form.destination.name);
    let when = [LeaverPolicy::EndOfLastDay, LeaverPolicy::AtOnce, LeaverPolicy::Never];
    let words = vec![
        "at the end of the last day, in the tenant's zone".to_owned(),
        format!("at once, when {source} says so"),
        format!("never; {destination} is left as it is"),
    ];
    let missing = [MissingPolicy::Hold, MissingPolicy::Leavers];
    let missing_words = vec![
        "hold them: missing is unknown, not gone".to_owned(),
        "they count as leavers, within the limit".to_owned(),
    ];
    let note = if form.source.shows_leavers {
        format!("{source} lists leavers too, so whoever is missing is unknown")
    } else {
        format!("{source} drops its leavers from the list")
    };
    vec![
        Item::new(Key::Leavers, "Deactivate", Kind::Choice(words, place(&when, &settings.leavers))),
        Item::new(Key::Missing, "Missing people", Kind::Choice(missing_words, place(&missing, &settings.missing)))
            .note(note),
    ]
}

fn limit_items(form: &Form, settings: &Settings, kind: LimitKind) -> [Item; 2] {
    let limit = limit(settings, kind);
    let allows = allowed(limit, form.linked);
    let words = match kind {
        LimitKind::Leavers => "Leavers",
        LimitKind::Creations => "Creations",
        LimitKind::Updates => "Updates",
        LimitKind::Identifiers => "Identifiers, e-mails",
    };
    let note = format!("now {} of {} linked people", format::count(allows), format::count(form.linked));
    [
        Item::new(Key::LimitNumber(kind), words, Kind::Text(number(limit.number)))
            .note("people; blank: only the share"),
        Item::new(Key::LimitPercent(kind), "", Kind::Text(format!("{} %", limit.percent))).note(note),
    ]
}

fn schedule(form: &Form, settings: &Settings) -> Vec<Item> {
    let note = match form.source.changes {
        true => {
            "`manual`, `every 15 min`, `daily 02:00`, `cron 0 2 * * 1-5`, in the tenant's zone; an interval reads what \
                 has changed, and everybody once a day"
        }
        false => {
            "`manual`, `every 15 min`, `daily 02:00`, `cron 0 2 * * 1-5`, in the tenant's zone; each run reads everybody"
        }
    };
    let missed = vec!["made up for by one run".to_owned(), "left out".to_owned()];
    let spread = jitter::spread(&settings.schedule, None);
    let usual = format!("minutes over which tenants of one time are spread; blank: {spread}. Each keeps its own delay");
    vec![
        Item::new(Key::Schedule, "Runs", Kind::Text(settings.schedule.to_string())).note(note),
        Item::new(Key::Missed, "Missed runs", Kind::Choice(missed, place(&Missed::ALL, &settings.missed)))
            .note("what was due while `onroll watch` did not run: a laptop asleep, a service stopped"),
        Item::new(Key::Jitter, "Spread", Kind::Text(number(settings.jitter_minutes.map(u32::from)))).note(usual),
    ]
}

fn mails(form: &Form, settings: &Settings) -> Vec<Item> {
    let when = ReportWhen::ALL.into_iter().map(|when| when.words().to_owned()).collect();
    let report = [
        Item::new(Key::Recipients, "Report to", Kind::Text(settings.report_recipients.join(", ")))
            .note("e-mail addresses, parted by commas; blank: nobody"),
        Item::new(Key::ReportWhen, "Report", Kind::Choice(when, place(&ReportWhen::ALL, &settings.report_when)))
            .note("a preview by hand mails none; `[smtp]` in config.toml names the mail server"),
    ];
    let destination = form.destination;
    if !destination.asks_of_mails() {
        return report.into();
    }
    let words = format!("{} mails each new user", destination.name);
    let welcome = Item::new(Key::WelcomeMail, "Welcome mail", Kind::Tick(settings.welcome_mail, words)).note(format!(
        "only {} can switch it; this says how it stands there, and plans count mails by it",
        destination.name
    ));
    [welcome].into_iter().chain(report).collect()
}

fn parameter(parameter: &Parameter) -> Item {
    let spec = parameter.spec;
    let key = Key::Parameter(parameter.side, spec.key);
    let kind = match (&parameter.shown, spec.secret) {
        (Some(place), true) => Kind::Secret(format!("********  {place}")),
        (None, true) => Kind::Secret("none yet".to_owned()),
        (shown, false) => Kind::Text(shown.clone().unwrap_or_default()),
    };
    Item::new(key, spec.label, kind).note(spec.hint)
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// The fields of a section under a draft, each with how it is saved; a field that the draft has added is saved as blank.
pub fn beside_saved(section: Section, form: &Form, draft: &Settings) -> Vec<(Item, Item)> {
    let saved = items(section, form, &form.settings);
    let pair = |item: Item| {
        let known = saved.iter().find(|old| old.key == item.key).cloned();
        let old = known.unwrap_or_else(|| Item { kind: item.kind.blank(), ..item.clone() });
        (item, old)
    };
    items(section, form, draft).into_iter().map(pair).collect()
}

/// Fields of a section whose value differs; also those that the draft has taken out.
pub fn changed_in(section: Section, form: &Form, draft: &Settings) -> Vec<Key> {
    let pairs = beside_saved(section, form, draft);
    let is_out = |old: &Item| old.kind != old.kind.blank() && !pairs.iter().any(|(item, _)| item.key == old.key);
    let out = items(section, form, &form.settings).into_iter().filter(is_out).map(|old| old.key);
    let differing = pairs.iter().filter(|(item, old)| item.kind != old.kind).map(|(item, _)| item.key);
    differing.chain(out).collect()
}

/// Fields whose value differs, over all sections.
pub fn changed(form: &Form, draft: &Settings) -> Vec<Key> {
    if *draft == form.settings {
        return Vec::new();
    }
    Section::ALL.into_iter().flat_map(|section| changed_in(section, form, draft)).collect()
}

/// What the destination cannot do, so that nobody looks for it here.
pub fn cannot(form: &Form) -> Vec<String> {
    let destination = form.destination;
    let mut words = Vec::new();
    if !destination.can_link {
        words.push(format!("write the {} onto a user who has none", destination.identifier_word));
    }
    if !destination.creates_options() {
        let lists: Vec<&str> = destination.lists.iter().map(|table| table.word.1).collect();
        words.push(format!("make new {}", lists.join(", ")));
    }
    if !destination.can_invite {
        words.push("send invitations at another time than its own".to_owned());
    }
    let lost: Vec<&str> = form
        .source
        .fields
        .iter()
        .filter(|field| !destination.fields.contains(field) && **field != Field::Status)
        .map(|field| field.words())
        .collect();
    if !lost.is_empty() {
        words.push(format!("take {}", lost.join(", ")));
    }
    words
}
