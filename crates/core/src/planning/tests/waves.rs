use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::EmployeeId;
use crate::domain::list::ListKey;
use crate::domain::plan::{Counts, Mails, Operation, OperationKind, Plan, user_to_be};
use crate::domain::waves::{WaveGate, WaveStep, Waves, WavesAsked};
use crate::planning::waves::{figures, groups, split, wave_of_lines};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn line(kind: OperationKind, id: &str, fields: Vec<FieldChange>) -> Operation {
    Operation {
        seq: 0,
        kind,
        employee: (!id.is_empty()).then(|| id.into()),
        identifier: None,
        user: None,
        list: None,
        fields,
        note: None,
    }
}

fn change(field: Field, from: Option<&str>, to: &str) -> FieldChange {
    FieldChange { field, from: from.map(str::to_owned), to: Some(to.to_owned()) }
}

fn plan(mut operations: Vec<Operation>) -> Plan {
    for (seq, operation) in operations.iter_mut().enumerate() {
        operation.seq = u32::try_from(seq).unwrap();
    }
    Plan {
        counts: Counts::of(&operations, 0),
        operations,
        mails: Mails { welcome: 9, ..Mails::default() },
        ..Plan::default()
    }
}

fn branches(of: &'static [(&'static str, &'static str)]) -> impl Fn(&EmployeeId, Field) -> Option<String> {
    move |employee, field| {
        let branch = of.iter().find(|(id, _)| *id == employee.as_str()).map(|(_, branch)| (*branch).to_owned());
        branch.filter(|_| field == Field::Branch)
    }
}

fn people(waves: &Waves) -> Vec<Vec<&str>> {
    waves.parts.iter().map(|part| part.people.iter().map(EmployeeId::as_str).collect()).collect()
}

fn create(id: &str) -> Operation {
    line(OperationKind::Create, id, vec![change(Field::Email, None, &format!("{id}@x.example"))])
}

fn update(id: &str) -> Operation {
    line(OperationKind::Update, id, vec![change(Field::LastName, Some("A"), "B")])
}

#[test]
fn one_then_five_then_the_smallest_branch_with_every_kind_then_the_rest() {
    let mut lines: Vec<Operation> = (10..30).map(|n| create(&n.to_string())).collect();
    lines.extend((30..40).map(|n| update(&n.to_string())));
    lines.push(line(OperationKind::Deactivate, "50", Vec::new()));
    let plan = plan(lines);
    let group_of = |employee: &EmployeeId, field: Field| {
        let number: u32 = employee.as_str().parse().ok()?;
        let branch = match number {
            10..14 => "Quay",
            14..18 | 34..36 => "Lakeside",
            _ => "Head Office",
        };
        (field == Field::Branch).then(|| branch.to_owned())
    };
    let waves = split(&plan, &WavesAsked::default(), &group_of);
    assert_eq!(people(&waves)[0], ["30"], "a change of a value hurts least");
    assert_eq!(people(&waves)[1], ["10", "11", "12", "31", "32"], "new users and updates in turn");
    assert_eq!(waves.parts[2].label, "branch Lakeside", "the smallest with creations and updates");
    let figures = figures(&plan, &waves);
    let told: Vec<_> = figures.iter().map(|one| (one.label.as_str(), one.changes, one.mails)).collect();
    assert_eq!(
        told,
        [("one person", 1, 0), ("five people", 5, 3), ("branch Lakeside", 6, 4), ("all the rest", 19, 13)]
    );
    assert!(figures[3].people.contains(&"50".into()), "leavers go last");
    let (field, groups) = groups(&plan, None, &group_of).unwrap();
    assert_eq!((field, groups.len()), (Field::Branch, 3));
    assert_eq!((groups[0].value.as_str(), groups[0].has_every_kind), ("Quay", false));
}

#[test]
fn whom_a_person_needs_goes_with_them_and_whoever_needs_a_leaver_goes_last() {
    let manager = |of: &str, to: &str| {
        line(OperationKind::SetManager, of, vec![change(Field::Manager, None, &user_to_be(&to.into()))])
    };
    let takes = line(OperationKind::Update, "3", vec![change(Field::Email, Some("c@x"), "Leaver@x.example ")]);
    let leaves =
        line(OperationKind::Deactivate, "9", vec![change(Field::Email, Some("leaver@x.example"), "gone@x.example")]);
    let option = line(OperationKind::CreateOption, "", vec![change(Field::JobTitle, None, "Chef")]);
    let chef = line(OperationKind::Update, "5", vec![change(Field::JobTitle, Some("Cook"), "Chef")]);
    let plan = plan(vec![option, create("1"), create("2"), takes, chef, manager("1", "2"), leaves]);
    let first =
        |id: &str| WavesAsked { steps: vec![WaveStep::One { first: Some(id.into()) }], gate: WaveGate::Minutes(5) };
    let none = branches(&[]);
    assert_eq!(people(&split(&plan, &first("1"), &none)), [["1", "2"]], "the manager whom the plan makes");
    assert_eq!(people(&split(&plan, &first("3"), &none)), [["5"]], "who needs a leaver's e-mail cannot go first");
    let waves = split(&plan, &first("5"), &none);
    assert_eq!(wave_of_lines(&plan, &waves), [0, 1, 1, 1, 0, 1, 1], "the option goes with the first who needs it");
}

#[test]
fn a_plan_of_one_person_or_of_leavers_has_one_wave() {
    let none = branches(&[]);
    for lines in [vec![update("1")], vec![line(OperationKind::Deactivate, "1", Vec::new())], Vec::new()] {
        assert_eq!(split(&plan(lines), &WavesAsked::default(), &none).count(), 1);
    }
    let six: Vec<Operation> = (0..6).map(|n| update(&n.to_string())).collect();
    assert_eq!(split(&plan(six), &WavesAsked::default(), &none).count(), 2, "one, then the five others");
}

#[test]
fn a_value_that_is_named_is_taken_whatever_its_case_and_an_unknown_one_makes_no_wave() {
    let plan = plan(vec![update("1"), update("2"), update("3")]);
    let of = branches(&[("1", "Quay"), ("2", "Lake"), ("3", "Lake")]);
    let asked = |value: &str| WavesAsked {
        steps: vec![WaveStep::Group { field: None, value: Some(value.to_owned()) }],
        gate: WaveGate::Key,
    };
    assert_eq!(people(&split(&plan, &asked("lake "), &of)), [["2", "3"]]);
    assert_eq!(split(&plan, &asked("nowhere"), &of).count(), 1);
}

fn any_lines() -> impl Strategy<Value = Vec<Operation>> {
    let one = (0u8..8, 0u8..25, 0u8..25, 0u8..6).prop_map(|(kind, id, other, mail)| {
        let (id, other) = (id.to_string(), other.to_string());
        match kind {
            0 | 1 => create(&id),
            2 => update(&id),
            3 => line(OperationKind::Deactivate, &id, Vec::new()),
            4 => line(
                OperationKind::SetManager,
                &id,
                vec![change(Field::Manager, None, &user_to_be(&other.as_str().into()))],
            ),
            5 => line(
                OperationKind::Update,
                &id,
                vec![change(Field::Email, Some(&format!("m{mail}@x")), &format!("m{}@x", mail + 1))],
            ),
            6 => line(OperationKind::Update, &id, vec![change(Field::JobTitle, Some("Cook"), &format!("Job {mail}"))]),
            _ => {
                let made = change(Field::JobTitle, None, &format!("Job {mail}"));
                Operation { list: Some(ListKey::JOB_TITLE), ..line(OperationKind::CreateOption, "", vec![made]) }
            }
        }
    });
    proptest::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn every_line_is_in_one_wave_people_are_whole_and_nobody_goes_before_whom_they_need(
        lines in any_lines(), first in 0u8..30, by_branch in any::<bool>(),
    ) {
        let plan = plan(lines);
        let mut asked = WavesAsked::default();
        asked.steps[0] = WaveStep::One { first: Some(first.to_string().as_str().into()) };
        if by_branch {
            asked.steps.reverse();
        }
        let group_of = |employee: &EmployeeId, _: Field| Some(format!("B{}", employee.as_str().len()));
        let waves = split(&plan, &asked, &group_of);
        let wave_of = wave_of_lines(&plan, &waves);
        prop_assert_eq!(wave_of.len(), plan.operations.len());
        let mut of: BTreeMap<&EmployeeId, usize> = BTreeMap::new();
        for (operation, wave) in plan.operations.iter().zip(&wave_of) {
            prop_assert!(*wave < waves.count());
            if let Some(employee) = &operation.employee {
                prop_assert_eq!(*of.entry(employee).or_insert(*wave), *wave, "a person is whole");
                if operation.kind == OperationKind::Deactivate {
                    prop_assert_eq!(*wave + 1, waves.count(), "leavers are last");
                }
            }
        }
        for (operation, wave) in plan.operations.iter().zip(&wave_of) {
            for change in &operation.fields {
                let to = change.to.as_deref().unwrap_or_default();
                let managers = of.iter().filter(|(id, _)| change.field == Field::Manager && to == user_to_be(id));
                for (_, needed) in managers {
                    prop_assert!(needed <= wave);
                }
                let options = plan.operations.iter().zip(&wave_of).filter(|(one, _)| {
                    one.kind == OperationKind::CreateOption && one.fields[0].to == change.to && one.fields[0].field == change.field
                });
                for (_, made) in options {
                    prop_assert!(made <= wave, "an option is made before it is needed");
                }
            }
        }
        let figures = figures(&plan, &waves);
        prop_assert_eq!(figures.iter().map(|one| one.changes as usize).sum::<usize>(), plan.operations.len());
        let together: BTreeSet<_> = figures.iter().flat_map(|one| &one.people).collect();
        prop_assert_eq!(figures.iter().map(|one| one.people.len()).sum::<usize>(), together.len());
    }
}
