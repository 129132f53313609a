//! What a listener's join costs the node, apart from the system: its offer, and its handshake.

mod common;
#[path = "../src/counting.rs"]
#[allow(
    dead_code,
    reason = "the same file counts inside the crate, where its other functions are used"
)]
mod counting;

use common::World;

/// As many listeners come as the environment says: see [`counting`].
#[test]
fn people_come_to_listen() {
    let mut world = World::new();
    for number in 0..counting::rounds() {
        world.listener(&format!("pa_{number}"));
    }
    world.connect_all();
}

#[test]
fn answering_an_offer_costs_no_more_instructions_than_it_did() {
    // 233,000 when this was written; 358,000 when each read the certificate's key anew.
    counting::assert_at_most_within(OPEN, 340_000, JOINS, "people_come_to_listen");
}

#[test]
fn a_handshake_costs_no_more_instructions_than_it_did() {
    // 1,970,000 when this was written, most of it curves without the processor's own instructions, which valgrind does not know.
    counting::assert_at_most_within(SHAKE, 2_600_000, JOINS, "people_come_to_listen");
}

/// Fewer than a node of the tests holds.
const JOINS: u64 = 20;
/// The offer, and all that is made for whoever brought it.
const OPEN: &str = "voxhall_media::routers::opening::<impl voxhall_media::routers::Routers>::open_listener";
/// The threads' part.
const SHAKE: &str = "voxhall_media::listener::handshake::Work::run";
