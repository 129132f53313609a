//! The thin path of listeners, held against str0m with the same peers, and against those who would abuse it.

mod common;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use common::{Answered, RECEIVING_AUDIO, World, offer_text};
use voxhall_media::routers::ListenerPath;

type Packets = BTreeMap<u64, (Vec<u32>, Vec<u8>)>;

/// What a listener hears while two speak, one falls silent, and one is muted: by RTP time, who is heard and the payload.
fn hear_by(path: ListenerPath) -> (Vec<u64>, Packets) {
    let mut world = World::carrying_listeners_by(path);
    world.speaker("pa_ana", 1001, 300.0, 4);
    let ben = world.speaker("pa_ben", 1002, 500.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    world.clients[ben].silence();
    world.run(Duration::from_secs(2));
    world.node.allow("sp_1", "pa_ana", false);
    world.run(Duration::from_secs(2));
    world.node.allow("sp_1", "pa_ana", true);
    world.run(Duration::from_secs(2));
    let heard = &world.clients[listener].heard;
    let sequences = heard.iter().map(|h| h.sequence - heard[0].sequence).collect();
    let packets = heard
        .iter()
        .map(|h| (h.timestamp, (h.csrcs.clone(), h.payload.clone())));
    (sequences, packets.collect())
}

#[test]
fn both_paths_send_the_same_packets_to_the_same_listener() {
    let (thin_sequences, thin) = hear_by(ListenerPath::Thin);
    let (full_sequences, full) = hear_by(ListenerPath::Full);
    // They may be ready a frame apart.
    let first = |packets: &Packets| *packets.keys().next().expect("packets");
    let begins = first(&thin).max(first(&full));
    assert!(
        first(&thin).abs_diff(first(&full)) <= 5 * 960,
        "the handshakes take about the same time"
    );
    let from = |packets: &Packets| {
        packets
            .range(begins..)
            .map(|(k, v)| (*k, v.clone()))
            .collect::<Packets>()
    };
    let (thin, full) = (from(&thin), from(&full));
    assert!(thin.len() > 250, "{}", thin.len());
    assert!(thin == full, "{} and {} packets", thin.len(), full.len());
    let is_whole = |sequences: &[u64]| sequences.windows(2).all(|w| w[1] == w[0] + 1);
    assert!(is_whole(&thin_sequences) && is_whole(&full_sequences));
}

/// A speaker and a connected listener, and everything that reached the node until then.
fn talk_recorded() -> (World, usize, Vec<(SocketAddr, Vec<u8>)>) {
    let mut world = World::new();
    world.wire = Some(Vec::new());
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    // Until it has reported, so that its handshake is over for good.
    world.run(Duration::from_secs(12));
    let address = world.clients[listener].address;
    let wire = world.wire.take().expect("recorded");
    let wire = wire.into_iter().filter(|(from, _)| *from == address).collect();
    world.clients[listener].heard.clear();
    (world, listener, wire)
}

#[test]
fn a_check_that_was_overheard_moves_no_sound_when_a_stranger_repeats_it() {
    let (mut world, listener, wire) = talk_recorded();
    let stranger = "203.0.113.66:5000".parse().expect("address");
    let checks: Vec<_> = wire.iter().filter(|(_, bytes)| bytes[0] < 4).collect();
    for (_, check) in checks.iter().rev().take(4) {
        assert_eq!(
            world.hand_in(stranger, check),
            Answered::default(),
            "nothing is answered"
        );
    }
    world.run(Duration::from_secs(1));
    assert!(world.clients[listener].heard.len() > 45);
}

#[test]
fn reports_that_are_forged_changed_or_repeated_change_nothing() {
    let (mut world, listener, wire) = talk_recorded();
    let address = world.clients[listener].address;
    let reports: Vec<_> = wire
        .iter()
        .filter(|(_, bytes)| (128..192).contains(&bytes[0]) && (192..224).contains(&bytes[1]))
        .collect();
    assert!(!reports.is_empty(), "it has reported");
    let loss = |world: &World| {
        let report = world.node.report();
        report.spaces[0].peers.iter().filter_map(|p| p.reported_loss).next()
    };
    let before = loss(&world);
    assert_eq!(before, Some(0.0));
    for round in 0..20_000_usize {
        let (_, report) = reports[round % reports.len()];
        let mut changed = report.clone();
        if round % 3 > 0 {
            let at = round % changed.len();
            changed[at] ^= 1 << (round % 8);
        }
        assert_eq!(world.hand_in(address, &changed), Answered::default());
    }
    assert_eq!(loss(&world), before);
    assert_eq!(world.node.report().stats.panics, 0);
    world.run(Duration::from_secs(1));
    assert!(world.clients[listener].heard.len() > 45);
}

#[test]
fn good_byes_that_anyone_could_have_sent_end_no_session_that_goes_on_checking() {
    let (mut world, listener, _) = talk_recorded();
    let address = world.clients[listener].address;
    world.events.clear();
    for _ in 0..20 {
        for sequence in 0..100 {
            let alert = [
                21, 254, 253, 0, 1, 0, 0, 0, 0, 0, sequence, 0, 26, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
            ];
            world.hand_in(address, &alert);
        }
        world.run(Duration::from_secs(1));
    }
    assert!(world.events.is_empty(), "{:?}", world.events);
    assert!(world.clients[listener].heard.len() > 950);
}

#[test]
fn a_listener_that_closes_without_a_word_to_the_door_is_away_within_its_next_checks() {
    let (mut world, listener, _) = talk_recorded();
    world.clients[listener].rtc.close().expect("closed");
    world.run(Duration::from_secs(9));
    let peers = &world.node.report().spaces[0].peers;
    let state = serde_json::to_value(peers[1].state).expect("json");
    assert_eq!(state, "away");
}

#[test]
fn those_who_ask_and_never_come_are_forgotten_and_cost_the_others_nothing() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    for number in 0..98 {
        let request = world.session(
            &format!("pa_{number}"),
            &format!("half-{number}"),
            offer_text(&[RECEIVING_AUDIO]),
        );
        world.node.open_listener(world.now, request).expect("opened");
    }
    let full = world.session("pa_late", "late", offer_text(&[RECEIVING_AUDIO]));
    let refused = world.node.open_listener(world.now, full.clone());
    assert_eq!(refused.expect_err("full").code(), "at_capacity");
    world.clients[listener].heard.clear();
    world.run(Duration::from_secs(18));
    assert!(world.clients[listener].heard.len() > 880);
    assert_eq!(world.node.report().spaces[0].peers.len(), 2);
    world.node.open_listener(world.now, full).expect("there is room again");
}

#[test]
fn while_the_numbers_wrap_and_every_third_packet_is_lost_all_others_are_heard() {
    let (mut world, listener, _) = talk_recorded();
    let id = world.clients[listener].id.clone();
    // In steps: a jump of more than 2^15 is one back to its receiver (RFC 3711 §3.3.1).
    for number in [30_000, 60_000, 65_500] {
        world.node.number_packets_from(&id, number);
        world.run(Duration::from_millis(100));
    }
    world.clients[listener].heard.clear();
    world.clients[listener].loses_every = Some(3);
    world.run(Duration::from_secs(6));
    let heard = &world.clients[listener].heard;
    assert!(
        heard.first().expect("packets").sequence < 0x1_0000 && heard.last().expect("packets").sequence > 0x1_0000 + 200
    );
    // Two in a row came, at most one was lost before them: none that came was refused.
    assert!(
        heard
            .windows(2)
            .all(|w| (1..=2).contains(&(w[1].sequence - w[0].sequence)))
    );
    assert!(heard.len() >= 195, "{}", heard.len());
}

#[test]
fn after_a_minute_without_any_network_the_first_check_brings_the_sound_back() {
    let (mut world, listener, _) = talk_recorded();
    world.clients[listener].cut = true;
    world.run(Duration::from_secs(60));
    world.clients[listener].cut = false;
    world.clients[listener].heard.clear();
    // When the client checks is its own affair; browsers do within 2.5 to 6 s, and a page that hears nothing opens a new session.
    let (address, ufrag, password) = world.clients[listener].credentials();
    world.hand_in(address, &common::binding_request(&format!("{ufrag}:theirs"), &password));
    world.run(Duration::from_millis(200));
    assert!(world.clients[listener].heard.len() > 5);
}

#[test]
fn good_bye_is_said_and_heard_long_after_the_handshake_was_let_go() {
    let (mut world, listener, _) = talk_recorded();
    let id = world.clients[listener].id.clone();
    world.node.close(world.now, &id);
    world.run(Duration::from_millis(100));
    assert!(world.clients[listener].closed, "it was told");
}

#[test]
fn whoever_reports_nothing_still_hears_after_a_minute_and_is_told_good_bye() {
    let mut world = World::new();
    let listener = world.listener("pa_cleo");
    world.connect_all();
    // Nobody speaks: there is nothing to report on, and the handshake goes by its time.
    world.run(Duration::from_secs(70));
    world.speaker("pa_ana", 1001, 300.0, 0);
    world.run(Duration::from_secs(3));
    assert!(world.clients[listener].heard.len() > 50);
    let id = world.clients[listener].id.clone();
    world.node.close(world.now, &id);
    world.run(Duration::from_millis(100));
    assert!(world.clients[listener].closed, "it was told");
}
