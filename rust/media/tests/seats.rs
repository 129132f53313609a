//! Who sits where on the stage: devices, numbers, spaces.

mod common;

use std::time::Duration;

use common::{SENDING_AUDIO, World, offer_text};

#[test]
fn nothing_said_in_one_space_is_heard_in_another() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 4);
    let here = world.listener("pa_cleo");
    world.space = "sp_2";
    let other = world.speaker("pa_ben", 1002, 500.0, 4);
    let there = world.listener("pa_cleo");
    world.connect_all();
    world.run(Duration::from_secs(1));
    let named = |index: usize| {
        let heard = &world.clients[index].heard;
        heard
            .iter()
            .flat_map(|h| h.csrcs.clone())
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert!(named(here).iter().eq([&1001]) && named(there).iter().eq([&1002]));
    assert!(world.clients[other].heard.is_empty());
}

#[test]
fn a_number_that_names_someone_else_is_refused_and_the_one_it_names_is_heard_on() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    let request = world.session("pa_eve", "peer-eve", offer_text(&[SENDING_AUDIO]));
    let refused = world.node.open_publisher(world.now, request, 1001, true);
    assert_eq!(refused.expect_err("refused").code(), "bad_command");
    world.clients[listener].heard.clear();
    world.run(Duration::from_secs(1));
    assert!(world.clients[listener].heard.iter().all(|h| h.csrcs == [1001]));
}

#[test]
fn someone_who_is_named_anew_is_heard_under_the_new_number() {
    let mut world = World::new();
    let first = world.speaker("pa_ana", 1001, 300.0, 4);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    let second = world.speaker("pa_ana", 2002, 300.0, 4);
    world.connect_all();
    world.run(Duration::from_secs(1));
    assert!(world.clients[first].closed);
    assert!(world.clients[listener].heard.last().is_some_and(|h| h.csrcs == [2002]));
    assert!(world.clients[second].heard.is_empty(), "nobody hears themselves");
}

#[test]
fn the_newer_device_keeps_the_microphone_when_the_older_one_connects_late() {
    let mut world = World::new();
    let older = world.speaker("pa_ana", 1001, 300.0, 0);
    world.clients[older].cut = true;
    let newer = world.speaker("pa_ana", 1001, 600.0, 0);
    world.run(Duration::from_secs(1));
    assert!(world.clients[newer].connected);
    world.clients[older].cut = false;
    world.run(Duration::from_secs(8));
    assert!(!world.clients[newer].closed, "the newer one stays");
    let report = world.node.report();
    let peers: Vec<_> = report.spaces[0].peers.iter().map(|p| p.peer.clone()).collect();
    assert_eq!(peers, [world.clients[newer].id.clone()]);
}

#[test]
fn a_session_id_that_comes_again_means_the_newer_session_and_keeps_its_seat() {
    let mut world = World::new();
    for _ in 0..2 {
        let request = world.session("pa_ana", "peer-ana", offer_text(&[SENDING_AUDIO]));
        world
            .node
            .open_publisher(world.now, request, 1001, true)
            .expect("opened");
    }
    let report = world.node.report();
    assert_eq!(report.spaces[0].peers.len(), 1);
    assert!(report.spaces[0].peers[0].publish, "it has a seat");
}
