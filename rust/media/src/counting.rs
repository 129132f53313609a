//! What something costs in instructions, which do not depend on what else the machine does, unlike time.
//!
//! A test that does its work [`rounds`] times is run by another under callgrind, twice, without any round and with many: the
//! difference is what the rounds cost. Builds for tests are optimised less than what people run, so that a bound catches
//! what grows and is no record. Where there is no valgrind nothing is counted, and that is said.

use std::process::Command;

const ROUNDS: &str = "VOXHALL_COUNTED_ROUNDS";

/// How often the work is to be done: few times, unless it is being counted.
pub(crate) fn rounds() -> u64 {
    std::env::var(ROUNDS)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(3)
}

/// Asserts what one round of the test `name` costs at most.
pub(crate) fn assert_at_most(most: u64, rounds: u64, name: &str) {
    assert_at_most_within("", most, rounds, name);
}

/// The same of what happens within one function alone, by its whole name: in a test that has another side to it.
pub(crate) fn assert_at_most_within(function: &str, most: u64, rounds: u64, name: &str) {
    let count = |rounds| instructions(function, name, rounds);
    let (Some(none), Some(many)) = (count(0), count(rounds)) else {
        return println!("valgrind is not there: instructions are not counted");
    };
    let each = many.saturating_sub(none) / rounds;
    assert!(each > 0, "nothing was counted: is {function} still the name?");
    println!("{each} instructions: {name}");
    assert!(each <= most, "{each} instructions and not {most}: {name}");
}

/// Of the whole program, or of one function in it; None where they cannot be counted.
fn instructions(function: &str, name: &str, rounds: u64) -> Option<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    if !function.is_empty() {
        valgrind.arg(format!("--toggle-collect={function}"));
    }
    let output = valgrind
        .arg(std::env::current_exe().ok()?)
        .args(["--exact", name])
        .env(ROUNDS, rounds.to_string())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let (_, count) = said.lines().find_map(|line| line.split_once("Collected : "))?;
    count.trim().parse().ok()
}
