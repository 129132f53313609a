//! In-band correction is in the mix while listeners report loss, and only then.

mod common;

use std::time::Duration;

use common::{Heard, World};

/// Only the speech modes of Opus, configurations below 16, can carry a correction (RFC 6716 §2.1.7, §3.1 table 2).
fn can_correct(packet: &Heard) -> bool {
    packet.payload[0] >> 3 < 16
}

fn share_that_can_correct(world: &mut World, listener: usize) -> f32 {
    world.clients[listener].heard.clear();
    world.run(Duration::from_secs(2));
    let heard = &world.clients[listener].heard;
    heard.iter().filter(|h| can_correct(h)).count() as f32 / heard.len() as f32
}

#[test]
fn correction_comes_with_reported_loss_and_goes_with_it() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    assert!(
        share_that_can_correct(&mut world, listener) < 0.1,
        "nobody loses anything"
    );
    world.clients[listener].loses_every = Some(5);
    world.run(Duration::from_secs(15));
    assert!(
        share_that_can_correct(&mut world, listener) > 0.9,
        "one packet in five is lost"
    );
    world.clients[listener].loses_every = None;
    world.run(Duration::from_secs(15));
    assert!(share_that_can_correct(&mut world, listener) < 0.1, "the loss is over");
}
