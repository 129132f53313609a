//! Handshakes over networks that lose a fifth or a half of everything, either way; and what one costs that is never answered.

mod common;

use std::time::Duration;

use common::{Dice, EAGER, PATIENT, World};
use voxhall_media::PeerKind;
use voxhall_media::routers::{CloseReason, NodeEvent};

const KINDS: [PeerKind; 2] = [PeerKind::Listener, PeerKind::Publisher];
/// With each of two kinds of browsers.
const EACH: usize = 100;
/// A stage has room for so many.
const ON_STAGE: usize = 10;
const SPACES: [&str; EACH / ON_STAGE] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

fn join(world: &mut World, kind: PeerKind, number: usize) -> usize {
    let name = format!("pa_{number}");
    match kind {
        PeerKind::Listener => world.listener(&name),
        PeerKind::Publisher => {
            world.space = SPACES[number / ON_STAGE];
            world.silent_speaker(&name, number as u32, 0)
        }
    }
}

/// When those had shaken hands who had within so long, of two hundred that began at once; sorted.
fn shake_hands(kind: PeerKind, lost: f64, within: Duration) -> Vec<Duration> {
    let run = |browser| {
        let mut world = World::new();
        world.browser = browser;
        for number in 0..EACH {
            let client = join(&mut world, kind, number);
            world.clients[client].loses_all = Some((lost, Dice::new(number as u64 + 1)));
        }
        while world.elapsed() < within && world.clients.iter().any(|client| !client.connected) {
            world.run(Duration::from_millis(100));
        }
        assert_eq!(world.node.report().stats.panics, 0);
        let clients = world.clients.iter();
        clients.filter_map(|client| client.connected_at).collect::<Vec<_>>()
    };
    let mut took: Vec<Duration> = std::thread::scope(|scope| {
        let running = [&EAGER, &PATIENT].map(|browser| scope.spawn(move || run(browser)));
        running.into_iter().flat_map(|one| one.join().expect("done")).collect()
    });
    took.sort_unstable();
    let p95 = took.get(2 * EACH * 95 / 100 - 1);
    println!(
        "{kind:?}, {lost} lost: {} of {}, p50 {:?}, p95 {p95:?}",
        took.len(),
        2 * EACH,
        took[took.len() / 2]
    );
    took
}

#[test]
fn where_every_fifth_datagram_is_lost_95_of_100_have_shaken_hands_within_5_s() {
    for kind in KINDS {
        let took = shake_hands(kind, 0.2, Duration::from_secs(5));
        assert!(took.len() >= 2 * EACH * 95 / 100, "{kind:?}: {}", took.len());
    }
}

#[test]
fn where_every_second_datagram_is_lost_four_of_five_have_shaken_hands_within_30_s() {
    for kind in KINDS {
        let took = shake_hands(kind, 0.5, Duration::from_secs(30));
        assert!(took.len() >= 2 * EACH * 80 / 100, "{kind:?}: {}", took.len());
    }
}

#[test]
fn a_handshake_that_nobody_answers_costs_forty_kilobytes_at_most_and_whoever_tries_again_is_let_in() {
    for kind in KINDS {
        let mut world = World::new();
        let deaf = join(&mut world, kind, 1);
        world.clients[deaf].is_deaf = true;
        world.run(Duration::from_millis(300));
        assert!(
            world.clients[deaf].dtls.datagrams >= 2,
            "it is said again within 200 ms"
        );
        world.run(Duration::from_secs(35));
        let said = world.clients[deaf].dtls;
        println!("{kind:?}: {said:?}");
        assert!(said.bytes <= 40 * 1_024, "{said:?}");
        let gave_up = |event: &NodeEvent| {
            matches!(
                event,
                NodeEvent::Closed {
                    reason: CloseReason::NeverConnected,
                    ..
                }
            )
        };
        assert!(world.events.iter().any(gave_up), "{:?}", world.events);
        assert!(world.node.report().spaces.is_empty(), "nothing of it is left");
        let again = join(&mut world, kind, 1);
        world.run(Duration::from_secs(1));
        assert!(world.clients[again].connected);
    }
}
