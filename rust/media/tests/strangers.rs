//! Datagrams from where nobody authenticated, and what is not learnt from them.

mod common;

use std::time::Duration;

use common::{NODE, World};
use str0m::net::Protocol;
use voxhall_media::Datagram;

fn from_stranger(world: &mut World, contents: &[u8]) -> bool {
    let destination = NODE.parse().expect("address");
    let source = "203.0.113.66:5000".parse().expect("address");
    let datagram = Datagram {
        protocol: Protocol::Udp,
        source,
        destination,
        contents,
    };
    let taken = world.node.receive(world.now, datagram);
    assert!(world.node.poll_transmit().is_none(), "a stranger is answered nothing");
    taken
}

#[test]
fn a_client_hello_or_rtp_from_an_unauthenticated_address_reaches_nobody() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    world.run(Duration::from_millis(10));
    let client_hello = [
        22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 1, 0, 0, 4, 0, 0, 0, 0, 0, 0,
    ];
    assert!(!from_stranger(&mut world, &client_hello));
    assert!(!from_stranger(&mut world, &[0x80; 100]));
    assert!(!from_stranger(&mut world, &[]));
    assert_eq!(world.node.report().stats.dropped_unknown_address, 3);
    world.connect_all();
}

#[test]
fn stun_that_names_a_session_but_is_not_signed_with_its_password_teaches_no_address() {
    let mut world = World::new();
    let listener = world.listener("pa_cleo");
    world.connect_all();
    let ufrag = world.clients[listener].remote_ufrag();
    let forged = common::binding_request(&format!("{ufrag}:xxxx"), "not the password at all");
    assert!(!from_stranger(&mut world, &forged));
    assert_eq!(world.node.report().stats.dropped_unauthentic_stun, 1);
    assert!(!from_stranger(&mut world, &[0x80; 100]));
}

#[test]
fn a_peer_that_authenticates_from_a_new_address_is_followed_there() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.clients[listener].roam("198.51.100.200:41000".parse().expect("address"));
    world.run(Duration::from_secs(6));
    world.clients[listener].heard.clear();
    world.run(Duration::from_secs(1));
    assert!(world.clients[listener].heard.len() > 40);
}
