//! What is on a tape, read by another reader than ours: every page stands for itself, and every file says where it belongs.

mod common;
mod tape;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Beep, Beeper, World};
use tape::{BEGAN_MS, Shelf, packets, sound};
use voxhall_media::tape::{GapReason, Kind, Past, StageEvent, Tape, TapeTick, TrackPacket, last_granule};

const FRAME: u64 = 960;
/// 20 ms of CELT that is not silence.
const SOUND: [u8; 4] = [0xf8, 0x12, 0x34, 0x56];

#[allow(
    clippy::disallowed_methods,
    reason = "the type has no other beginning; nothing depends on which it is"
)]
fn any_moment() -> Instant {
    Instant::now()
}

fn tick(count: u64, packets: Vec<TrackPacket>) -> TapeTick {
    TapeTick {
        space: "sp_1".into(),
        at: any_moment(),
        count,
        payload: Some(Arc::from(SOUND)),
        csrcs: vec![7],
        packets,
    }
}

fn said(participant: &str, joins: bool) -> TrackPacket {
    TrackPacket {
        participant: participant.into(),
        csrc: 7,
        offset: 0,
        samples: FRAME as u32,
        joins,
        is_quiet: false,
        payload: Box::from(SOUND),
    }
}

/// Ticks until `to`, of which `speaks` have a packet of Ana's.
fn run(shelf: &mut Shelf, from: u64, to: u64, speaks: impl Fn(u64) -> bool) {
    for count in from..=to {
        let packets = if speaks(count) {
            vec![said("pa_ana", speaks(count - 1))]
        } else {
            Vec::new()
        };
        shelf.wall_ms += 20;
        shelf.tape.tick(&tick(count, packets), shelf.wall_ms);
        shelf.write();
    }
}

#[test]
fn a_file_cut_off_anywhere_plays_up_to_its_last_whole_page_and_loses_at_most_200_ms() {
    let mut shelf = Shelf::new(Kind::Recording);
    run(&mut shelf, 1, 501, |_| true);
    let mix = &shelf.files["mix.0001.ogg"];
    assert!(packets(mix).len() >= 501 - 10, "no more than a page is kept back");
    let whole = sound(mix);
    for length in (200..mix.len()).step_by(97) {
        let Some(granule) = last_granule(&mix[..length]).filter(|granule| *granule > 0) else {
            continue;
        };
        // Where the last whole page ends: readers stop there.
        let end = (0..=length)
            .rev()
            .find(|end| last_granule(&mix[..*end]) != Some(granule))
            .map_or(0, |end| end + 1);
        let part = sound(&mix[..end]);
        assert_eq!(part.len() as u64, granule - 312);
        assert_eq!(part, whole[..part.len()]);
    }
}

#[test]
fn the_position_in_a_mix_is_the_clock_even_when_the_machine_could_not_keep_up() {
    let mut shelf = Shelf::new(Kind::Recording);
    run(&mut shelf, 1, 10, |_| false);
    // Nine ticks are missing, then two minutes.
    run(&mut shelf, 20, 20, |_| false);
    assert_eq!((shelf.tape.at_ms(), shelf.lines("gap").len()), (400, 0));
    run(&mut shelf, 20 + 6_000, 20 + 6_000, |_| false);
    assert_eq!(shelf.tape.at_ms(), 400 + 60_020 - 20 + 20);
    let gap = &shelf.lines("gap")[0];
    assert_eq!((&gap["from_ms"], &gap["to_ms"]), (&400.into(), &60_400.into()));
    assert_eq!((&gap["lost_ms"], &gap["reason"]), (&119_980.into(), &"overload".into()));
    shelf.finish();
    let mix = shelf.sound("mix.0001.ogg");
    assert_eq!(mix.len() as u64, shelf.tape.at_ms() * 48);
}

#[test]
fn a_track_begins_where_its_first_packet_is_and_an_hour_of_silence_is_half_a_megabyte() {
    let mut shelf = Shelf::new(Kind::Recording);
    let hour = 180_000;
    run(&mut shelf, 1, hour, |count| (41..=50).contains(&count));
    let before = shelf.files["pa_ana.0001.ogg"].len();
    run(&mut shelf, hour + 1, hour + 20, |_| true);
    let grown = shelf.files["pa_ana.0001.ogg"].len() - before;
    assert!(grown < 512 << 10, "{grown} bytes");
    let line = &shelf.lines("track")[0];
    assert_eq!(
        (&line["start"], &line["file"]),
        (&(40 * FRAME).into(), &"pa_ana.0001.ogg".into())
    );
    shelf.finish();
    let granule = shelf.packets("pa_ana.0001.ogg").last().expect("packets").1;
    let end = 40 * FRAME + granule - 312;
    let wanted = (hour + 20) * FRAME;
    assert!(end.abs_diff(wanted) < FRAME, "{end} instead of {wanted}");
}

#[test]
fn lost_packets_are_left_to_the_decoder_and_pauses_are_silent() {
    let mut shelf = Shelf::new(Kind::Recording);
    // Two frames are lost, later ten are a pause.
    for count in 1..=40 {
        let packets = match count {
            5 | 6 | 20..=29 => Vec::new(),
            _ => vec![said("pa_ana", count != 1 && count != 30)],
        };
        shelf.tape.tick(&tick(count, packets), shelf.wall_ms);
        shelf.write();
    }
    shelf.finish();
    let written = shelf.packets("pa_ana.0001.ogg");
    let of_length = |length| written.iter().filter(|(packet, _)| packet.len() == length).count();
    assert_eq!((of_length(1), of_length(SOUND.len())), (2, 28), "{written:?}");
    let pause = written
        .iter()
        .position(|(packet, _)| packet.len() == 14)
        .expect("a long silence");
    assert_eq!(
        written[..pause]
            .iter()
            .filter(|(packet, _)| packet.len() == SOUND.len())
            .count(),
        17
    );
}

#[test]
fn a_pause_takes_no_tape_time_and_events_stand_where_they_happened() {
    let mut shelf = Shelf::new(Kind::Recording);
    run(&mut shelf, 1, 100, |_| false);
    shelf.tape.set_paused(true, shelf.wall_ms);
    shelf.wall_ms += 10_000;
    shelf.tape.set_paused(false, shelf.wall_ms);
    run(&mut shelf, 101, 200, |_| false);
    let event = |seq, wall_ms| StageEvent {
        seq,
        wall_ms,
        name: "reaction".to_owned(),
        data: serde_json::json!({"emoji": "👏"}),
    };
    // In the first second, in the pause, a second before now, later than now, and the first of them again.
    let moments = [(1, 1_000), (2, 5_000), (3, 13_000), (4, 99_000), (1, 1_000)];
    shelf.tape.note(&moments.map(|(seq, ms)| event(seq, BEGAN_MS + ms)));
    shelf.write();
    let placed: Vec<_> = shelf
        .lines("event")
        .iter()
        .map(|line| line["at_ms"].as_u64().expect("a time"))
        .collect();
    assert_eq!(placed, [1_000, 2_000, 3_000, 4_000]);
    assert_eq!(shelf.tape.last_seq(), 4);
    assert_eq!(shelf.lines("paused")[0]["at_ms"], 2_000);
    assert_eq!(shelf.lines("resumed")[0]["at_ms"], 2_000);
    assert_eq!(shelf.lines("event")[0]["wall"], "2027-01-15T08:00:01.000Z");
}

#[test]
fn whoever_goes_on_with_a_tape_begins_the_next_segment_where_the_time_has_come_to() {
    let mut shelf = Shelf::new(Kind::Recording);
    run(&mut shelf, 1, 105, |_| false);
    let mut log = shelf.log.clone();
    log.extend(b"{\"kind\":\"event\",\"seq\":9");
    let past = |log: &[u8], shelf: &Shelf| {
        let (mut past, whole) = Past::read(log);
        past.see_mix(last_granule(&shelf.files["mix.0001.ogg"]).expect("a page"));
        (past, whole)
    };
    let (before, whole) = past(&log, &shelf);
    assert_eq!((before.segment, before.last_seq, whole), (1, 0, shelf.log.len()));
    // Whole pages only: 2.0 of 2.1 s. Five seconds later another writer is there.
    let on_time = Tape::open("sp_1", Kind::Recording, &before, false, shelf.wall_ms + 5_000);
    assert_eq!((on_time.segment(), on_time.at_ms()), (2, 7_100));
    let an_hour_later = Tape::open("sp_1", Kind::Recording, &before, false, shelf.wall_ms + 3_600_000);
    assert_eq!(an_hour_later.at_ms(), 62_000);
    // Stopped and started again: the time between is not the tape's.
    shelf.finish();
    let (finished, _) = past(&shelf.log, &shelf);
    let again = Tape::open("sp_1", Kind::Recording, &finished, false, shelf.wall_ms + 3_600_000);
    assert_eq!((again.segment(), again.at_ms()), (2, 2_100));
}

#[test]
fn a_disk_that_was_full_leaves_a_gap_as_long_as_it_was() {
    let mut shelf = Shelf::new(Kind::Recording);
    run(&mut shelf, 1, 100, |_| true);
    shelf.tape.stop(GapReason::DiskFull);
    run(&mut shelf, 101, 600, |_| true);
    assert_eq!(shelf.tape.at_ms(), 12_000);
    shelf.tape.resume(shelf.wall_ms);
    run(&mut shelf, 601, 650, |_| true);
    let gap = &shelf.lines("gap")[0];
    assert_eq!(
        (&gap["from_ms"], &gap["to_ms"], &gap["reason"]),
        (&2_000.into(), &12_000.into(), &"disk_full".into())
    );
    assert_eq!(shelf.lines("segment")[1]["start"], 600 * FRAME);
    assert!(shelf.files.contains_key("pa_ana.0002.ogg"));
}

#[test]
fn a_ring_keeps_the_last_two_minutes_and_no_log() {
    let mut shelf = Shelf::new(Kind::Ring);
    run(&mut shelf, 1, 50 * 185, |_| true);
    let mixes = shelf.files.keys().filter(|file| file.starts_with("mix.")).count();
    assert!((13..=14).contains(&mixes), "{mixes} segments of ten seconds");
    assert!(shelf.log.is_empty());
    assert!(!shelf.files.contains_key("pa_ana.0001.ogg"));
}

#[test]
fn what_was_said_until_the_end_is_on_the_tape_and_nothing_after_it() {
    let mut world = World::new();
    let ana = world.speaker("pa_ana", 1001, 300.0, 0);
    world.clients[ana].silence();
    world.connect_all();
    let beep = Beep::rising_from(700.0);
    let every = Duration::from_millis(500);
    let now = world.elapsed();
    world.clients[ana].beeper = Some(Beeper::new(&beep, now, 0.0, every, now + every));
    let mut shelf = Shelf::new(Kind::Recording);
    world.node.tape(world.now, "sp_1", false).expect("taped");
    // The last beep ends as the space does.
    world.run(Duration::from_millis(1_500 + 100));
    world.node.close_space(world.now, "sp_1");
    world.run(Duration::from_secs(2));
    shelf.take(&mut world.tape);
    assert!(world.node.report().spaces.is_empty());
    assert_eq!(shelf.lines("finished").len(), 1);
    let ear = tape::Ear::for_beep(&beep.samples);
    for file in ["mix.0001.ogg", "pa_ana.0001.ogg"] {
        let heard = tape::thin(&shelf.sound(file));
        let (at_ms, likeness) = ear.find(&heard, 1_400.0, 2_000.0).expect("long enough");
        assert!(likeness > 0.8, "{file}: {likeness} at {at_ms} ms");
    }
    assert!(shelf.tape.at_ms() < 2_200, "it is over when nothing is left to play");
}

#[test]
fn a_space_that_is_taped_lives_without_peers_and_ends_when_it_is_told_to() {
    let mut world = World::new();
    world.node.tape(world.now, "sp_1", false).expect("taped");
    world.run(Duration::from_secs(1));
    assert_eq!((world.node.report().spaces.len(), world.tape.len()), (1, 50));
    world.node.tape(world.now, "sp_1", true).expect("paused");
    world.run(Duration::from_secs(1));
    assert_eq!((world.node.report().spaces.len(), world.tape.len()), (1, 50));
    world.node.stop_taping("sp_1");
    assert!(world.node.report().spaces.is_empty());
}
