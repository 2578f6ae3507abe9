//! One account of a vendor, called by two programs at once: together they ask for no more than it allows.

use crate::support::Bench;
use onroll::sandbox::RateLimits;

const PEOPLE: u32 = 45;

/// Adds a second tenant that signs in with the account of the first.
fn second_tenant(bench: &Bench) -> String {
    let text = std::fs::read_to_string(bench.home().join("tenant.toml")).unwrap();
    let short_name = format!("{}-two", bench.tenant);
    let rename = |line: &str| match line.split_once(" = ") {
        Some(("short_name", _)) => format!("short_name = \"{short_name}\""),
        Some(("name", _)) => "name = \"Second of the account\"".to_owned(),
        _ => line.to_owned(),
    };
    let file = bench.home().join("second.toml");
    std::fs::write(&file, text.lines().map(rename).collect::<Vec<_>>().join("\n")).unwrap();
    let added = bench.run(&["--json", "tenant", "add", file.to_str().unwrap()]);
    assert_eq!(added.code(), 0, "{added:?}");
    short_name
}

#[test]
fn s_two_programs_at_one_account_together_keep_to_what_the_vendor_allows() {
    let bench = Bench::added_to(PEOPLE, |config| {
        config.rate_limits = RateLimits::Real;
        config.record = true;
    });
    let second = second_tenant(&bench);
    let both = [bench.tenant.clone(), second].map(|tenant| bench.start(&["--json", "plan", &tenant]));
    for plan in both {
        let ended = plan.ends();
        assert!([0, 3].contains(&ended.code()), "{ended:?}");
    }
    let calls = bench.sandbox().recorded();
    let refused = calls.iter().filter(|call| call.status == 429).count();
    let of_planday = calls.iter().filter(|call| call.company.starts_with("planday")).count();
    assert!(of_planday > 2 * PEOPLE as usize, "{of_planday} calls are too few to tell anything");
    assert!(refused <= 3, "{refused} of {} calls were refused", calls.len());
}
