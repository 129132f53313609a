//! Bytes that were changed, repeated or made up: nothing panics, nothing ends, nobody is answered who did not prove anything.

mod common;

use std::time::Duration;

use common::{RECEIVING_AUDIO, SENDING_AUDIO, VIDEO, World, offer_text};
use voxhall_media::sdp::{Fragment, Offer, Purpose};

/// The same sequence in every run (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut mutant = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let length = mutant.len();
            if length == 0 {
                break;
            }
            let at = self.below(length);
            match self.below(5) {
                0 => mutant[at] ^= 1 << self.below(8),
                1 => mutant[at] = self.below(256) as u8,
                2 => mutant.truncate(at),
                3 => mutant.insert(at, self.below(256) as u8),
                _ => {
                    let end = (at + self.below(16)).min(length);
                    let copied = mutant[at..end].to_vec();
                    mutant.splice(at..at, copied);
                }
            }
        }
        mutant
    }
}

fn talk_recorded() -> (World, Vec<(std::net::SocketAddr, Vec<u8>)>) {
    let mut world = World::new();
    world.wire = Some(Vec::new());
    world.speaker("pa_ana", 1001, 300.0, 4);
    world.speaker("pa_ben", 1002, 500.0, 4);
    world.listener("pa_cleo");
    world.connect_all();
    let wire = world.wire.take().expect("recorded");
    (world, wire)
}

#[test]
fn changed_datagrams_from_strangers_are_answered_with_no_more_than_they_brought() {
    let (mut world, wire) = talk_recorded();
    let stranger = "203.0.113.66:5000".parse().expect("address");
    let mut chance = Chance(1);
    for _ in 0..20_000 {
        let (_, original) = &wire[chance.below(wire.len())];
        let mutant = chance.mutate(original);
        if mutant == *original {
            continue;
        }
        let answered = world.hand_in(stranger, &mutant).bytes;
        assert!(answered <= mutant.len(), "{answered} bytes for {}", mutant.len());
    }
    assert_eq!(world.node.report().stats.panics, 0);
}

#[test]
fn repeated_and_changed_media_from_a_peers_own_address_ends_no_session_and_adds_no_sound() {
    let (mut world, wire) = talk_recorded();
    let mut chance = Chance(2);
    let is_media =
        |(_, bytes): &&(std::net::SocketAddr, Vec<u8>)| bytes.first().is_some_and(|b| (128..192).contains(b));
    let media: Vec<_> = wire.iter().filter(is_media).cloned().collect();
    let before = world.node.report().stats.packets_in;
    for round in 0..20_000 {
        let (source, original) = &media[chance.below(media.len())];
        let bytes = if round % 2 == 0 {
            original.clone()
        } else {
            chance.mutate(original)
        };
        world.hand_in(*source, &bytes);
    }
    let stats = world.node.report().stats;
    assert_eq!((stats.packets_in, stats.panics), (before, 0));
    world.events.clear();
    world.clients[2].heard.clear();
    world.run(Duration::from_secs(1));
    assert!(world.events.is_empty(), "{:?}", world.events);
    assert!(world.clients[2].heard.iter().filter(|h| h.csrcs.len() == 2).count() > 40);
}

#[test]
fn changed_handshakes_cost_nobody_else_a_session() {
    let (mut world, wire) = talk_recorded();
    let mut chance = Chance(3);
    for _ in 0..5_000 {
        let (source, original) = &wire[chance.below(wire.len())];
        let mutant = chance.mutate(original);
        if *source == world.clients[0].address {
            world.hand_in(*source, &mutant);
        }
    }
    assert_eq!(world.node.report().stats.panics, 0);
    world.run(Duration::from_secs(1));
    world.clients[2].heard.clear();
    world.run(Duration::from_secs(1));
    assert!(
        world.clients[2]
            .heard
            .iter()
            .filter(|h| h.csrcs.contains(&1002))
            .count()
            > 40
    );
}

#[test]
fn a_certificate_that_the_offer_did_not_name_hears_nothing() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let impostor = world.listener_offering("pa_eve", |sdp| {
        let change = |line: &str| match line.starts_with("a=fingerprint:") {
            true => format!("a=fingerprint:sha-256 {}", vec!["AB"; 32].join(":")),
            false => line.to_owned(),
        };
        sdp.lines().map(change).collect::<Vec<_>>().join("\r\n") + "\r\n"
    });
    world.run(Duration::from_secs(5));
    assert!(world.clients[impostor].heard.is_empty());
    let report = world.node.report();
    assert_eq!(report.spaces[0].peers.len(), 1, "its session is over");
    assert_eq!(report.stats.packets_mixed, 0);
}

#[test]
fn changed_offers_and_fragments_are_answered_or_refused_and_never_panic() {
    let mut world = World::new();
    let offers = [
        offer_text(&[RECEIVING_AUDIO]),
        offer_text(&[SENDING_AUDIO, RECEIVING_AUDIO, RECEIVING_AUDIO]),
        offer_text(&[VIDEO, RECEIVING_AUDIO]),
    ];
    let mut chance = Chance(4);
    for round in 0..3_000 {
        let offer = &offers[chance.below(3)];
        let mutant = chance.mutate(offer.as_bytes());
        let text = String::from_utf8_lossy(&mutant).into_owned();
        let _ = Fragment::read(&text);
        let _ = Offer::read(&text, Purpose::Publish);
        let request = world.session("pa_x", "peer-x", text);
        let _ = match round % 2 {
            0 => world.node.open_listener(world.now, request),
            _ => world.node.open_publisher(world.now, request, 7, true),
        };
    }
    world.node.close(world.now, "peer-x");
    assert_eq!(world.node.report().stats.panics, 0);
    assert!(world.node.report().spaces.is_empty());
}

#[test]
fn a_speaker_who_changes_its_source_with_every_packet_is_silenced_and_nobody_else_misses_anything() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let eve = world.speaker("pa_eve", 1002, 500.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.clients[listener].heard.clear();
    let before = world.node.report().stats.dropped_over_budget;
    for source in 0..100 {
        world.clients[eve].change_source(7_000 + source);
        world.run(Duration::from_millis(20));
    }
    let stats = world.node.report().stats;
    assert_eq!(stats.panics, 0);
    // One source is the one it began with.
    assert!((65..=70).contains(&(stats.dropped_over_budget - before)), "{stats:?}");
    let heard = &world.clients[listener].heard;
    assert!(heard.len() > 95 && heard.windows(2).all(|w| w[1].sequence == w[0].sequence + 1));
    assert!(
        heard.iter().rev().take(20).all(|h| h.csrcs == [1001]),
        "she is heard no more"
    );
}
