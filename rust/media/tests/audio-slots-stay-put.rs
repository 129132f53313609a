//! The receiving slots of a speaker: the loudest others, each in its place for as long as possible.

mod audio;

use std::time::Duration;

use audio::begin;
use voxhall_media::audio::select::{Activity, Selector};
use voxhall_media::audio::{SLOTS, Slots, SourceId};

const OWN: SourceId = SourceId(0);

/// A conversation of sources 0 to `count`, tick by tick; `speaks` says who does.
fn slots_over_time(count: u32, ticks: u32, speaks: impl Fn(u32, u32) -> bool) -> Vec<[Option<SourceId>; SLOTS]> {
    let (mut selector, mut slots) = (Selector::default(), Slots::new());
    let begin = begin();
    let at = |tick: u32| {
        let now = begin + Duration::from_millis(20) * tick;
        let activities: Vec<_> = (0..count)
            .map(|source| {
                let is_voice = speaks(tick, source);
                Activity {
                    source: SourceId(source),
                    level_dbov: if is_voice { -20.0 - source as f32 } else { -70.0 },
                    is_voice,
                }
            })
            .collect();
        selector.update(now, &activities);
        slots.assign(now, selector.selection(), OWN)
    };
    (0..ticks).map(at).collect()
}

fn moves(over_time: &[[Option<SourceId>; SLOTS]]) -> usize {
    over_time
        .windows(2)
        .map(|pair| pair[0].iter().zip(&pair[1]).filter(|(a, b)| a != b).count())
        .sum()
}

#[test]
fn nobody_is_sent_themselves() {
    let over_time = slots_over_time(8, 500, |tick, source| (tick / 50) % 8 == source);
    assert!(over_time.iter().flatten().all(|slot| *slot != Some(OWN)));
}

#[test]
fn no_source_is_in_two_slots() {
    for slots in slots_over_time(8, 1_000, |tick, source| (tick / 37 + source) % 3 == 0) {
        let mut sources: Vec<_> = slots.iter().flatten().collect();
        sources.sort();
        sources.dedup();
        assert_eq!(sources.len(), slots.iter().flatten().count());
    }
}

#[test]
fn with_four_others_no_slot_ever_moves() {
    let over_time = slots_over_time(5, 2_000, |tick, source| (tick / 60) % 5 == source || tick % 7 == source);
    assert_eq!(moves(&over_time), 0);
    assert!(over_time[0].iter().all(Option::is_some));
}

#[test]
fn a_fifth_voice_gets_the_slot_of_who_is_silent_within_300_ms() {
    // 1 to 4 have the slots; 1 and 2 speak, 3 and 4 do not; 5 begins to speak after four seconds.
    let over_time = slots_over_time(6, 300, |tick, source| {
        source == 1 || source == 2 || (source == 5 && tick >= 200)
    });
    let before = over_time[199];
    let waited = over_time
        .iter()
        .position(|slots| slots.contains(&Some(SourceId(5))))
        .unwrap()
        - 200;
    assert!(waited <= 15, "after {} ms", waited * 20);
    let after = over_time[299];
    for source in [1, 2] {
        let place = |slots: [Option<SourceId>; SLOTS]| slots.iter().position(|slot| *slot == Some(SourceId(source)));
        assert_eq!(place(before), place(after));
    }
    assert_eq!(moves(&over_time), 1);
}

#[test]
fn a_click_of_a_fifth_moves_nothing() {
    let over_time = slots_over_time(6, 300, |tick, source| {
        source <= 4 && tick % 90 < 60 || source == 5 && (200..203).contains(&tick)
    });
    assert_eq!(moves(&over_time), 0);
}

#[test]
fn six_who_all_speak_do_not_chase_each_other_through_the_slots() {
    let over_time = slots_over_time(7, 1_500, |_, source| source > 0);
    assert!(moves(&over_time) <= 2, "{} moves in 30 s", moves(&over_time));
}

#[test]
fn who_leaves_makes_room_at_once() {
    let (mut selector, mut slots) = (Selector::default(), Slots::new());
    let now = begin();
    let quiet = |source| Activity {
        source: SourceId(source),
        level_dbov: -70.0,
        is_voice: false,
    };
    selector.update(now, &[quiet(1), quiet(2)]);
    assert_eq!(
        slots.assign(now, selector.selection(), OWN),
        [Some(SourceId(1)), Some(SourceId(2)), None, None]
    );
    selector.update(now, &[quiet(2), quiet(3)]);
    assert_eq!(
        slots.assign(now, selector.selection(), OWN),
        [Some(SourceId(3)), Some(SourceId(2)), None, None]
    );
}
