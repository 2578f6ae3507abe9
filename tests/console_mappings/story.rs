//! Harbour & Vine on its set-up day, as SCREENS draws it: hand-made answers.

use jiff::Timestamp;
use onroll::console::app::{Command, Mode, Payload, Problem, Query};
use onroll::console::screens::mappings::data::{
    self as mappings, CellChange, CellWhatIf, Fate, Feed, Line, Sheet, Tab, TabHead, ValueFacts, ValueState, Who,
};
use onroll::console::screens::people::data as people;
use onroll::console::screens::person::data as person;
use onroll::console::widgets::table::Marks as _;
use onroll::domain::field::Field;
use onroll::domain::ids::{EmployeeId, PlanId};
use onroll::domain::list::ListKey;
use onroll::domain::mapping::{DestinationOption, MappingTarget};
use onroll::domain::plan::{Counts, HoldCode, OperationKind};
use onroll::domain::run::OperationState;
use onroll::planning::{Gate, GateState};
use onroll::store::views::{PersonKey, PersonRow, PersonState};

use crate::desk::{Behind, header, problem};

pub struct Story {
    pub standing: Mode,
    pub empty: bool,
    pub fails: bool,
    pub silent: bool,
    pub refused: Option<String>,
}

impl Default for Story {
    fn default() -> Self {
        Self { standing: Mode::Preview, empty: false, fails: false, silent: false, refused: None }
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn line(value: &str, people: u64, state: ValueState, target: &str, why: &str, author: Option<(&str, &str)>) -> Line {
    let open = matches!(state, ValueState::Suggested | ValueState::Unmapped);
    let target = (!target.is_empty()).then(|| target.to_owned());
    Line {
        value: value.into(),
        people,
        blocked: if open { people } else { 0 },
        uncovered: if open { people } else { 0 },
        state,
        key: target.clone().filter(|_| state != ValueState::Created),
        target,
        why: why.into(),
        author: author.map(|(by, day)| (by.to_owned(), at(&format!("{day}T10:00:00Z")))),
    }
}

pub fn lines() -> Vec<Line> {
    use ValueState::{Created, Mapped, Suggested, Unmapped, Verbatim};
    let mut lines = vec![
        line("Chef de Partie", 43, Suggested, "Chef De Partie", "capitals only", None),
        line("Bar Staff ", 5, Suggested, "Bar Staff", "blank at the end", None),
        line("Night Auditor", 2, Unmapped, "", "near: Night Porter", None),
        line("Waiter", 192, Verbatim, "Waiter", "", None),
        line("Front of House Assistant", 168, Mapped, "FOH Assistant", "", Some(("R. Osei", "2026-11-12"))),
        line("Commis Chef", 117, Verbatim, "Commis Chef", "", None),
        line("Housekeeper", 104, Mapped, "Room Attendant", "", Some(("R. Osei", "2026-11-12"))),
        line("Receptionist", 88, Verbatim, "Receptionist", "", None),
        line("Kitchen Porter", 81, Verbatim, "Kitchen Porter", "", None),
        line("Bartender", 76, Mapped, "Bar Staff", "", Some(("R. Osei", "2026-11-12"))),
        line("Shift Leader", 61, Verbatim, "Shift Leader", "", None),
        line("Sous Chef", 44, Verbatim, "Sous Chef", "", None),
        line("Night Porter", 39, Verbatim, "Night Porter", "", None),
        line("Assistant Manager", 33, Verbatim, "Assistant Manager", "", None),
        line("Spa Therapist", 28, Created, "Spa Therapist", "", Some(("R. Osei", "2026-11-23"))),
        line("Maître d’", 24, Mapped, "Maitre D", "", Some(("T. Brandt", "2026-11-20"))),
        line("Barista", 19, Verbatim, "Barista", "", None),
        line("Reservations Agent", 17, Mapped, "Reservations", "", Some(("R. Osei", "2026-11-12"))),
        line("Duty Manager", 14, Verbatim, "Duty Manager", "", None),
        line("Pastry Chef", 11, Verbatim, "Pastry Chef", "", None),
        line("Concierge", 9, Verbatim, "Concierge", "", None),
    ];
    let rest = [3, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 0];
    for (number, people) in rest.into_iter().enumerate() {
        let name = format!("Casual {:02}", number + 1);
        lines.push(line(&name, people, Mapped, "Waiter", "", Some(("R. Osei", "2026-11-12"))));
    }
    lines
}

fn options() -> Vec<DestinationOption> {
    let names = [
        "Assistant Manager",
        "Bar Staff",
        "Barista",
        "Chef De Partie",
        "Commis Chef",
        "Concierge",
        "Duty Manager",
        "FOH Assistant",
        "Head Sommelier",
        "Kitchen Porter",
        "Maitre D",
        "Night Manager",
        "Night Porter",
        "Pastry Chef",
        "Receptionist",
        "Reservations",
        "Room Attendant",
        "Shift Leader",
        "Sous Chef",
        "Waiter",
    ];
    let option = |name: &&str| DestinationOption::new(ListKey::JOB_TITLE, *name, *name, true);
    names.iter().map(option).collect()
}

fn tabs() -> Vec<TabHead> {
    let head = |kind, title: &str, open| TabHead { tab: Tab::Table(kind), title: title.into(), open };
    vec![
        head(ListKey::BRANCH, "Branches", 1),
        head(ListKey::DEPARTMENT, "Departments", 0),
        head(ListKey::JOB_TITLE, "Job titles", 3),
        head(ListKey::ACCESS_PROFILE, "User profiles", 0),
        TabHead { tab: Tab::FieldMap, title: "Field map".into(), open: 0 },
    ]
}

pub fn sheet(tab: Option<Tab>, empty: bool) -> Sheet {
    let feed = |field: &str, from: Option<&str>, mandatory, table| Feed {
        field: field.into(),
        from: from.map(str::to_owned),
        mandatory,
        policy: "always",
        table,
        archived: false,
    };
    Sheet {
        tab: tab.unwrap_or(Tab::Table(ListKey::JOB_TITLE)),
        tabs: tabs(),
        source: "Planday".into(),
        destination: "Flow Learning".into(),
        source_label: "Job title (Flow)".into(),
        feed: Some(Field::JobTitle),
        word: ("job title".into(), "job titles".into()),
        mandatory: true,
        verbatim: true,
        no_new: None,
        lines: if empty { Vec::new() } else { lines() },
        options: options(),
        feeds: vec![
            feed("identifier", Some("Identifier"), true, None),
            feed("first name", Some("First name"), true, None),
            feed("job title", Some("Job title (Flow)"), true, Some(ListKey::JOB_TITLE)),
            feed("branch", Some("Branch (Flow)"), true, Some(ListKey::BRANCH)),
            feed("end date", None, false, None),
        ],
        read_at: (!empty).then(|| at("2026-11-24T14:02:00Z")),
    }
}

fn who(name: &str, branch: &str, fate: Fate) -> Who {
    Who { employee: format!("id {name}"), name: name.into(), branch: branch.into(), fate }
}

pub fn what_if(cell: CellChange) -> CellWhatIf {
    let small = cell.value == "Night Auditor";
    let mut people = if small {
        vec![who("Ivo Petrović", "Lakeside", Fate::Create), who("Tomáš Dvořák", "Castle Street", Fate::Update)]
    } else {
        vec![
            who("Amara Okonkwo", "Quayside", Fate::Create),
            who("Bartosz Wójcik", "Old Mill", Fate::Create),
            who("Chloé Lefèvre", "Quayside", Fate::Update),
            who("Deniz Yıldız", "Castle Street", Fate::Update),
            who("Ewa Zielińska", "Old Mill", Fate::Update),
            who("Katarzyna Wójcik", "Quayside", Fate::Review),
            who("Łukasz Grzelak", "Castle Street", Fate::Update),
            who("Nuno Gonçalves", "Lakeside", Fate::Create),
            who("佐藤 美咲", "Castle Street", Fate::Update),
            who("Żaneta Kowal", "Lakeside", Fate::Review),
        ]
    };
    if !small {
        people.extend((0..33).map(|number| who(&format!("Person {number:02}"), "Quayside", Fate::Update)));
    }
    let (unblocked, creates, updates, review) = if small { (2, 1, 1, 0) } else { (43, 12, 29, 2) };
    CellWhatIf {
        cell,
        unblocked,
        creates,
        updates,
        links: 0,
        others: 0,
        unchanged: 0,
        review,
        change: 0,
        breaks: 0,
        welcome_mails: i64::from(creates),
        fields: "job title only".into(),
        who: people,
    }
}

fn mappings_answer(ask: mappings::Ask, empty: bool) -> mappings::Answer {
    match ask {
        mappings::Ask::Sheet { tab, .. } => mappings::Answer::Sheet(Box::new(sheet(tab, empty))),
        mappings::Ask::WhatIf { cell, .. } => mappings::Answer::WhatIf(what_if(cell)),
        mappings::Ask::Import { path, .. } => unreachable!("no story reads {path}"),
        mappings::Ask::Value { list, value, .. } => mappings::Answer::Value(ValueFacts {
            people: vec![who("Amara Okonkwo", "Quayside", Fate::Unchanged), who("佐藤 美咲", "", Fate::Unchanged)],
            whole: true,
            history: vec![(at("2026-11-12T10:00:00Z"), "R. Osei".into(), format!("to {value}"))],
            list,
            value,
        }),
    }
}

pub fn row(number: i64, name: &str, state: PersonState) -> PersonRow {
    PersonRow {
        key: PersonKey::employee(number),
        employee: Some(EmployeeId(format!("21{number:02}"))),
        user: None,
        identifier: Some(onroll::domain::ids::Identifier(format!("40718_21{number:02}"))),
        name: name.into(),
        branch: Some("Quayside".into()),
        job_title: Some("Chef de Partie".into()),
        department: Some("Kitchen".into()),
        status: if name == "Old Hand" { "ended".into() } else { "active".into() },
        state,
    }
}

pub fn rows() -> Vec<PersonRow> {
    let held = PersonState::Held;
    let change = |kind| PersonState::Change(kind, OperationState::Pending);
    vec![
        row(1, "Amara Okonkwo", held(HoldCode::UnmappedValue)),
        row(2, "Bartosz Wójcik", held(HoldCode::ProbableDuplicate)),
        row(3, "Chloé Lefèvre", change(OperationKind::Create)),
        row(4, "Deniz Yıldız", change(OperationKind::Update)),
        row(5, "Ewa Zielińska", PersonState::Linked),
        row(6, "Maximiliana Konstantinopolitanczykowianeczka", held(HoldCode::Protected)),
        row(7, "Old Hand", PersonState::NotLinked),
        row(8, "佐藤 美咲", PersonState::OutOfScope),
    ]
}

fn people_answer(ask: people::Ask, story: &Story) -> people::Answer {
    match ask {
        people::Ask::Keys { query, .. } => {
            let all = rows();
            let keys = if story.empty || query.text.split_whitespace().count() > 1 {
                Vec::new()
            } else {
                let held = query.text == "state:held";
                let is_held = |row: &&PersonRow| !held || matches!(row.state, PersonState::Held(_));
                all.iter().filter(is_held).map(|row| row.key).collect()
            };
            people::Answer::Keys(people::Keys {
                keys: keys.into(),
                kept: None,
                kept_at: None,
                total: if story.empty { 0 } else { 1204 },
                reading: false,
                source: "Planday".into(),
                destination: "Flow Learning".into(),
                identifier_word: "identifier".into(),
                read_at: (!story.empty).then(|| at("2026-11-24T14:02:00Z")),
                pull: (!story.empty).then_some(24),
                first: Box::default(),
            })
        }
        people::Ask::Facets { query, .. } => {
            people::Answer::Facets { text: query.text, facets: Vec::new(), partial: false }
        }
        people::Ask::Rows { keys, .. } => {
            people::Answer::Rows(rows().into_iter().filter(|row| keys.contains(&row.key)).collect())
        }
        people::Ask::Detail { key, .. } => people::Answer::Detail(Box::new(people::Detail {
            key,
            fields: vec![
                ("e-mail".into(), "a.okonkwo@hvine.example".into(), String::new()),
                ("job title".into(), "Chef de Partie".into(), "Commis Chef".into()),
                ("branch".into(), "Quayside".into(), "Quayside".into()),
            ],
            held: Some((
                HoldCode::UnmappedValue,
                "job title `Chef de Partie` is not a job title in Flow Learning".into(),
                "accept the suggestion for `Chef de Partie` in Mappings, job titles".into(),
            )),
            planned: Vec::new(),
            ruling: None,
        })),
        people::Ask::Push { keys, hidden, .. } => people::Answer::Push(Box::new(push(keys.len(), hidden.len(), story))),
    }
}

fn push(people: usize, hidden: usize, story: &Story) -> people::Push {
    let names = ["Beatriz Sá", "Carlos Veiga", "Duarte Pinto", "Eva Reis", "Inês Gonçalves", "田中 愛"];
    people::Push {
        tenant: "harbour-vine".into(),
        tenant_name: "Harbour & Vine".into(),
        standing: story.standing,
        destination: "Flow Learning".into(),
        plan: PlanId(88),
        made_at: at("2026-11-24T13:58:00Z"),
        counts: Counts { create: 7, update: 5, ..Counts::default() },
        welcome_mails: 7,
        people: (0..people).map(|number| EmployeeId(number.to_string())).collect(),
        names: names.iter().take(people - hidden).map(|name| (*name).to_owned()).collect(),
        hidden_count: hidden as u32,
        hidden: names.iter().take(hidden).map(|name| (*name).to_owned()).collect(),
        without: 0,
        refused: story.refused.clone(),
    }
}

fn gate(number: u8, name: &str, state: GateState, words: &str) -> Gate {
    Gate { number, name: name.into(), state, words: words.into() }
}

pub fn card() -> person::Card {
    use GateState::{NotReached, Passed, Stopped};
    let field = |word: &str, source: &str, sent: Option<&str>| person::FieldLine {
        field: word.into(),
        source: Some(source.into()),
        sent: sent.map(str::to_owned),
        held: None,
        no_value: sent.is_none(),
    };
    let event = |when: &str, tone, by: &str, what: &str, text: &str| person::Event {
        at: at(when),
        tone,
        by: by.into(),
        what: what.into(),
        text: text.into(),
    };
    let not_mapped = "job title `Chef de Partie` not mapped";
    person::Card {
        name: "Amara Okonkwo".into(),
        employee: Some("2188".into()),
        id: "2188".into(),
        identifier: Some("40718_2188".into()),
        source: "Planday".into(),
        destination: "Flow Learning".into(),
        identifier_word: "identifier".into(),
        standing: "held: value not mapped".into(),
        in_scope: true,
        gates: vec![
            gate(1, "in scope", Passed, "in the source filter; active"),
            gate(2, "mandatory fields", Passed, "every field that is demanded is there"),
            gate(
                3,
                "value map",
                Stopped,
                "job title `Chef de Partie` is not a job title in Flow Learning (`Chef De Partie` is: capitals only)",
            ),
            gate(4, "match", NotReached, "not reached"),
            gate(5, "conflict", NotReached, "not reached"),
            gate(6, "limit", NotReached, "not reached"),
            gate(7, "Flow Learning", NotReached, "not reached"),
        ],
        held: Some((HoldCode::UnmappedValue, not_mapped.into(), "accept the suggestion".into())),
        cure: person::Cure::Mapping(ListKey::JOB_TITLE, "Chef de Partie".into()),
        cure_words: "Enter opens Mappings › job titles › Chef de Partie: accept the suggestion.".into(),
        fields: vec![
            field("first name", "Amara", Some("Amara")),
            field("last name", "Okonkwo", Some("Okonkwo")),
            field("e-mail", "a.okonkwo@hvine.example", Some("a.okonkwo@hvine.example")),
            field("birth date", "30 Apr 1999", Some("30 Apr 1999")),
            field("job title", "Chef de Partie", None),
            field("branch", "Quayside", Some("Quayside (QUAY01)")),
            field("department", "Kitchen", Some("Kitchen")),
            field("start date", "30 Nov 2026", Some("30 Nov 2026")),
        ],
        has_user: false,
        user: vec!["no user of Flow Learning has this identifier".into()],
        candidates: vec![person::CandidateLine { user: "7719".into(), name: "Amara O.".into(), probability: 0.001 }],
        ruling: None,
        rulings_possible: true,
        planned: Vec::new(),
        no_push: Some("not published".into()),
        timeline: vec![
            event("2026-11-24T14:02:00Z", person::Tone::Bad, "plan 31", "held", not_mapped),
            event("2026-11-24T11:38:00Z", person::Tone::Changed, "R. Osei", "mapping edit", "branch `Quayside` mapped"),
            event(
                "2026-11-23T16:20:00Z",
                person::Tone::Changed,
                "run 24",
                "changed",
                "job title Commis Chef → Chef de Partie",
            ),
            event("2026-11-20T02:00:00Z", person::Tone::Added, "run 21", "first seen", "40718_2188, without branch"),
        ],
        raw_source: vec!["{".into(), "  \"id\": 2188,".into(), "  \"firstName\": \"Amara\"".into(), "}".into()],
        raw_user: Vec::new(),
        masked: Vec::new(),
        neighbours: person::Neighbours {
            place: 3,
            total: 43,
            previous: Some(PersonKey::employee(2)),
            next: Some(PersonKey::employee(4)),
        },
        read_at: Some(at("2026-11-24T14:02:00Z")),
        today: jiff::civil::date(2026, 11, 24),
    }
}

impl Behind for Story {
    fn query(&mut self, query: Query) -> Result<Payload, Problem> {
        if let Query::TenantHeader(_) = query {
            return Ok(Payload::TenantHeader(header(self.standing)));
        }
        if self.fails {
            return Err(problem());
        }
        Ok(match query {
            Query::Mappings(ask) => Payload::Mappings(mappings_answer(ask, self.empty)),
            Query::People(ask) => Payload::People(people_answer(ask, self)),
            Query::Person(person::Ask::Card { .. }) => Payload::Person(person::Answer::Card(Box::new(card()))),
            Query::Person(person::Ask::Push { .. }) => {
                Payload::Person(person::Answer::Push(Box::new(push(1, 0, self))))
            }
            _ => Payload::Done,
        })
    }

    fn command(&mut self, command: Command) -> Option<Result<Payload, Problem>> {
        if self.silent {
            return None;
        }
        match command {
            Command::Mappings(mappings::Act::Set { cells, .. }) => {
                let at = cells.first().map(|cell| (cell.list, Some(cell.value.clone())));
                let words = "Mapped Chef de Partie, 43 unblocked".to_owned();
                let edited = mappings::Edited { words, undoable: true, at };
                Some(Ok(Payload::Mappings(mappings::Answer::Edited(edited))))
            }
            _ => None,
        }
    }
}

pub fn accepted(value: &str, key: &str) -> CellChange {
    CellChange { list: ListKey::JOB_TITLE, value: value.into(), target: Some(MappingTarget::Option(key.into())) }
}
