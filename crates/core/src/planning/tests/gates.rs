use super::*;
use crate::domain::snapshot::ArchivedField;
use crate::planning::explain::{GateState, Subject, explain};

#[test]
fn a_complete_person_is_created_with_option_keys_and_nobody_else_is_touched() {
    let mut it = company();
    it.employees.push(employee("1", "Ana", "Lima"));
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["create 1"]);
    let written = fields(&plan.operations[0]);
    assert!(written.contains(&"branch: - > QUAY01".to_owned()), "{written:?}");
    assert!(written.contains(&"job_title: - > Waiter".to_owned()));
    assert_eq!((plan.people, plan.changed_people, plan.mails.welcome), (1, 1, 1));
    assert!(plan.first_import && plan.needs_confirmation());
}

#[test]
fn all05_pl04_a_missing_field_blocks_that_person_alone_and_names_where_to_fix_it() {
    let mut it = company();
    it.employees.push(employee("1", "Ana", "Lima"));
    let mut without = employee("2", "Bea", "Costa");
    without.person.job_title = None;
    it.employees.push(without);
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["create 1"]);
    assert_eq!(codes(&plan), ["missing_field 2"]);
    let hold = &plan.holds[0];
    assert_eq!(hold.field.as_deref(), Some("job_title"));
    assert_eq!(hold.message, "job title missing");
    assert_eq!(hold.remedy, "fill in `Job title (Flow)` in Planday, then push again");
}

#[test]
fn c_11_a_dot_is_no_last_name() {
    let mut it = company();
    it.employees.push(employee("1", "Ana", " . "));
    let plan = it.plan();
    assert_eq!(only_hold(&plan).field.as_deref(), Some("last_name"));
}

#[test]
fn c_28_a_placeholder_is_no_email() {
    let mut it = company();
    let mut person = employee("1", "Ana", "Lima");
    person.person.email = Some("none@hvine.example".into());
    it.employees.push(person);
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["create 1"]);
    assert!(!fields(&plan.operations[0]).iter().any(|field| field.starts_with("email")));
    it.destination.mandatory = &[Field::Email];
    let plan = it.plan();
    assert_eq!(only_hold(&plan).field.as_deref(), Some("email"));
}

#[test]
fn pl05_c_46_an_archived_field_is_one_cause_with_one_message() {
    let mut it = company();
    for id in ["1", "2"] {
        let mut person = employee(id, "Ana", ["Lima", "Costa"][usize::from(id == "2")]);
        person.person.job_title = None;
        it.employees.push(person);
    }
    it.facts.archived_fields.push(ArchivedField {
        field: Field::JobTitle,
        label: "Job title (Flow)".into(),
        remedy: "Settings > People > Custom fields > Archived > Restore".into(),
    });
    let plan = it.plan();
    assert_eq!(codes(&plan), ["field_archived 1", "field_archived 2"]);
    assert_eq!(plan.holds[0].message, plan.holds[1].message);
    assert_eq!(plan.holds[0].remedy, "Settings > People > Custom fields > Archived > Restore");
}

#[test]
fn all04_an_unmapped_value_blocks_its_carriers_and_a_suggestion_is_never_taken() {
    let mut it = company();
    let mut near = employee("1", "Ana", "Lima");
    near.person.job_title = Some("waiter ".into());
    let mut far = employee("2", "Bea", "Costa");
    far.person.job_title = Some("Sommelier".into());
    it.employees.extend([near, far, employee("3", "Carl", "Dorn")]);
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["create 3"]);
    assert_eq!(codes(&plan), ["unmapped_value 1", "unmapped_value 2"]);
    assert_eq!(plan.holds[0].value.as_deref(), Some("waiter "));
    assert!(plan.holds[0].message.contains("`Waiter` is: blank at the end, capitals"), "{}", plan.holds[0].message);
}

#[test]
fn ro03_c_52_an_unused_department_table_sends_nothing_and_a_used_one_blocks() {
    let mut it = company();
    let mut person = employee("1", "Ana", "Lima");
    person.person.department = Some("Bar".into());
    it.employees.extend([person, employee("2", "Bea", "Costa")]);
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["create 1", "create 2"]);
    assert!(!fields(&plan.operations[0]).iter().any(|field| field.starts_with("department")));
    it.tables.push(MappingTable::empty(ListKey::DEPARTMENT, true));
    let plan = it.plan();
    assert_eq!((kinds(&plan), codes(&plan)), (vec!["create 2".to_owned()], vec!["unmapped_value 1".to_owned()]));
}

#[test]
fn archived_and_gone_options_hold_people_as_option_missing() {
    let mut it = company();
    it.employees.push(employee("1", "Ana", "Lima"));
    it.options[0].active = false;
    let plan = it.plan();
    assert_eq!(only_hold(&plan).code, HoldCode::OptionMissing);
    assert!(plan.holds[0].message.contains("archived in Flow"));
    it.options.remove(0);
    assert!(only_hold(&it.plan()).message.contains("no longer has"));
}

#[test]
fn a_new_option_is_created_once_and_first_or_its_people_wait() {
    let mut it = company();
    for id in ["1", "2"] {
        let mut person = employee(id, "Ana", ["Lima", "Costa"][usize::from(id == "2")]);
        person.person.job_title = Some("Spa".into());
        it.employees.push(person);
    }
    let row = MappingRow { target: MappingTarget::Create("Spa Therapist".into()), by: "R".into(), at: moment(0) };
    it.tables[1].rows.insert("Spa".into(), row);
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["create_option", "create 1", "create 2"]);
    assert_eq!(fields(&plan.operations[0]), ["job_title: - > Spa Therapist"]);
    it.can_create_options = false;
    let plan = it.plan();
    assert_eq!(codes(&plan), ["option_missing 1", "option_missing 2"]);
    assert!(plan.operations.is_empty() && plan.holds[0].remedy.contains("fix list"));
}

#[test]
fn c_03_a_name_with_a_character_that_is_not_taken_names_the_character() {
    let mut it = company();
    it.employees.extend([employee("1", "Ana", "Li/ma"), employee("2", "Bea", "O’Neill-Ødegård")]);
    let plan = it.plan();
    assert_eq!((kinds(&plan), codes(&plan)), (vec!["create 2".to_owned()], vec!["name_not_accepted 1".to_owned()]));
    assert_eq!(plan.holds[0].value.as_deref(), Some("/"));
    assert!(plan.holds[0].message.contains("U+002F") && !plan.holds[0].message.contains("Li/ma"));
}

#[test]
fn all11_ma03_one_identifier_on_two_people_parks_both_and_names_both() {
    let mut it = company();
    let mut twice = employee("2", "Hannah", "Lindquist");
    twice.identifier = "9_1".into();
    it.employees.extend([employee("1", "Hanna", "Lindqvist"), twice, employee("3", "Carl", "Dorn")]);
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["create 3"]);
    assert_eq!(codes(&plan), ["duplicate_identifier 1", "duplicate_identifier 2"]);
    assert_eq!(plan.holds[0].others, [EmployeeId::from("2")]);
    it.rule("2", Ruling::Exclude);
    let plan = it.plan();
    assert_eq!(
        (kinds(&plan), codes(&plan)),
        (vec!["create 1".to_owned(), "create 3".to_owned()], vec!["excluded 2".to_owned()])
    );
}

#[test]
fn c_23_one_email_on_two_active_people_parks_both_and_a_leaver_does_not_count() {
    let mut it = company();
    let mut twice = employee("2", "Bea", "Costa");
    twice.person.email = Some("P1@hvine.example".into());
    it.employees.extend([employee("1", "Ana", "Lima"), twice]);
    assert_eq!(codes(&it.plan()), ["duplicate_email 1", "duplicate_email 2"]);
    it.employees[1].status = EmploymentStatus::Ended;
    let plan = it.plan();
    assert_eq!((kinds(&plan), plan.ignored_leavers), (vec!["create 1".to_owned()], 1));
}

#[test]
fn rulings_keep_people_out_and_an_outdated_exclusion_never_becomes_a_write() {
    let mut it = company();
    for (id, last) in [("1", "Lima"), ("2", "Costa"), ("3", "Dorn"), ("4", "Eco")] {
        it.employees.push(employee(id, "Ana", last));
    }
    it.rule("1", Ruling::Exclude);
    it.rule("2", Ruling::Later { until: Some(date(2026, 12, 1)) });
    it.rule("3", Ruling::Later { until: Some(date(2026, 11, 24)) });
    it.rule("4", Ruling::HoldBack);
    let plan = it.plan();
    assert_eq!(kinds(&plan), ["create 3"]);
    assert_eq!(codes(&plan), ["excluded 1", "later 2", "later 4"]);
    it.employees[0].person.last_name = Some("Silva".into());
    let plan = it.plan();
    assert_eq!(codes(&plan)[0], "later 1");
    assert!(plan.holds[0].message.contains("changed since"));
}

#[test]
fn ma05_the_access_profile_goes_by_job_title_else_by_setting() {
    let mut it = company();
    it.settings.access_profile = Some("Employee".into());
    it.options.push(option(ListKey::ACCESS_PROFILE, "Manager", "Manager", true));
    let row = MappingRow { target: MappingTarget::Option("Manager".into()), by: "R".into(), at: moment(0) };
    let mut table = MappingTable::empty(ListKey::ACCESS_PROFILE, false);
    table.rows.insert("Chef".into(), row);
    it.tables.push(table);
    let mut chef = employee("2", "Bea", "Costa");
    chef.person.job_title = Some("Chef".into());
    it.employees.extend([employee("1", "Ana", "Lima"), chef]);
    let plan = it.plan();
    assert!(fields(&plan.operations[0]).contains(&"access_profile: - > Employee".to_owned()));
    assert!(fields(&plan.operations[1]).contains(&"access_profile: - > Manager".to_owned()));
}

#[test]
fn the_ladder_stops_at_the_first_gate_and_says_nothing_of_those_behind() {
    let mut it = company();
    let mut person = employee("1", "Ana", "Lima");
    person.person.job_title = Some("Sommelier".into());
    it.employees.push(person);
    let plan = it.plan();
    let rules = Rules::new(
        RulesInput {
            settings: &it.settings,
            source: &SOURCE,
            destination: &it.destination,
            facts: &it.facts,
            options: &it.options,
            tables: &it.tables,
            can_create_options: true,
            today: it.today,
        },
        &it.employees,
    );
    let subject = Subject { employee: &it.employees[0], hold: plan.holds.first(), operations: &[] };
    let states: Vec<GateState> = explain(&rules, subject).into_iter().map(|gate| gate.state).collect();
    use GateState::{NotReached, Passed, Stopped};
    assert_eq!(states, [Passed, Passed, Stopped, NotReached, NotReached, NotReached, NotReached]);
}

#[test]
fn bx05_the_impact_of_a_mapping_edit_names_who_is_unblocked_and_who_breaks() {
    let mut it = company();
    let mut near = employee("1", "Ana", "Lima");
    near.person.job_title = Some("waiter ".into());
    let mut chef = employee("3", "Carl", "Dorn");
    chef.person.job_title = Some("Chef".into());
    it.employees.extend([near, employee("2", "Bea", "Costa"), chef]);
    let before = it.plan();
    let row = |key: &str| MappingRow { target: MappingTarget::Option(key.into()), by: "R".into(), at: moment(0) };
    it.tables[1].rows.insert("waiter ".into(), row("Waiter"));
    it.tables[1].rows.insert("Waiter".into(), row("Gone"));
    it.tables[1].rows.insert("Chef".into(), row("Waiter"));
    let found = crate::mapping::impact(&before, &it.plan());
    let ids = |list: &[crate::mapping::ImpactPerson]| -> Vec<String> {
        list.iter().map(|one| one.employee.to_string()).collect()
    };
    assert_eq!(
        (ids(&found.unblocked), ids(&found.breaks), ids(&found.change)),
        (vec!["1".to_owned()], vec!["2".to_owned()], vec!["3".to_owned()])
    );
    assert!(found.review.is_empty() && found.other.is_empty());
    assert_eq!(found.operations.get(&OperationKind::Create), Some(&2));
    assert_eq!(found.welcome_mails, 0);
}

#[test]
fn two_addresses_in_one_field_are_a_question_for_a_new_person_and_for_a_known_one() {
    let mut it = company();
    for (id, email) in [("1", "ana@h.example; ana@private.example"), ("2", "a@h.example / b@h.example\nc@h.example")] {
        let mut person = employee(id, "Ana", ["Lima", "Costa"][usize::from(id == "2")]);
        person.person.email = Some(email.into());
        it.employees.push(person);
    }
    let plan = it.plan();
    assert!(plan.operations.is_empty(), "{:?}", kinds(&plan));
    assert_eq!(codes(&plan), ["missing_field 1", "missing_field 2"]);
    assert_eq!(plan.holds[0].field.as_deref(), Some("email"));
    assert!(plan.holds[0].message.starts_with("two e-mail addresses in one field"), "{}", plan.holds[0].message);
    assert!(plan.holds[1].message.starts_with("3 e-mail addresses"), "{}", plan.holds[1].message);
    assert!(plan.holds[0].remedy.contains("leave one address") && plan.holds[0].remedy.contains("Planday"));
    assert!(!format!("{:?}", plan.holds).contains("@h.example"), "no personal data in a hold");
    // Where no e-mail is synced, nobody has to choose.
    it.settings.write_policy.insert("email".into(), crate::domain::settings::WritePolicy::Never);
    assert!(!it.plan().holds.iter().any(|hold| hold.field.as_deref() == Some("email")));
}

#[test]
fn one_address_is_sent_without_what_stands_around_it() {
    for text in ["Ana Lima <ana@h.example>", "ana@h.example;", "ana@h.example, ana@h.example", "mailto:ana@h.example"] {
        let mut it = company();
        let mut person = employee("1", "Ana", "Lima");
        person.person.email = Some(text.into());
        it.employees.push(person);
        let plan = it.plan();
        assert!(fields(&plan.operations[0]).contains(&"email: - > ana@h.example".to_owned()), "{text}");
    }
}

#[test]
fn a_text_longer_than_any_field_holds_the_person_and_names_the_field() {
    let long = |length: usize| "x".repeat(length);
    type Put = fn(&mut crate::domain::person::Person, String);
    let fields: [(&str, Put, usize); 7] = [
        ("first_name", |person, text| person.first_name = Some(text), 1_000),
        ("last_name", |person, text| person.last_name = Some(text), 1_000),
        ("email", |person, text| person.email = Some(format!("{text}@x.example").split_off(10)), 254),
        ("job_title", |person, text| person.job_title = Some(text), 1_000),
        ("branch", |person, text| person.branch = Some(text), 1_000),
        ("department", |person, text| person.department = Some(text), 1_000),
        ("last_name", |person, text| person.last_name = Some(text.replace('x', "é")), 1_000),
    ];
    for (field, put, most) in fields {
        for (length, held) in [(most, false), (most + 1, true), (1 << 20, true)] {
            let mut it = company();
            it.destination.name_rule = None;
            let mut person = employee("1", "Ana", "Lima");
            put(&mut person.person, long(length));
            it.employees.push(person);
            let plan = it.plan();
            let hold = plan.holds.iter().find(|hold| hold.code == HoldCode::NameNotAccepted);
            assert_eq!(hold.is_some(), held, "{field} of {length}: {:?}", codes(&plan));
            if let Some(hold) = hold {
                assert_eq!(hold.field.as_deref(), Some(field));
                assert!(hold.message.contains(&format!("has {length} characters")), "{}", hold.message);
                assert!(hold.message.len() < 200);
            }
        }
    }
    // One fault, and the others go on.
    let mut it = company();
    let mut person = employee("1", "Ana", "Lima");
    person.person.first_name = Some(long(1 << 20));
    it.employees.push(person);
    it.employees.push(employee("2", "Bea", "Costa"));
    assert_eq!(kinds(&it.plan()), ["create 2"]);
}

#[test]
fn a_list_that_takes_any_text_holds_nobody_and_a_row_still_rewrites() {
    let tables = const {
        [ListSpec {
            free_text: true,
            ..ListSpec::new(ListKey::JOB_TITLE, ("job title", "job titles"), Field::JobTitle)
        }]
    };
    let mut it = company();
    it.destination.lists = Box::leak(Box::new(tables));
    it.destination.mandatory = &[];
    let titles = [("1", "Sommelier "), ("2", "waiter"), ("3", "Spa"), ("4", "Gone"), ("5", "Quiet")];
    let names = ["Ana Lima", "Bea Costa", "Carl Dorn", "Dora Egan", "Emil Falk"];
    for ((id, title), name) in titles.into_iter().zip(names) {
        let (first, last) = name.split_once(' ').unwrap();
        let mut person = employee(id, first, last);
        person.person.job_title = Some(title.into());
        it.employees.push(person);
    }
    let row = |target| MappingRow { target, by: "R".into(), at: moment(0) };
    it.tables[1].rows = [
        ("Spa".to_owned(), row(MappingTarget::Option("Chef".into()))),
        ("Gone".to_owned(), row(MappingTarget::Option("Nobody carries it".into()))),
        ("Quiet".to_owned(), row(MappingTarget::Nothing)),
    ]
    .into();
    let plan = it.plan();
    assert_eq!(codes(&plan), Vec::<String>::new());
    let sent: Vec<Option<&str>> = plan
        .operations
        .iter()
        .map(|one| one.fields.iter().find(|change| change.field == Field::JobTitle).and_then(|one| one.to.as_deref()))
        .collect();
    assert_eq!(sent, [Some("Sommelier"), Some("waiter"), Some("Chef"), Some("Nobody carries it"), None]);
}
