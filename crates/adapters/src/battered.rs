//! Input that nobody would send, made from input that somebody does: a parser is given it for a while, and must neither panic nor
//! take long. What made one fail is kept in `tests/corpus/NAME/` and is given to it first, for ever after.
//!
//! `ONROLL_BATTER_SECONDS=600` is the long mode of all of them; `ONROLL_BATTER_SEED` begins elsewhere.

use fastrand::Rng;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Inputs of the usual mode, and how long it goes on at most: a list is compared with itself, which takes a while.
const USUAL: u64 = 400;
const USUAL_TIME: Duration = Duration::from_secs(1);
/// What one input may take, without optimisation and beside other builds.
const PATIENCE: Duration = Duration::from_secs(5);
/// Inputs grow no longer than this.
const LONGEST: usize = 64 * 1024;

/// Pieces that have broken parsers elsewhere.
const PIECES: [&[u8]; 40] = [
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"\"\"",
    b"-0",
    b"1e400",
    b"-1e-400",
    b"18446744073709551616",
    b"0.1e1",
    b"\\u0000",
    b"\\ud800",
    b"\\",
    b"\"",
    b"'",
    b",",
    b";",
    b"\t",
    b"\r\n",
    b"\r",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3\x28",
    b"\xf0\x9f\x92\xa9",
    b"2026-02-30",
    b"0000-00-00",
    b"9999-12-31T23:59:60Z",
    b"31/12/99",
    b"=1+1",
    b"@SUM(1)",
    b"%00",
    b"&#x0;",
    b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
    b"../../",
    b"PK\x03\x04",
    b"[[[[[[[[[[[[[[[[",
    b"{\"a\":{\"a\":{\"a\":",
    b"-",
    b"e",
];

/// Values that stand in the place of others in a document.
fn odd(rng: &mut Rng) -> Value {
    let texts =
        ["", " ", "null", "0", "NaN", "2026-02-30", "\u{0}", "\u{202e}x", "é".repeat(400).as_str()].map(str::to_owned);
    match rng.u8(..9) {
        0 => Value::Null,
        1 => Value::Bool(rng.bool()),
        2 => Value::from(rng.i64(..)),
        3 => Value::from(rng.u64(..)),
        4 => Value::from(rng.f64() * 1e300),
        5 => Value::Array(vec![Value::Null; rng.usize(..4)]),
        6 => serde_json::json!({ "": [] }),
        7 => Value::from("x".repeat(rng.usize(..2_000))),
        _ => Value::from(texts[rng.usize(..texts.len())].clone()),
    }
}

/// Changes one place of a document, somewhere inside.
fn bend(value: &mut Value, rng: &mut Rng) {
    if rng.u8(..5) == 0 {
        *value = odd(rng);
        return;
    }
    match value {
        Value::Array(items) if !items.is_empty() => {
            let at = rng.usize(..items.len());
            match rng.u8(..5) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => bend(&mut items[at], rng),
            }
        }
        Value::Object(members) if !members.is_empty() => {
            let name = members.keys().nth(rng.usize(..members.len())).cloned().unwrap_or_default();
            match rng.u8(..6) {
                0 => drop(members.remove(&name)),
                1 => {
                    let moved = members.remove(&name).unwrap_or_default();
                    members.insert(format!("{name}\u{0}"), moved);
                }
                _ => bend(members.entry(name).or_insert(Value::Null), rng),
            }
        }
        other => *other = odd(rng),
    }
}

/// An input made from others.
fn made(samples: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = samples[rng.usize(..samples.len())].clone();
    if rng.u8(..3) > 0
        && let Ok(mut value) = serde_json::from_slice::<Value>(&bytes)
    {
        for _ in 0..rng.usize(1..4) {
            bend(&mut value, rng);
        }
        bytes = value.to_string().into_bytes();
        if rng.bool() {
            return bytes;
        }
    }
    for _ in 0..rng.usize(1..7) {
        let at = rng.usize(..=bytes.len());
        let end = (at + rng.usize(..64)).min(bytes.len());
        match rng.u8(..7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let twice = bytes[at..end].to_vec();
                bytes.splice(at..at, twice);
            }
            3 => bytes.truncate(at),
            4 => {
                let other = &samples[rng.usize(..samples.len())];
                let from = rng.usize(..=other.len());
                let piece = other[from..(from + rng.usize(..200)).min(other.len())].to_vec();
                bytes.splice(at..end, piece);
            }
            _ => drop(bytes.splice(at..at, PIECES[rng.usize(..PIECES.len())].iter().copied()).collect::<Vec<_>>()),
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

fn corpus(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().find(|folder| folder.join("tests/corpus").is_dir()).unwrap_or(here);
    root.join("tests/corpus").join(name)
}

#[expect(clippy::disallowed_methods, reason = "the long mode of a test is asked for by the environment")]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[expect(clippy::disallowed_methods, reason = "a long mode lasts as long as it was asked to")]
fn now() -> Instant {
    Instant::now()
}

/// What this thread has had of the processor: how long an input takes must not hang on what else the machine does.
fn worked() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

/// Whether this is the long mode.
pub fn is_long() -> bool {
    asked("ONROLL_BATTER_SECONDS").is_some()
}

/// Gives a parser the corpus, the samples, and what is made from them.
pub fn batter(name: &str, samples: &[&[u8]], parse: impl Fn(&[u8])) {
    let slowest = std::cell::Cell::new(Duration::ZERO);
    let folder = corpus(name);
    let mut all: Vec<Vec<u8>> = samples.iter().map(|sample| sample.to_vec()).collect();
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        all.push(std::fs::read(entry.path()).unwrap());
    }
    let give = |bytes: &[u8]| {
        let begun = worked();
        let is_whole = catch_unwind(AssertUnwindSafe(|| parse(bytes))).is_ok();
        let took = worked() - begun;
        slowest.set(slowest.get().max(took));
        if is_whole && took < PATIENCE {
            return;
        }
        let hash = bytes
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
        let kept = folder.join(format!("{hash:016x}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&kept, bytes).unwrap();
        let what = if is_whole { format!("took {took:?}") } else { "panicked".to_owned() };
        panic!("{name} {what}; the input stands in {}", kept.display());
    };
    all.iter().for_each(|bytes| give(bytes));
    let seconds = asked("ONROLL_BATTER_SECONDS");
    let mut rng = Rng::with_seed(asked("ONROLL_BATTER_SEED").unwrap_or(1));
    let (begun, mut given) = (now(), 0_u64);
    let goes_on = |given: u64| match seconds {
        Some(seconds) => begun.elapsed() < Duration::from_secs(seconds),
        None => given < USUAL && begun.elapsed() < USUAL_TIME,
    };
    while goes_on(given) {
        give(&made(&all, &mut rng));
        given += 1;
    }
    println!("battered {name}: {given} inputs, none did harm; the slowest took {:?}", slowest.get());
}
