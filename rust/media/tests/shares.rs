//! The audience is sent to in shares, by one thread or by many: nobody can tell by how many.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Heard, RECEIVING_AUDIO, World, offer_text};
use voxhall_media::FrameClass;

/// Rows of a share and more: who joins after so many others is in another one.
const OTHERS: usize = 70;
const LISTENERS: usize = 6;

/// A speaker, and listeners in two shares; between them some who have asked and never come.
fn world(has_senders: bool) -> (World, Vec<usize>) {
    let mut world = World::new();
    world.has_senders = has_senders;
    world.speaker("pa_ana", 1001, 300.0, 0);
    let mut listeners: Vec<usize> = (0..LISTENERS / 2).map(|n| world.listener(&format!("pa_{n}"))).collect();
    for number in 0..OTHERS {
        let request = world.session("pa_many", &format!("many-{number}"), offer_text(&[RECEIVING_AUDIO]));
        world.node.open_listener(world.now, request).expect("opened");
    }
    listeners.extend((LISTENERS / 2..LISTENERS).map(|n| world.listener(&format!("pa_{n}"))));
    world.connect_all();
    (world, listeners)
}

fn assert_whole(heard: &[Heard]) {
    for pair in heard.windows(2) {
        let samples = opus::packet::get_nb_samples(&pair[0].payload, 48_000).expect("Opus") as u64;
        assert_eq!(pair[1].sequence, pair[0].sequence + 1);
        assert_eq!(pair[1].timestamp, pair[0].timestamp + samples);
    }
}

type Packets = BTreeMap<u64, Vec<u8>>;

/// What each listener is sent while packets grow, by RTP time.
fn hear(has_senders: bool) -> Vec<Packets> {
    let (mut world, listeners) = world(has_senders);
    for class in [FrameClass::Ms20, FrameClass::Ms60, FrameClass::Ms40] {
        world.node.set_frame_class(Some(class));
        world.run(Duration::from_secs(1));
    }
    let heard = |listener: usize| {
        let heard = &world.clients[listener].heard;
        assert_whole(heard);
        heard.iter().map(|h| (h.timestamp, h.payload.clone())).collect()
    };
    listeners.into_iter().map(heard).collect()
}

#[test]
fn each_listener_is_sent_the_same_packets_in_order_however_many_threads_send_them() {
    let (alone, together) = (hear(false), hear(true));
    let firsts = alone
        .iter()
        .chain(&together)
        .map(|packets| *packets.keys().next().expect("packets"));
    // Handshakes may be done a frame apart.
    let begin = firsts.max().expect("listeners") + 960;
    for (alone, together) in alone.iter().zip(&together) {
        let from = |packets: &Packets| {
            packets
                .range(begin..)
                .map(|(k, v)| (*k, v.clone()))
                .collect::<Packets>()
        };
        let (alone, together) = (from(alone), from(together));
        assert!(alone.len() > 80, "{}", alone.len());
        assert!(alone == together, "{} and {} packets", alone.len(), together.len());
    }
}

#[test]
fn a_panic_on_one_of_several_threads_costs_one_listener_its_session_and_its_neighbours_nothing() {
    let (mut world, listeners) = world(true);
    // Until nothing but the next packet asks for it.
    world.run(Duration::from_secs(12));
    let broken = world.clients[listeners[1]].id.clone();
    world.node.break_peer(&broken);
    world.run(Duration::from_secs(1));
    assert_eq!(world.node.report().stats.panics, 1);
    // Those who never came are gone as well by then.
    let peers = world.node.report().spaces[0].peers.len();
    assert_eq!(peers, 1 + LISTENERS - 1);
    for listener in listeners {
        let client = &world.clients[listener];
        if client.id == broken {
            continue;
        }
        assert_whole(&client.heard);
        let last = client.heard.last().expect("packets").at;
        assert!(world.elapsed() - last < Duration::from_millis(60), "{}", client.id);
    }
}
