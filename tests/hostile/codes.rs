//! Every code that the program can show is produced by a real path, which a test sees: the table names for each code the test, and
//! this reads the sources to hold the table to it. A code that is nowhere made, or that no test sees, fails here.

use onroll::domain::code::{Code, FeedCode, LineCode, ProblemCode};
use onroll::domain::plan::HoldCode;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which test sees a code.
struct Seen {
    /// The code.
    key: &'static str,
    /// Where the test stands, and its name.
    file: &'static str,
    test: &'static str,
    /// What stands in the test: the code itself, or the error that has it and nothing else.
    says: &'static str,
    /// The file whose rows the test goes through, where the code stands in a row of a table.
    rows: Option<&'static str>,
}

/// A test whose own text names the code.
const fn seen(key: &'static str, file: &'static str, test: &'static str, says: &'static str) -> Seen {
    Seen { key, file, test, says, rows: None }
}

/// An incident of the museum: each is replayed over HTTP, and its code compared with what the program says.
const fn incident(key: &'static str, rows: &'static str) -> Seen {
    const TEST: &str = "s_bx11_each_of_25_bad_days_is_stopped_held_or_explained_and_harms_nobody";
    Seen { key, file: "tests/incidents.rs", test: TEST, says: "replay_all(", rows: Some(rows) }
}

const CORRELATION: &str = "crates/core/src/planning/tests/correlation.rs";
const LEAVERS: &str = "crates/core/src/planning/tests/leavers.rs";
const GATES: &str = "crates/core/src/planning/tests/gates.rs";
const ABSENCE: &str = "crates/sandbox/src/incidents/absence.rs";
const FIELDS: &str = "crates/sandbox/src/incidents/fields.rs";
const IDENTITY: &str = "crates/sandbox/src/incidents/identity.rs";
const REPETITION: &str = "crates/sandbox/src/incidents/repetition.rs";

#[rustfmt::skip]
const HOLDS: [Seen; 23] = [
    seen("probable_duplicate", "crates/core/src/planning/tests/one_human.rs", "all15_put_off_held_back_and_protected_records_stand_beside", "HoldCode::ProbableDuplicate"),
    incident("rehire", IDENTITY),
    incident("email_held_by_active_user", IDENTITY),
    incident("email_held_by_inactive_user", IDENTITY),
    seen("identifier_changed", "tests/scenarios/peoplehr.rs", "s_pe10_a_changed_id_is_never_a_second_account_by_itself", "HoldCode::IdentifierChanged"),
    incident("identifier_reused", IDENTITY),
    seen("target_owned_by_other", "crates/core/src/planning/tests/one_human.rs", "all15_pe10_a_foreign_identifier_is_never_rewritten_by_itself", "HoldCode::TargetOwnedByOther"),
    incident("status_unclear", ABSENCE),
    seen("status_conflict", CORRELATION, "c_44_c_38_switched_off_by_hand_is_asked_about_and_switched_off_by_us_is_switched_on", "HoldCode::StatusConflict"),
    seen("record_unreadable", "tests/scenarios/rotaready.rs", "a_member_of_the_wrong_type_holds_its_person_and_nobody_else", "HoldCode::RecordUnreadable"),
    incident("detached", IDENTITY),
    seen("unmapped_value", "crates/core/src/planning/tests/lists.rs", "a_team_that_differs_in_capitals_only_is_asked_about_and_not_made_again", "HoldCode::UnmappedValue"),
    seen("option_missing", GATES, "archived_and_gone_options_hold_people_as_option_missing", "HoldCode::OptionMissing"),
    incident("missing_field", FIELDS),
    seen("field_archived", "tests/scenarios/planday_flow.rs", "s_pl05_an_archived_field_is_one_cause_for_everybody", "HoldCode::FieldArchived"),
    seen("duplicate_identifier", "tests/scenarios/mapal_os.rs", "s_ma03_two_records_with_one_external_id_are_both_held_beside_each_other", "HoldCode::DuplicateIdentifier"),
    seen("duplicate_email", "tests/scenarios/review.rs", "s_review_of_a_shared_mailbox_the_other_is_created_without_it_for_ever", "HoldCode::DuplicateEmail"),
    seen("name_not_accepted", GATES, "a_text_longer_than_any_field_holds_the_person_and_names_the_field", "HoldCode::NameNotAccepted"),
    seen("limit", "crates/core/src/planning/tests/parts.rs", "all08_a_part_that_is_left_out_is_held_and_everything_is_counted_again", "HoldCode::Limit"),
    seen("protected", LEAVERS, "pl12_a_protected_leaver_keeps_the_user", "HoldCode::Protected"),
    seen("excluded", "tests/scenarios/one_human.rs", "s_all15_the_record_that_counts_is_remembered_with_its_reason_until_it_leaves", "HoldCode::Excluded"),
    seen("undone", "tests/scenarios/undo.rs", "s_all12_a_finished_run_is_undone_by_a_plan_that_is_looked_at_first", "HoldCode::Undone"),
    seen("later", "crates/core/src/planning/tests/parts.rs", "held_back_people_are_held_and_the_rest_stays", "HoldCode::Later"),
];

#[rustfmt::skip]
const LINES: [Seen; 8] = [
    incident("write_refused", IDENTITY),
    seen("no_answer", "crates/core/src/domain/trouble/tests.rs", "what_the_end_of_a_run_shows", "LineCode::NoAnswer"),
    seen("moved", "crates/core/src/domain/trouble/tests.rs", "what_the_end_of_a_run_shows", "LineCode::Moved"),
    seen("not_confirmed", "src/console/screens/run_detail/tests.rs", "a_line_that_did_not_stay_as_it_was_written_has_a_code", "LineCode::NotConfirmed"),
    seen("schedule_missed", "tests/schedule/troubles.rs", "missed_schedules_and_deliveries_that_cannot_be_read_open_troubles_of_their_own", "FeedCode::ScheduleMissed"),
    seen("webhook_malformed", "tests/schedule/troubles.rs", "missed_schedules_and_deliveries_that_cannot_be_read_open_troubles_of_their_own", "FeedCode::WebhookMalformed"),
    seen("nothing_anywhere", "src/console/screens/troubles/tests.rs", "where_nothing_succeeds_anywhere_that_is_the_code_of_what_it_explains", "FeedCode::NothingAnywhere"),
    seen("schedules_paused", "src/console/screens/schedule/tests.rs", "that_all_are_paused_has_a_code_on_each_line_that_waits_for_it", "FeedCode::SchedulesPaused"),
];

#[rustfmt::skip]
const PROBLEMS: [Seen; 46] = [
    incident("source_empty", ABSENCE),
    seen("source_total", "crates/core/src/planning/guard.rs", "all09_an_empty_or_torn_list_is_refused_whatever_is_allowed", "GuardStop::TotalDiffers"),
    incident("source_shrunk", ABSENCE),
    incident("source_weather", FIELDS),
    incident("users_shrunk", ABSENCE),
    incident("first_import", REPETITION),
    incident("limit_exceeded", IDENTITY),
    seen("plan_drifted", "tests/hostile/plan_file.rs", "a_world_that_moved_is_drift_and_not_an_edit", "ProblemCode::PlanDrifted"),
    seen("plan_edited", "tests/hostile/plan_file.rs", "an_edited_file_is_refused_and_says_what_differs", "ProblemCode::PlanEdited"),
    seen("model_gate", "tests/scenarios/learning.rs", "learn_the_gate_refuses_a_version_that_does_worse", "EngineError::Gate"),
    seen("quarantine", "tests/insert/accounting.rs", "s_all16_a_destination_that_answers_nothing_is_quarantined", "ProblemCode::Quarantine"),
    seen("wave_not_clean", "tests/insert/waves.rs", "a_refusal_in_the_second_wave_leaves_the_rest_unsent_until_an_operator_goes_on", "ProblemCode::WaveNotClean"),
    seen("not_live", "tests/insert/meanwhile.rs", "s_all13_runs_resume_writes_nothing_of_a_tenant_that_is_off", "EngineError::NotLive"),
    seen("no_changes", "tests/scenarios/changed.rs", "a_source_that_does_not_tell_is_refused_before_a_run_begins", "ProblemCode::NoChanges"),
    seen("cannot_undo", "tests/scenarios/undo.rs", "s_all12_what_cannot_be_undone_says_why", "EngineError::CannotUndo"),
    seen("at_work", "tests/services/runs.rs", "a_tenant_has_one_job_at_a_time_and_can_be_started_again_when_it_was_stopped", "EngineError::AtWork"),
    incident("lease_held", REPETITION),
    seen("lease_lost", "tests/store_lease.rs", "who_was_overtaken_changes_nothing_any_more", "StoreError::LeaseLost"),
    seen("stopped_by_operator", "tests/stop/across.rs", "s_all13_a_run_is_paused_continued_and_stopped_from_another_process", "stopped_by_operator"),
    seen("stopped_by_end", "tests/insert/waves.rs", "a_run_that_ends_with_its_program_at_a_gate_is_finished_by_the_next_one_with_its_gates", "ProblemCode::StoppedByEnd"),
    seen("switched_off", "tests/insert/meanwhile.rs", "s_all13_switching_off_reaches_a_live_run_before_its_next_write", "ProblemCode::SwitchedOff"),
    seen("tenant_removed", "tests/insert/meanwhile.rs", "s_all13_a_run_whose_tenant_is_removed_meanwhile_sends_nothing_more_and_says_so", "ProblemCode::TenantRemoved"),
    incident("credentials_refused", ABSENCE),
    seen("not_allowed", "crates/adapters/src/vendors/planday/tests.rs", "refusals_say_what_to_do", "ApiError::Forbidden"),
    incident("vendor_unwell", ABSENCE),
    incident("wrong_address", ABSENCE),
    seen("unexpected_answer", "crates/adapters/src/vendors/bamboohr/tests.rs", "refusals_are_told_apart_and_waits_are_kept", "ApiError::Unexpected"),
    seen("corrupt_answer", "crates/adapters/src/vendors/http_tests.rs", "what_is_no_data_is_the_addresss_fault_only_until_it_has_given_some", "ApiError::Corrupt"),
    seen("records_unreadable", "crates/adapters/src/vendors/flow_learning/tests/odd.rs", "s_all14_many_that_cannot_be_read_stop_the_pull_in_words", "ApiError::Unreadable"),
    seen("certificate", "crates/adapters/src/vendors/http_tests.rs", "a_certificate_that_is_not_trusted_is_said_at_once_and_nothing_is_sent_again", "ApiError::Certificate"),
    incident("list_incomplete", ABSENCE),
    seen("other_account", "crates/adapters/src/vendors/planday/tests.rs", "refusals_say_what_to_do", "ApiError::OtherAccount"),
    seen("setup_incomplete", "crates/adapters/src/vendors/registry.rs", "vendors_are_found_by_key_and_refuse_an_empty_set_up", "ApiError::Setup"),
    seen("vendor_unknown", "crates/adapters/src/vendors/registry.rs", "vendors_are_found_by_key_and_refuse_an_empty_set_up", "ApiError::UnknownVendor"),
    seen("credential_unreadable", "tests/scenarios/reading.rs", "a_credential_that_is_not_there_has_a_code_of_its_own", "ProblemCode::CredentialUnreadable"),
    seen("workspace_unusable", "tests/store_file.rs", "another_file_or_a_newer_workspace_is_refused_and_left_alone", "ProblemCode::WorkspaceUnusable"),
    seen("workspace_version", "tests/store_file.rs", "another_file_or_a_newer_workspace_is_refused_and_left_alone", "ProblemCode::WorkspaceVersion"),
    seen("workspace_damaged", "tests/store_restore.rs", "what_is_no_sound_workspace_is_refused_before_anything_is_changed", "ProblemCode::WorkspaceDamaged"),
    seen("workspace_busy", "tests/store_restore.rs", "nobody_else_may_have_the_workspace_open", "StoreError::Busy"),
    seen("disk_full", "crates/adapters/src/store/writer.rs", "a_full_disk_is_told_and_nothing_is_half_saved", "StoreError::DiskFull"),
    seen("read_only", "crates/adapters/src/store/frozen.rs", "what_stands_is_read_and_nothing_is_written_not_even_beside_it", "StoreError::ReadOnly"),
    seen("row_unreadable", "tests/hostile/broken_rows.rs", "an_unreadable_plan_or_record_is_blamed_by_its_name", "StoreError::Unreadable"),
    seen("no_such_tenant", "tests/store_engine.rs", "a_connection_is_found_by_either_name_and_near_names_are_told", "ProblemCode::NoSuchTenant"),
    seen("not_found", "tests/store_engine.rs", "a_pull_becomes_current_only_when_it_is_finished", "StoreError::Missing"),
    seen("bad_input", "tests/store_engine.rs", "a_connection_is_found_by_either_name_and_near_names_are_told", "StoreError::NameTaken"),
    seen("defect", "tests/services/runs.rs", "a_defect_ends_the_job_and_holds_nobody_up", "EngineError::Broken"),
];

/// What no path of this program makes: the word by which it reads a code of a newer one, and what has no code of its own.
const READ_ONLY_HERE: [&str; 1] = ["other"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The text of the program itself, without its tests and without the two places that only list the codes.
fn program() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for folder in ["src", "crates/core/src", "crates/adapters/src"] {
        sources(&root().join(folder), &mut files);
    }
    let is_list = |path: &Path| {
        let text = path.to_string_lossy();
        text.ends_with("domain/code.rs") || text.contains("domain/explain/")
    };
    let is_test = |path: &Path| {
        let text = path.to_string_lossy();
        text.contains("/tests/") || text.ends_with("tests.rs") || text.contains("testing")
    };
    files.retain(|path| !is_list(path) && !is_test(path));
    let text = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
        (path, text[..end].to_owned())
    };
    files.into_iter().map(text).collect()
}

/// As the sources write a code: `ProblemCode::DiskFull`.
fn written(code: Code) -> String {
    match code {
        Code::Hold(code) => format!("HoldCode::{code:?}"),
        Code::Line(code) => format!("LineCode::{code:?}"),
        Code::Feed(code) => format!("FeedCode::{code:?}"),
        Code::Problem(code) => format!("ProblemCode::{code:?}"),
    }
}

/// Whether a word stands in a text, whole.
fn names(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let after = text[at + word.len()..].chars().next();
        !after.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    })
}

/// The text of one test of a file; `None` where it has no test of this name.
fn body<'t>(text: &'t str, test: &str) -> Option<&'t str> {
    let start = text.find(&format!("fn {test}("))?;
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let indent: String = text[line..].chars().take_while(|letter| *letter == ' ').collect();
    let marks = text[..line].rsplit("\n\n").next().unwrap_or_default();
    if !marks.contains("#[test]") && !marks.contains("#[tokio::test") {
        return None;
    }
    let end = text[start..].find(&format!("\n{indent}}}\n")).map_or(text.len(), |end| start + end);
    Some(&text[start..end])
}

fn table() -> BTreeMap<&'static str, &'static Seen> {
    let all: Vec<&Seen> = HOLDS.iter().chain(&LINES).chain(&PROBLEMS).collect();
    let table: BTreeMap<_, _> = all.iter().map(|seen| (seen.key, *seen)).collect();
    assert_eq!(table.len(), all.len(), "a code stands twice in the table");
    table
}

#[test]
fn every_code_is_seen_by_a_test_that_exists_and_names_it() {
    let table = table();
    let (program, mut wrong) = (program(), Vec::new());
    for code in Code::all().filter(|code| !READ_ONLY_HERE.contains(&code.key())) {
        let Some(seen) = table.get(code.key()) else {
            wrong.push(format!("{}: no test is named for it", code.key()));
            continue;
        };
        let text = fs::read_to_string(root().join(seen.file)).unwrap_or_default();
        let Some(body) = body(&text, seen.test) else {
            wrong.push(format!("{}: {} has no test {}", code.key(), seen.file, seen.test));
            continue;
        };
        if !names(body, seen.says.trim_end_matches('(')) {
            wrong.push(format!("{}: {} does not say {}", code.key(), seen.test, seen.says));
        }
        // An error stands for a code only where the program says so, on one line.
        let is_code = seen.says == written(code) || seen.says == code.key();
        let stands_for = |text: &String| {
            text.lines().any(|line| names(line, seen.says) && names(line, &written(code)))
                || text.contains(&format!("{} {{ .. }} => {}", seen.says, written(code)))
        };
        let is_its_error =
            || program.iter().any(|(_, text)| stands_for(text) || stands_over_lines(text, seen.says, code));
        let in_rows = |rows: &str| {
            let rows = fs::read_to_string(root().join(rows)).unwrap_or_default();
            rows.contains(&format!("code: \"{}\"", code.key()))
        };
        let is_meant = match seen.rows {
            Some(rows) => in_rows(rows),
            None => is_code || is_its_error(),
        };
        if !is_meant {
            wrong.push(format!("{}: {} does not stand for it", code.key(), seen.says));
        }
    }
    let keys: BTreeSet<&str> = Code::all().map(Code::key).collect();
    wrong.extend(table.keys().filter(|key| !keys.contains(*key)).map(|key| format!("{key} is no code")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `A | B | C => code`, over several lines.
fn stands_over_lines(text: &str, error: &str, code: Code) -> bool {
    let code = written(code);
    text.match_indices(&format!("=> {code}")).chain(text.match_indices(&format!("=> {{\n                {code}"))).any(
        |(at, _)| {
            let arm = text[..at].rfind(",\n").map_or(0, |from| from + 2);
            names(&text[arm..at], error)
        },
    )
}

#[test]
fn every_code_is_made_by_the_program_outside_its_tests() {
    let program = program();
    let made = |code: Code| {
        let word = written(code);
        // A comparison or a pattern makes nothing; a code that is only matched on is never shown.
        let makes = |line: &str| {
            let line = line.trim_start();
            names(line, &word) && !line.starts_with("//") && !line.starts_with(&word)
                || line.contains(&format!("=> {word}"))
        };
        // The whole of a block: what it comes to.
        let is_block = |text: &str| {
            text.match_indices(&word).any(|(at, _)| {
                text[..at].trim_end().ends_with('{') && text[at + word.len()..].trim_start().starts_with('}')
            })
        };
        program.iter().any(|(_, text)| text.lines().any(makes) || is_block(text))
    };
    let left: Vec<&str> = Code::all().filter(|code| !made(*code)).map(Code::key).collect();
    assert_eq!(left, Vec::<&str>::new(), "nothing makes these");
}

#[test]
fn the_table_would_notice() {
    let text = "#[test]\nfn one() {\n    DiskFull\n}\n\nfn two() {\n    Busy\n}\n";
    assert!(body(text, "one").is_some_and(|body| names(body, "DiskFull") && !names(body, "Busy")));
    assert_eq!(body(text, "two"), None, "that is no test");
    assert!(!names("ProblemCode::DiskFuller", "ProblemCode::DiskFull"));
    assert_eq!(written(Code::Hold(HoldCode::Later)), "HoldCode::Later");
    assert_eq!(written(Code::Line(LineCode::Moved)), "LineCode::Moved");
    assert_eq!(written(Code::Feed(FeedCode::NothingAnywhere)), "FeedCode::NothingAnywhere");
    assert_eq!(written(Code::Problem(ProblemCode::DiskFull)), "ProblemCode::DiskFull");
}
