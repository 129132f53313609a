//! Peers that are not heard any more, and peers that come back.

mod common;

use std::time::Duration;

use common::World;
use voxhall_media::routers::{CloseReason, NodeEvent};

fn names(events: &[NodeEvent]) -> Vec<&'static str> {
    let name = |e: &NodeEvent| match e {
        NodeEvent::Connected(_) => "connected",
        NodeEvent::Away(_) => "away",
        NodeEvent::Interrupted(_) => "interrupted",
        NodeEvent::Back(_) => "back",
        NodeEvent::Closed {
            reason: CloseReason::Gone,
            ..
        } => "gone",
        NodeEvent::Closed {
            reason: CloseReason::NeverConnected,
            ..
        } => "never_connected",
        NodeEvent::Closed { .. } => "closed",
        _ => "tape",
    };
    events.iter().map(name).collect()
}

#[test]
fn a_vanished_listener_is_sent_nothing_after_15_s_and_forgotten_60_s_later() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.events.clear();
    world.clients[listener].cut = true;
    world.run(Duration::from_secs(13));
    assert!(names(&world.events).is_empty());
    world.run(Duration::from_secs(2));
    assert_eq!(names(&world.events), ["away"]);
    let sent = world.node.report().stats.packets_mixed;
    world.run(Duration::from_secs(2));
    assert_eq!(world.node.report().stats.packets_mixed, sent);
    world.run(Duration::from_secs(60));
    assert_eq!(names(&world.events), ["away", "gone"]);
}

#[test]
fn a_speaker_whose_connection_dies_is_missed_within_a_second_and_away_within_fifteen() {
    let mut world = World::new();
    let speaker = world.speaker("pa_ana", 1001, 300.0, 0);
    world.connect_all();
    world.run(Duration::from_secs(3));
    world.events.clear();
    world.clients[speaker].cut = true;
    world.run(Duration::from_millis(800));
    assert!(names(&world.events).is_empty());
    world.run(Duration::from_millis(120));
    assert_eq!(names(&world.events), ["interrupted"]);
    assert!(world.node.report().spaces[0].peers[0].interrupted);
    world.clients[speaker].cut = false;
    world.run(Duration::from_millis(100));
    assert_eq!(names(&world.events), ["interrupted", "back"]);
    world.run(Duration::from_secs(3));
    world.clients[speaker].cut = true;
    world.run(Duration::from_millis(14_300));
    assert_eq!(names(&world.events), ["interrupted", "back", "interrupted", "away"]);
}

/// What browsers check on meanwhile need not be the path that the sound takes.
#[test]
fn a_speaker_of_whom_nothing_but_checks_comes_is_missed_as_soon_and_seen_again_after_three_seconds() {
    let mut world = World::new();
    let speaker = world.speaker("pa_ana", 1001, 300.0, 0);
    world.connect_all();
    world.run(Duration::from_secs(3));
    world.events.clear();
    world.clients[speaker].cut = true;
    let (address, ufrag, password) = world.clients[speaker].credentials();
    let check_for = |world: &mut World, ms: u64| {
        for _ in 0..ms / 100 {
            world.hand_in(address, &common::binding_request(&format!("{ufrag}:theirs"), &password));
            world.run(Duration::from_millis(100));
        }
    };
    check_for(&mut world, 1_000);
    assert_eq!(names(&world.events), ["interrupted"]);
    check_for(&mut world, 2_000);
    assert_eq!(names(&world.events), ["interrupted"]);
    check_for(&mut world, 15_000);
    assert_eq!(names(&world.events), ["interrupted", "back"], "it is not away");
}

#[test]
fn a_listener_who_comes_back_within_a_minute_hears_on_without_a_new_session() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.events.clear();
    world.clients[listener].cut = true;
    world.run(Duration::from_secs(20));
    world.clients[listener].cut = false;
    world.clients[listener].heard.clear();
    world.run(Duration::from_secs(6));
    assert_eq!(names(&world.events), ["away", "back"]);
    assert!(world.clients[listener].heard.len() > 20);
}

#[test]
fn a_session_nobody_connects_to_is_given_up_after_15_s() {
    let mut world = World::new();
    let listener = world.listener("pa_cleo");
    world.clients[listener].cut = true;
    world.run(Duration::from_secs(13));
    assert!(names(&world.events).is_empty());
    world.run(Duration::from_secs(2));
    assert_eq!(names(&world.events), ["never_connected"]);
    assert!(world.node.report().spaces.is_empty());
}

#[test]
fn a_handshake_that_is_never_done_is_gone_within_30_s_though_checks_come() {
    let mut world = World::new();
    let listener = world.listener("pa_cleo");
    world.clients[listener].cut = true;
    let (address, ufrag, password) = world.clients[listener].credentials();
    for _ in 0..29 {
        assert_eq!(world.node.report().spaces.len(), 1);
        let check = common::binding_request(&format!("{ufrag}:theirs"), &password);
        assert!(world.hand_in(address, &check).bytes > 0, "it is authentic");
        world.run(Duration::from_secs(1));
    }
    world.run(Duration::from_secs(1));
    assert_eq!(names(&world.events), ["never_connected"]);
    assert!(world.node.report().spaces.is_empty());
}

#[test]
fn a_panic_in_one_peers_handler_costs_that_peer_its_session_and_nobody_else_a_packet() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let broken = world.listener("pa_ben");
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.run(Duration::from_secs(1));
    world.events.clear();
    world.clients[listener].heard.clear();
    let id = world.clients[broken].id.clone();
    world.node.break_peer(&id);
    world.run(Duration::from_secs(1));
    assert_eq!(names(&world.events), ["closed"]);
    assert_eq!(world.node.report().stats.panics, 1);
    let heard = &world.clients[listener].heard;
    assert!(heard.len() >= 49 && heard.windows(2).all(|w| w[1].sequence == w[0].sequence + 1));
    let gap = heard.windows(2).map(|w| w[1].at - w[0].at).max().expect("packets");
    assert!(gap <= Duration::from_millis(40), "{gap:?}");
}

#[test]
fn whoever_lost_a_session_by_a_panic_is_told_at_once_and_may_come_back_at_once() {
    let mut world = World::new();
    let speaker = world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    for broken in [speaker, listener] {
        let id = world.clients[broken].id.clone();
        world.node.break_peer(&id);
        world.run(Duration::from_millis(100));
        assert!(world.clients[broken].closed, "it knows");
        assert!(!world.events.is_empty());
    }
    world.speaker("pa_ana", 1001, 300.0, 0);
    let back = world.listener("pa_cleo");
    world.run(Duration::from_secs(1));
    assert!(world.clients[back].heard.iter().any(|heard| heard.csrcs == [1001]));
}

#[test]
fn a_node_that_stood_still_for_a_minute_holds_nobody_to_be_gone() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.events.clear();
    world.stand_still(Duration::from_secs(60));
    world.clients[listener].heard.clear();
    world.run(Duration::from_secs(5));
    assert_eq!(names(&world.events), [""; 0]);
    assert!(world.clients[listener].heard.len() > 100);
}

/// Pages give up a path on which nothing came for 3 s.
#[test]
fn whoever_is_connected_is_sent_something_every_second_while_nobody_says_a_word() {
    let mut world = World::new();
    let alone = world.speaker("pa_ana", 1001, 300.0, 4);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.clients[alone].silence();
    world.run(Duration::from_secs(2));
    for _ in 0..10 {
        let before = [alone, listener].map(|one| world.clients[one].received_datagrams);
        world.run(Duration::from_millis(1_100));
        let after = [alone, listener].map(|one| world.clients[one].received_datagrams);
        assert!(after[0] > before[0] && after[1] > before[1], "{before:?} {after:?}");
    }
}
