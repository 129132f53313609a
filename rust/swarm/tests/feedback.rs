//! What a crowd sends back: str0m stands for a server that counts its packets, wants to know when they came and repeats what is missing.

mod answerer;
mod door;

use std::sync::Arc;

use answerer::{Answerer, Told};
use voxhall_swarm::load::{self, Plan};

const SECONDS: u64 = 4;
const LISTENERS: usize = 2;

/// What the crowd said of itself, and what the server was told.
fn run(loss_percent: f64, edit: fn(String) -> String) -> (serde_json::Value, Told) {
    let server = Arc::new(Answerer::start(0));
    let plan = serde_json::json!({
        "space": door::open(Arc::clone(&server), edit),
        "tokens": ["anybody"],
        "listeners": LISTENERS,
        "seconds": SECONDS,
        "loss_percent": loss_percent,
    });
    let plan: Plan = serde_json::from_value(plan).unwrap();
    let report = load::run(&plan, |_| {}).unwrap();
    (serde_json::to_value(report).unwrap(), server.told())
}

/// As LiveKit has it: its own description stands for the answer and asks for what no browser offers by itself.
fn with_repeats(answer: String) -> String {
    answer.replace("a=rtpmap:111 opus", "a=rtcp-fb:111 nack\r\na=rtpmap:111 opus")
}

fn without_feedback(answer: String) -> String {
    let wanted = |line: &&str| !line.starts_with("a=rtcp-fb:");
    answer.split_inclusive('\n').filter(wanted).collect()
}

#[test]
fn a_server_that_counts_its_packets_is_told_of_each_and_sees_the_loss() {
    let (report, told) = run(20.0, with_repeats);
    assert_eq!(report["heard"], LISTENERS);
    // Sixteen times a second; a machine that is busy elsewhere may be late.
    let sent = report["arrival_feedback_sent"].as_u64().unwrap();
    let most = 16 * SECONDS * LISTENERS as u64;
    assert!((most / 2..=most + 4).contains(&sent), "{sent} of {most}");
    let loss = told.loss.expect("the server was told of arrivals");
    assert!((0.05..0.45).contains(&loss), "{loss}");
    assert!(report["packets_asked_again"].as_u64().unwrap() > 0);
    assert!(told.requests > 0);
    assert!(told.is_reported);
}

#[test]
fn a_server_that_asked_for_nothing_gets_reports_alone() {
    let (report, told) = run(20.0, without_feedback);
    assert_eq!(report["heard"], LISTENERS);
    assert_eq!(
        (&report["arrival_feedback_sent"], &report["packets_asked_again"]),
        (&0.into(), &0.into())
    );
    assert_eq!((told.requests, told.loss, told.is_reported), (0, None, true));
}
