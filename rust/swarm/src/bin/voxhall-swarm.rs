//! `voxhall-swarm < plan.json`: runs one load plan. Writes a line of JSON when the measured time starts, one when it ends, and then the report.
//!
//! The plan comes by standard input because it holds tokens, which the list of processes must not show.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use voxhall_swarm::load::{self, Plan};

/// A plan is a few tokens long.
const MAX_PLAN_BYTES: u64 = 1 << 20;

fn main() -> ExitCode {
    let mut text = String::new();
    if io::stdin().take(MAX_PLAN_BYTES).read_to_string(&mut text).is_err() {
        return refuse(2, "the plan on standard input is not text");
    }
    let plan: Plan = match serde_json::from_str(&text) {
        Ok(plan) => plan,
        Err(error) => return refuse(2, &format!("the plan on standard input is not usable: {error}")),
    };
    let report = load::run(&plan, |moment| say(&serde_json::json!({ "measuring": moment })));
    match report.map(serde_json::to_value) {
        Ok(Ok(report)) => {
            say(&report);
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => refuse(1, &error.to_string()),
        Err(error) => refuse(1, &error.to_string()),
    }
}

fn say(value: &serde_json::Value) {
    // Whoever closed our output has stopped listening; the run ends by itself.
    let _ = writeln!(io::stdout(), "{value}");
}

fn refuse(status: u8, sentence: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "voxhall-swarm: {sentence}");
    ExitCode::from(status)
}
