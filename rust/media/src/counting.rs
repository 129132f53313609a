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
    let (Some(none), Some(many)) = (instructions(name, 0), instructions(name, rounds)) else {
        return println!("valgrind is not there: instructions are not counted");
    };
    let each = many.saturating_sub(none) / rounds;
    println!("{each} instructions: {name}");
    assert!(each <= most, "{each} instructions and not {most}: {name}");
}

/// Of the whole program; None where they cannot be counted.
fn instructions(name: &str, rounds: u64) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
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
