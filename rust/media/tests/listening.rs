//! What listeners and speakers hear of each other.

mod common;

use std::time::Duration;

use common::World;
use voxhall_media::routers::NodeEvent;

fn energy(packets: &[common::Heard]) -> f32 {
    let mut decoder = opus::Decoder::new(48_000, opus::Channels::Mono).expect("decoder");
    let mut sum = 0.0;
    for packet in packets {
        let mut samples = [0.0; 5760];
        let count = decoder
            .decode_float(&packet.payload, &mut samples, false)
            .expect("a frame");
        sum += samples[..count].iter().map(|s| s * s).sum::<f32>() / count as f32;
    }
    sum / packets.len().max(1) as f32
}

#[test]
fn a_listener_hears_one_mix_and_is_told_in_each_packet_who_is_heard() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 4);
    world.speaker("pa_ben", 1002, 500.0, 4);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.clients[listener].heard.clear();
    world.run(Duration::from_secs(3));
    let heard = &world.clients[listener].heard;
    assert!(
        (140..=160).contains(&heard.len()),
        "one packet every 20 ms, got {}",
        heard.len()
    );
    assert!(
        heard.windows(2).all(|w| w[1].sequence == w[0].sequence + 1),
        "sequence numbers without a gap"
    );
    assert!(heard.iter().all(|h| h.timestamp % 960 == heard[0].timestamp % 960));
    let last = heard.last().expect("packets");
    let mut csrcs = last.csrcs.clone();
    csrcs.sort_unstable();
    assert_eq!(csrcs, [1001, 1002]);
    assert!(energy(heard) > 1e-4);
}

#[test]
fn speakers_hear_each_other_and_never_themselves() {
    let mut world = World::new();
    let ana = world.speaker("pa_ana", 1001, 300.0, 4);
    let ben = world.speaker("pa_ben", 1002, 500.0, 4);
    world.connect_all();
    world.run(Duration::from_secs(1));
    for (index, other) in [(ana, 1002), (ben, 1001)] {
        let heard = &world.clients[index].heard;
        assert!(heard.len() > 40, "about fifty packets a second, got {}", heard.len());
        assert!(heard.iter().all(|h| h.csrcs == [other]));
        assert!(
            heard.iter().all(|h| h.mid == heard[0].mid),
            "one speaker stays in one slot"
        );
    }
}

#[test]
fn five_others_share_four_slots_and_each_slot_is_one_unbroken_stream() {
    let mut world = World::new();
    let me = world.speaker("pa_me", 1, 300.0, 4);
    for other in 0..5 {
        world.speaker(&format!("pa_{other}"), 100 + other, 400.0 + 50.0 * other as f32, 4);
    }
    world.connect_all();
    world.run(Duration::from_secs(2));
    for other in 1..4 {
        world.clients[other].silence();
        world.run(Duration::from_secs(2));
    }
    let heard = &world.clients[me].heard;
    let mids: std::collections::BTreeSet<_> = heard.iter().map(|h| h.mid.to_string()).collect();
    assert_eq!(mids.len(), 4, "all four slots are used and no more");
    let voices: std::collections::BTreeSet<_> = heard.iter().flat_map(|h| h.csrcs.clone()).collect();
    assert_eq!(voices.len(), 5, "the fifth is heard once a slot is free");
    for mid in mids {
        let slot: Vec<_> = heard.iter().filter(|h| h.mid.to_string() == mid).collect();
        assert!(
            slot.windows(2)
                .all(|w| w[1].sequence == w[0].sequence + 1 && w[1].timestamp > w[0].timestamp)
        );
    }
}

#[test]
fn a_muted_speaker_is_gone_from_mix_and_slots_within_200_ms_whatever_is_sent() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 4);
    let ben = world.speaker("pa_ben", 1002, 500.0, 4);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.run(Duration::from_secs(1));
    world.node.allow("sp_1", "pa_ana", false);
    world.clients[ben].silence();
    world.run(Duration::from_millis(200));
    let muted_at = world.elapsed();
    world.run(Duration::from_secs(2));
    let late = |c: &common::Client| c.heard.iter().filter(|h| h.at > muted_at).cloned().collect::<Vec<_>>();
    assert!(late(&world.clients[ben]).is_empty(), "nothing is forwarded");
    let mixed = late(&world.clients[listener]);
    assert!(mixed.iter().all(|h| h.csrcs.is_empty()), "nobody is named as heard");
    assert!(energy(&mixed) < 1e-7, "the mix is silent");

    world.node.allow("sp_1", "pa_ana", true);
    world.run(Duration::from_secs(1));
    assert!(
        world.clients[listener].heard.last().is_some_and(|h| h.csrcs == [1001]),
        "and back when allowed"
    );
}

#[test]
fn a_second_device_of_a_participant_replaces_the_first() {
    let mut world = World::new();
    let first = world.speaker("pa_ana", 1001, 300.0, 4);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.run(Duration::from_secs(1));
    let second = world.speaker("pa_ana", 1001, 600.0, 4);
    world.connect_all();
    world.run(Duration::from_secs(1));
    assert!(world.clients[first].closed, "the first device is told good-bye");
    assert!(!world.clients[second].closed);
    assert!(world.clients[listener].heard.last().is_some_and(|h| h.csrcs == [1001]));
}

#[test]
fn a_second_device_is_heard_by_the_other_speakers_whatever_number_it_begins_with() {
    for (before, after) in [(40_000, 1), (1, 40_000)] {
        let mut world = World::new();
        let first = world.speaker("pa_ana", 1001, 300.0, 4);
        let ben = world.speaker("pa_ben", 1002, 500.0, 4);
        world.clients[first].number_packets_from(before);
        world.connect_all();
        world.run(Duration::from_secs(1));
        let second = world.speaker("pa_ana", 1001, 600.0, 4);
        world.clients[second].number_packets_from(after);
        world.connect_all();
        world.clients[ben].heard.clear();
        world.run(Duration::from_secs(1));
        let heard = &world.clients[ben].heard;
        assert!(heard.len() > 40, "{} packets", heard.len());
        assert!(
            heard
                .windows(2)
                .all(|w| w[1].sequence == w[0].sequence + 1 && w[1].timestamp > w[0].timestamp),
            "one unbroken stream"
        );
    }
}

#[test]
fn a_flooding_speaker_is_held_to_the_packet_budget_and_others_are_still_heard() {
    let mut world = World::new();
    let flooder = world.speaker("pa_ana", 1001, 300.0, 0);
    world.speaker("pa_ben", 1002, 500.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    let now = world.now;
    world.clients[flooder].flood(now, 2_000);
    world.clients[listener].heard.clear();
    world.run(Duration::from_secs(1));
    assert!(world.node.report().stats.dropped_over_budget >= 1_500);
    let heard = &world.clients[listener].heard;
    assert!(heard.iter().filter(|h| h.csrcs.contains(&1002)).count() > 40);
}

#[test]
fn ending_a_space_closes_every_session_in_it() {
    let mut world = World::new();
    let speaker = world.speaker("pa_ana", 1001, 300.0, 4);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.node.close_space(world.now, "sp_1");
    world.run(Duration::from_millis(100));
    assert!(world.clients[speaker].closed && world.clients[listener].closed);
    let closed = world
        .events
        .iter()
        .filter(|e| matches!(e, NodeEvent::Closed { .. }))
        .count();
    assert_eq!(closed, 2);
    assert!(world.node.report().spaces.is_empty());
}
