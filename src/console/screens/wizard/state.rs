//! What the wizard holds.

use ratatui::layout::Rect;

use super::data::{Choices, Draft, Met, Probed};
use super::form::{self, FormField};
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Remote, ViewCx};
use crate::console::keys::{Action, Offer};
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::text_input::TextField;
use crate::domain::capabilities::{DestinationCapabilities, SourceCapabilities};
use crate::domain::connection::check_short_name;
use crate::domain::field::Field;
use crate::domain::report::{ReportWhen, recipients};
use crate::domain::schedule::Schedule;
use crate::domain::settings::Settings;
use crate::domain::snapshot::Side;
use crate::ports::api::{ProbeResult, ProbeStep};

/// The steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    #[default]
    Pair,
    Credentials,
    TestCalls,
    Start,
}

impl Step {
    pub(super) const ALL: [(Step, &'static str); 4] = [
        (Step::Pair, "Pair"),
        (Step::Credentials, "Credentials"),
        (Step::TestCalls, "Test calls"),
        (Step::Start, "Name and start"),
    ];

    pub(super) fn number(self) -> usize {
        Self::ALL.iter().position(|(step, _)| *step == self).unwrap_or(0) + 1
    }

    pub(super) fn before(self) -> Option<Step> {
        Self::ALL.get(self.number().checked_sub(2)?).map(|(step, _)| *step)
    }

    pub(super) fn after(self) -> Option<Step> {
        Self::ALL.get(self.number()).map(|(step, _)| *step)
    }
}

/// What can have the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Name,
    ShortName,
    From,
    To,
    /// A field of the credentials, by its place.
    Field(usize),
    /// Where credentials are kept.
    Keep,
    Zone,
    Schedule,
    Email,
    Welcome,
    /// Who gets the reports of runs.
    Reports,
    /// Of which runs.
    ReportWhen,
    /// An entry of the field map, by its place.
    Map(usize),
}

/// The test calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Calls {
    /// Number of the last test; older answers are dropped.
    pub round: u32,
    pub calling: bool,
    pub source: Option<Probed>,
    pub destination: Option<Probed>,
    /// The people who are shown now, and how many were before them.
    pub people: Vec<Met>,
    pub before: usize,
    pub asking: bool,
}

impl Calls {
    pub(super) fn steps(&self) -> Vec<ProbeStep> {
        self.source.iter().chain(&self.destination).flat_map(|probed| probed.steps.iter().cloned()).collect()
    }

    /// Both sides answered, and nothing failed.
    pub(super) fn passed(&self) -> bool {
        let failed = |step: &ProbeStep| matches!(step.result, ProbeResult::Failed(_));
        self.source.is_some() && self.destination.is_some() && !self.steps().iter().any(failed)
    }
}

/// The screen.
#[derive(Debug, Default)]
pub struct Wizard {
    pub(super) choices: Remote<Choices>,
    pub(super) step: Step,
    pub(super) focus: usize,
    pub(super) name: TextField,
    pub(super) short: TextField,
    /// The short name was typed by hand and does not follow the name any more.
    pub(super) own_short: bool,
    pub(super) from: usize,
    pub(super) to: usize,
    /// The source as it is with the parameters typed so far, where these were looked at.
    pub(super) source: Option<&'static SourceCapabilities>,
    /// The destination as it is with the parameters typed so far.
    pub(super) destination: Option<&'static DestinationCapabilities>,
    pub(super) fields: Vec<FormField>,
    /// Credentials go into the sealed file although a keyring answers.
    pub(super) sealed: bool,
    pub(super) calls: Calls,
    pub(super) zone: TextField,
    /// When runs begin by themselves; blank is by hand (FR01).
    pub(super) schedule: TextField,
    pub(super) email_fallback: bool,
    /// Whether the destination mails new users by itself: has no default, only the operator can know.
    pub(super) welcome_mail: Option<bool>,
    /// Who gets the reports of runs; blank is the operator, where the configuration has an address.
    pub(super) reports: TextField,
    pub(super) report_when: ReportWhen,
    pub(super) map: Vec<(Field, TextField)>,
    pub(super) adding: bool,
    pub(super) body: Rect,
}

impl Wizard {
    /// The screen, nothing typed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn source(&self) -> Option<&'static SourceCapabilities> {
        let plain = self.choices.value()?.sources.get(self.from).copied()?;
        self.source.filter(|source| source.key == plain.key).or(Some(plain))
    }

    pub(super) fn items(&self) -> Vec<Item> {
        match self.step {
            Step::Pair => vec![Item::Name, Item::ShortName, Item::From, Item::To],
            Step::Credentials => {
                let fields = (0..self.fields.len()).map(Item::Field);
                fields.chain(self.has_keyring().then_some(Item::Keep)).collect()
            }
            Step::TestCalls => Vec::new(),
            Step::Start => {
                let mut items = vec![Item::Zone, Item::Schedule, Item::Email];
                items.extend(self.asks_mails().then_some(Item::Welcome));
                items.extend([Item::Reports, Item::ReportWhen]);
                items.extend((0..self.map.len()).map(Item::Map));
                items
            }
        }
    }

    /// Whether credentials can go into a keyring.
    pub(super) fn has_keyring(&self) -> bool {
        self.choices.value().is_some_and(|choices| choices.no_keyring.is_none())
    }

    pub(super) fn in_keyring(&self) -> bool {
        self.has_keyring() && !self.sealed
    }

    pub(super) fn item(&self) -> Option<Item> {
        self.items().get(self.focus).copied()
    }

    pub(super) fn is_on(&self, item: Item) -> bool {
        self.item() == Some(item)
    }

    /// The text field that has the keys.
    pub(super) fn text(&mut self) -> Option<&mut TextField> {
        match self.item()? {
            Item::Name => Some(&mut self.name),
            Item::ShortName => Some(&mut self.short),
            Item::Field(at) => self.fields.get_mut(at).map(|field| &mut field.text),
            Item::Zone => Some(&mut self.zone),
            Item::Schedule => Some(&mut self.schedule),
            Item::Reports => Some(&mut self.reports),
            Item::Map(at) => self.map.get_mut(at).map(|(_, text)| text),
            Item::From | Item::To | Item::Keep | Item::Email | Item::Welcome | Item::ReportWhen => None,
        }
    }

    /// Whether the destination could mail new users.
    pub(super) fn asks_mails(&self) -> bool {
        self.destination.is_some_and(DestinationCapabilities::asks_of_mails)
    }

    /// What is missing before the step after this one.
    pub(super) fn missing(&self, step: Step) -> Option<String> {
        match step {
            Step::Pair => self.pair_missing(),
            Step::Credentials => {
                let blank = self.fields.iter().find(|field| field.spec.required && field.is_blank())?;
                Some(format!("{} first", blank.spec.label))
            }
            Step::TestCalls if self.calls.calling => Some("calling".to_owned()),
            Step::TestCalls => (!self.calls.passed()).then(|| "when both pass".to_owned()),
            Step::Start => self.start_missing(),
        }
    }

    fn pair_missing(&self) -> Option<String> {
        let taken = self.choices.value().map(|choices| choices.taken.as_slice()).unwrap_or_default();
        let short = self.short.value();
        if self.name.value().trim().is_empty() {
            Some("the name first".to_owned())
        } else if check_short_name(short).is_err() {
            Some("short name: a-z, 0-9, hyphens".to_owned())
        } else if taken.iter().any(|other| other == short) {
            Some("the short name is in use".to_owned())
        } else {
            self.source().is_none().then(|| "reading".to_owned())
        }
    }

    fn start_missing(&self) -> Option<String> {
        if self.adding {
            Some("adding".to_owned())
        } else if jiff::tz::TimeZone::get(self.zone.value().trim()).is_err() {
            Some("an IANA time zone".to_owned())
        } else if self.schedule().is_none() {
            Some("when runs begin".to_owned())
        } else if recipients::check(&self.recipients()).is_err() {
            Some("whom to report to".to_owned())
        } else if self.asks_mails() && self.welcome_mail.is_none() {
            Some("the mails first".to_owned())
        } else {
            None
        }
    }

    /// When runs begin; `None` where what is typed is no schedule.
    pub(super) fn schedule(&self) -> Option<Schedule> {
        let text = self.schedule.value().trim();
        if text.is_empty() { Some(Schedule::Manual) } else { text.parse().ok() }
    }

    /// Who gets the reports, as they are typed.
    pub(super) fn recipients(&self) -> Vec<String> {
        recipients::typed(self.reports.value())
    }

    /// Whether anything would be lost by leaving.
    pub(super) fn is_typed(&self) -> bool {
        !self.name.value().trim().is_empty() || self.fields.iter().any(|field| !field.is_blank())
    }

    pub(super) fn settings(&self) -> Settings {
        let typed = self.map.iter().filter(|(_, text)| !text.value().trim().is_empty());
        Settings {
            email_fallback: self.email_fallback,
            welcome_mail: self.welcome_mail.unwrap_or(false),
            schedule: self.schedule().unwrap_or_default(),
            report_recipients: self.recipients(),
            report_when: self.report_when,
            field_map: typed.map(|(field, text)| (field.key().to_owned(), text.value().trim().to_owned())).collect(),
            ..Settings::default()
        }
    }

    pub(super) fn draft(&self) -> Option<Draft> {
        Some(Draft {
            name: self.name.value().trim().to_owned(),
            short_name: self.short.value().to_owned(),
            time_zone: self.zone.value().trim().to_owned(),
            source: form::end(&self.fields, Side::Source, self.source()?.key),
            destination: form::end(&self.fields, Side::Destination, self.destination?.key),
            settings: self.settings(),
            in_keyring: self.in_keyring(),
            tested: self.calls.steps(),
        })
    }
}

impl Screen for Wizard {
    fn id(&self) -> ScreenId {
        ScreenId::Wizard
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let only = Some(format!("step {} of {}", self.step.number(), Step::ALL.len()));
        Header { only, ..Header::crumbs(["Tenants", "New tenant"]) }
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        let words = match self.step {
            Step::Pair => "nothing is stored until the last step",
            Step::Credentials if self.in_keyring() => {
                "secrets go to the keyring, which a service does not reach; never shown again"
            }
            Step::Credentials => "secrets go into the sealed file at the end; they are never shown again",
            Step::TestCalls => "only reads are sent, and nothing is stored yet",
            Step::Start => "it starts in PREVIEW: nothing is written until it is published",
        };
        StatusLine::new(words, "")
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let next = Offer::new(Action::PageDown, "next step").unless(self.missing(self.step));
        let previous = Offer::new(Action::PageUp, "back");
        let leave = Offer::new(Action::Back, "leave");
        match self.step {
            Step::Pair => {
                vec![Offer::new(Action::Enter, "choose"), Offer::new(Action::NextPane, "next field"), next, leave]
            }
            Step::Credentials => {
                let mut offers = vec![Offer::new(Action::Enter, "next field")];
                offers.extend(self.is_on(Item::Keep).then(|| Offer::new(Action::Mark, "choose")));
                let test = Offer::new(Action::TestConnection, "test both").unless(self.missing(Step::Credentials));
                offers.extend([test, previous, leave]);
                offers
            }
            Step::TestCalls => {
                let mut offers = vec![
                    Offer::new(Action::Enter, if self.calls.passed() { "next step" } else { "cure" }),
                    Offer::new(Action::Refresh, "test again").unless(self.calls.calling.then_some("calling")),
                ];
                let others = (!self.calls.people.is_empty()).then(|| Offer::new(Action::NextItem, "others"));
                offers.extend(others.map(|offer| offer.unless(self.no_others())));
                offers.extend([next, previous, leave]);
                offers
            }
            Step::Start => {
                let mut offers = vec![Offer::new(Action::Enter, "next field")];
                let chooses = matches!(self.item(), Some(Item::Email | Item::Welcome));
                offers.extend(chooses.then(|| Offer::new(Action::Mark, "choose")));
                offers.push(Offer::new(Action::Save, "add the tenant").unless(self.missing(Step::Start)));
                offers.extend([previous, leave]);
                offers
            }
        }
    }

    fn text_focus(&self) -> bool {
        matches!(
            self.item(),
            Some(
                Item::Name
                    | Item::ShortName
                    | Item::Field(_)
                    | Item::Zone
                    | Item::Schedule
                    | Item::Reports
                    | Item::Map(_)
            )
        )
    }

    fn unsaved(&self) -> Option<String> {
        self.is_typed().then(|| "the new tenant".to_owned())
    }

    fn loading_since(&self) -> Option<std::time::Duration> {
        self.choices.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}
