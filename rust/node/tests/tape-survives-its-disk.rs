//! What becomes of a tape when its disk forgets, fails or is full: what was written stands, whoever has to know is told, and
//! live sound goes on.

mod tape;

use std::time::Duration;

use tape::disk::segments;
use tape::{Stage, lines};
use voxhall_media::tape::last_granule;

/// The control plane passes it on within 5 s.
const TOLD_WITHIN: Duration = Duration::from_secs(4);
/// A disk that failed is tried again every 5 s.
const REST: Duration = Duration::from_millis(5_500);
const TRIED_AGAIN_WITHIN: Duration = Duration::from_secs(9);

#[test]
fn a_power_cut_at_any_moment_costs_at_most_two_seconds() {
    let mut stage = Stage::new();
    stage.record("on").expect("recorded");
    stage.hear(Duration::from_millis(1_500));
    let mut worst_ms = 0;
    for _ in 0..30 {
        stage.hear(Duration::from_millis(110));
        let at_ms = stage.at_ms();
        let left = stage.disk.after_power_cut();
        let told = lines(&left["stage.jsonl"], "segment").len() + lines(&left["stage.jsonl"], "track").len();
        assert!(told >= left.len() - 1, "the log knows of every file: {:?}", left.keys());
        for file in ["mix.0001.ogg", "pa_ana.0001.ogg"] {
            let played_ms = last_granule(&left[file]).expect("whole pages") / 48;
            worst_ms = worst_ms.max(at_ms.saturating_sub(played_ms));
        }
    }
    println!("tape: at most {worst_ms} ms lost in 30 power cuts");
    assert!(worst_ms <= 2_000, "{worst_ms} ms lost");
}

#[test]
fn a_sync_that_fails_once_costs_a_segment_and_nothing_else() {
    let mut stage = Stage::new();
    stage.record("on").expect("recorded");
    stage.hear(Duration::from_secs(2));
    stage.disk.set(|faults| faults.syncs = 1);
    let told = stage.hear_until("tape_damaged", TOLD_WITHIN);
    assert_eq!(told["space"], "sp_1");
    stage.hear(Duration::from_millis(2_500));
    assert_eq!(stage.lines("damaged")[0]["segment"], 1);
    let left = stage.disk.after_power_cut();
    assert_eq!(segments(left.keys()), [1, 2].into());
    assert!(last_granule(&left["mix.0002.ogg"]).expect("pages") > 48_000);
    // Whatever the disk forgot of the log was written again.
    assert_eq!(lines(&left["stage.jsonl"], "tape").len().min(1), 1);
    assert_eq!(lines(&left["stage.jsonl"], "damaged").len(), 1);
    let answer = stage.record("off").expect("stopped");
    assert_eq!(answer["segment"], 2);
    stage.hear_until("tape_finished", TOLD_WITHIN);
}

#[test]
fn a_disk_that_keeps_failing_is_told_and_left_alone_until_it_works_again() {
    let mut stage = Stage::new();
    stage.record("on").expect("recorded");
    stage.hear(Duration::from_secs(1));
    stage.disk.set(|faults| faults.syncs = u32::MAX);
    assert_eq!(stage.hear_until("tape_stopped", TOLD_WITHIN)["reason"], "disk_error");
    stage.disk.set(|faults| faults.syncs = 0);
    stage.hear_until("tape_resumed", TRIED_AGAIN_WITHIN);
    stage.hear(Duration::from_millis(1_500));
    assert_eq!(stage.lines("gap")[0]["reason"], "disk_error");
    assert!(last_granule(&stage.disk.after_power_cut()["mix.0003.ogg"]).is_some());
}

#[test]
fn a_disk_that_is_full_stops_the_tape_and_keeps_what_it_has() {
    let mut stage = Stage::new();
    stage.record("on").expect("recorded");
    stage.hear(Duration::from_secs(2));
    let used = stage.disk.files().values().map(Vec::len).sum::<usize>();
    stage.disk.set(|faults| faults.capacity = Some(used + 3_000));
    assert_eq!(stage.hear_until("tape_stopped", TOLD_WITHIN)["reason"], "disk_full");
    let kept = stage.disk.files();
    let before = last_granule(&kept["mix.0001.ogg"]).expect("pages");
    assert!(before >= 2 * 48_000, "{before}");
    let args =
        r#"{"space": "sp_1", "events": [{"seq": 1, "wall": "2027-01-15T08:00:00Z", "name": "muted", "data": {}}]}"#;
    let note = voxhall_node::Command::read("note", args).expect("a call");
    assert_eq!(stage.node.call(note).expect("noted")["last_seq"], 1);
    // What there is now is not for recordings.
    stage
        .disk
        .set(|faults| (faults.capacity, faults.used_percent) = (None, 97.1));
    stage.hear(REST);
    assert!(!stage.was_told("tape_resumed"));
    stage.disk.set(|faults| faults.used_percent = 96.9);
    stage.hear_until("tape_resumed", TRIED_AGAIN_WITHIN);
    stage.hear(Duration::from_secs(1));
    assert_eq!(stage.disk.files()["mix.0001.ogg"], kept["mix.0001.ogg"]);
    let gap = &stage.lines("gap")[0];
    assert_eq!(gap["reason"], "disk_full");
    assert_eq!(
        stage.lines("segment")[1]["start"].as_u64().map(|start| start / 48),
        gap["to_ms"].as_u64()
    );
    assert_eq!(stage.lines("event").len(), 1, "what happened meanwhile was not lost");
}

#[test]
fn a_disk_that_takes_nothing_refuses_the_recording_and_not_the_sound() {
    let mut stage = Stage::new();
    stage.disk.set(|faults| faults.read_only = true);
    let refused = stage.record("on").expect_err("refused");
    assert_eq!((refused.code(), refused.status()), ("tape_failed", 500));
    stage.hear(Duration::from_millis(300));
    stage
        .disk
        .set(|faults| (faults.read_only, faults.used_percent) = (false, 97.1));
    let refused = stage.record("on").expect_err("refused");
    assert_eq!((refused.code(), refused.status()), ("disk_full", 507));
    stage.disk.set(|faults| faults.used_percent = 96.9);
    stage.record("on").expect("recorded");
    // Under way it goes on, however full, and is taken up again.
    stage.disk.set(|faults| faults.used_percent = 99.0);
    assert_eq!(stage.record("on").expect("goes on")["segment"], 1);
    stage.hear(Duration::from_secs(1));
    stage.disk.set(|faults| faults.read_only = true);
    assert_eq!(stage.hear_until("tape_stopped", TOLD_WITHIN)["reason"], "disk_error");
    stage.hear(Duration::from_millis(300));
}
