//! What is left of those who came and went: nothing.

mod common;

use std::time::Duration;

use common::{RECEIVING_AUDIO, SENDING_AUDIO, World, offer_text};

fn take_everything_out(world: &mut World) {
    while world.node.poll_transmit().is_some() {}
    while world.node.poll_event().is_some() {}
}

#[test]
fn five_thousand_who_come_and_go_leave_every_table_empty() {
    let mut world = World::new();
    let (speaking, listening) = (offer_text(&[SENDING_AUDIO]), offer_text(&[RECEIVING_AUDIO]));
    for number in 0..2_500_u32 {
        let (speaker, listener) = (format!("s{number}"), format!("l{number}"));
        let request = world.session(&speaker, &speaker, speaking.clone());
        world
            .node
            .open_publisher(world.now, request, number + 1, true)
            .expect("opened");
        let request = world.session(&listener, &listener, listening.clone());
        world.node.open_listener(world.now, request).expect("opened");
        match number % 3 {
            0 => world.node.close_space(world.now, "sp_1"),
            1 => world.node.close_participant(world.now, "sp_1", &speaker),
            _ => world.node.close(world.now, &speaker),
        }
        world.node.close(world.now, &listener);
        take_everything_out(&mut world);
    }
    assert_eq!(world.node.held(), 0);
}

#[test]
fn those_who_talked_those_who_vanished_and_those_who_never_came_leave_every_table_empty() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 4);
    let vanishes = world.listener("pa_ben");
    world.connect_all();
    let never_comes = world.listener("pa_cleo");
    world.clients[never_comes].cut = true;
    world.clients[vanishes].cut = true;
    world.run(Duration::from_secs(80));
    world.node.close_participant(world.now, "sp_1", "pa_ana");
    take_everything_out(&mut world);
    assert_eq!(world.node.held(), 0);
}

#[test]
fn a_hundred_ice_restarts_keep_no_more_than_one() {
    let mut world = World::new();
    world.listener("pa_cleo");
    world.run(Duration::from_millis(10));
    let id = world.clients[0].id.clone();
    let before = world.node.held();
    for number in 0..100 {
        let fragment = format!("a=ice-ufrag:new{number:04}\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n");
        let patched = world.node.patch(world.now, &id, "*", &fragment).expect("restarted");
        assert!(patched.fragment.is_some());
    }
    take_everything_out(&mut world);
    assert_eq!(world.node.held(), before);
}

#[test]
fn a_browser_that_closes_its_connection_is_gone_at_once() {
    let mut world = World::new();
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.clients[listener].rtc.close().expect("closed");
    world.run(Duration::from_millis(100));
    assert!(world.node.report().spaces.is_empty());
}
