//! What passing one packet on costs: from a speaker's datagram to another's.

mod common;
#[path = "../src/counting.rs"]
#[allow(
    dead_code,
    reason = "the same file counts inside the crate, where its other functions are used"
)]
mod counting;

use std::time::Duration;

use common::World;

/// A speaker's packets on their way to another's slot, as many as the environment says: see [`counting`].
#[test]
fn packets_are_passed_on() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let ben = world.speaker("pa_ben", 1002, 0.0, 4);
    world.connect_all();
    world.clients[ben].heard.clear();
    let packets = counting::rounds();
    world.run(Duration::from_millis(20) * packets as u32);
    let heard = world.clients[ben].heard.len() as u64;
    assert!(heard + 2 >= packets, "{heard} of {packets}");
}

#[test]
fn passing_a_packet_on_costs_no_more_instructions_than_it_did() {
    // 47,300 when this was written: two packets come in each 20 ms, one of either speaker; both are opened and kept for the mix, and
    // one of them is passed on.
    counting::assert_at_most_within(RECEIVE, 70_000, 100, "packets_are_passed_on");
}

/// All that a datagram causes at once; the tick, and the clients, are not in it.
const RECEIVE: &str = "voxhall_media::routers::datagrams::<impl voxhall_media::routers::Routers>::receive";

#[test]
fn a_packet_is_passed_on_within_5_ms() {
    let mut world = World::new();
    let ana = world.speaker("pa_ana", 1001, 300.0, 4);
    let ben = world.speaker("pa_ben", 1002, 500.0, 4);
    world.connect_all();
    for index in [ana, ben] {
        world.clients[index].heard.clear();
    }
    let began = world.elapsed();
    world.run(Duration::from_secs(2));
    for index in [ana, ben] {
        let heard = &world.clients[index].heard;
        assert!(heard.len() >= 95, "{}", heard.len());
        // Both speak at the beginning of each frame of 20 ms, counted from the last before the two seconds.
        for one in heard {
            let after = (one.at.saturating_sub(began).as_micros() % 20_000) as u64;
            assert!(after <= 5_000 || after >= 19_000, "{after} us after it was sent");
        }
    }
}
