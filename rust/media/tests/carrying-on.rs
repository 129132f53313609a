//! A node that dies, and another that goes on with those who listened to it.

mod common;

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use common::{Heard, World};
use voxhall_media::routers::{NodeEvent, Patched};

const LIVES: u64 = 4;
const AWAY: Duration = Duration::from_millis(300);

/// A speaker and a listener who have heard each other for a while.
fn talk() -> (World, usize) {
    let mut world = World::with_memory();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    (world, listener)
}

/// Somebody speaks on the new node.
fn speak_again(world: &mut World) {
    world.speaker("pa_ben", 1002, 500.0, 0);
    world.run(Duration::from_secs(1));
}

fn confirm(world: &mut World, listener: usize) {
    let peer = world.clients[listener].id.clone();
    world.node.confirm(&[peer]);
}

fn is_audible(heard: &[Heard]) -> bool {
    heard.iter().any(|heard| heard.csrcs == [1002])
}

#[test]
fn a_listener_hears_on_and_rtp_time_goes_on_by_what_has_passed() {
    let (mut world, listener) = talk();
    let before = world.clients[listener].heard.last().expect("it heard").clone();
    // No whole number of frames.
    world.lose_the_node(AWAY + Duration::from_millis(13));
    world.run(Duration::from_millis(100));
    let heard = &world.clients[listener].heard;
    let first = heard.iter().find(|heard| heard.at > before.at).expect("it hears again");
    assert!(
        first.at - before.at < AWAY + Duration::from_millis(60),
        "{:?}",
        first.at - before.at
    );
    let passed = Duration::from_micros((first.timestamp - before.timestamp) * 1_000_000 / 48_000);
    assert!(
        passed.abs_diff(first.at - before.at) <= Duration::from_millis(5),
        "{passed:?}"
    );
    confirm(&mut world, listener);
    speak_again(&mut world);
    assert!(is_audible(&world.clients[listener].heard));
    assert_eq!(world.node.counters().listeners_carried_on, 1);
    world.run(Duration::from_secs(60));
    assert!(
        !world
            .events
            .iter()
            .any(|event| matches!(event, NodeEvent::Away(_) | NodeEvent::Closed { .. }))
    );
}

#[test]
fn no_number_of_a_packet_is_used_twice_however_often_the_node_dies() {
    let (mut world, listener) = talk();
    for life in 0..LIVES {
        world.lose_the_node(AWAY);
        confirm(&mut world, listener);
        // Long enough to be sound, and at whatever point of those that were used up at once.
        world.run(Duration::from_millis(10_100 + 170 * life));
    }
    let heard = &world.clients[listener].heard;
    assert!(
        heard.windows(2).all(|w| w[0].sequence < w[1].sequence),
        "each is higher than the one before"
    );
    let highest = heard.last().expect("it heard").sequence - heard[0].sequence;
    assert!(
        highest < LIVES * 64 + heard.len() as u64,
        "{highest}: a receiver follows such holes"
    );
    world.run(Duration::from_secs(12));
    let report = world.node.report();
    let losses: Vec<f32> = report.spaces[0]
        .peers
        .iter()
        .filter_map(|peer| peer.reported_loss)
        .collect();
    assert_eq!(losses, [0.0], "what was never sent is not lost");
}

#[test]
fn who_moved_or_restarted_ice_or_was_away_is_where_it_was() {
    let (mut world, listener) = talk();
    let away = world.listener("pa_dora");
    world.run(Duration::from_secs(2));
    world.clients[away].cut = true;
    let fragment = world.clients[listener].restart_ice();
    let peer = world.clients[listener].id.clone();
    let patched: Patched = world.node.patch(world.now, &peer, "*", &fragment).expect("patched");
    world.clients[listener].restarted(&patched.fragment.expect("a restart"));
    world.run(Duration::from_secs(20));
    world.lose_the_node(AWAY);
    for one in [listener, away] {
        confirm(&mut world, one);
    }
    let sent = world.clients[away].received_datagrams;
    world.clients[away].cut = false;
    world.clients[listener].heard.clear();
    speak_again(&mut world);
    assert!(is_audible(&world.clients[listener].heard));
    let back = |event: &NodeEvent| matches!(event, NodeEvent::Back(peer) if peer.participant == "pa_dora");
    world.run(Duration::from_secs(6));
    assert!(world.events.iter().any(back) || world.clients[away].received_datagrams == sent);
}

#[test]
fn who_was_shut_out_hears_no_more_and_without_a_word_of_the_control_plane_nobody_does_for_long() {
    let (mut world, listener) = talk();
    let other = world.listener("pa_dora");
    // Until it has reported, so that its handshake is over for good.
    world.run(Duration::from_secs(12));
    world.lose_the_node(AWAY);
    let peer = world.clients[other].id.clone();
    world.node.close(world.now, &peer);
    world.speaker("pa_ben", 1002, 500.0, 0);
    world.run(Duration::from_secs(1));
    assert!(!is_audible(&world.clients[other].heard));
    assert!(
        world.clients[other].closed,
        "it is told, by the good-bye that was sealed before"
    );
    world.run(Duration::from_secs(5));
    world.clients[listener].heard.clear();
    world.run(Duration::from_secs(12));
    assert!(
        world.clients[listener].heard.is_empty(),
        "nobody has said that it may listen"
    );
    confirm(&mut world, listener);
    world.run(Duration::from_secs(1));
    assert!(is_audible(&world.clients[listener].heard));
}

#[test]
fn a_torn_row_costs_its_listener_the_session_and_nobody_else_anything() {
    let (mut world, listener) = talk();
    let other = world.listener("pa_dora");
    world.run(Duration::from_secs(2));
    // The first row behind the header is the first listener's; its first word says that the rest is whole.
    world.memory().words[64].fetch_xor(2, SeqCst);
    world.lose_the_node(AWAY);
    confirm(&mut world, other);
    world.clients[listener].heard.clear();
    speak_again(&mut world);
    assert!(is_audible(&world.clients[other].heard));
    assert!(world.clients[listener].heard.is_empty());
    let newcomer = world.listener("pa_eve");
    world.run(Duration::from_secs(2));
    assert!(is_audible(&world.clients[newcomer].heard), "the place is free");
}

#[test]
fn a_node_that_ends_in_peace_leaves_nothing_behind_and_who_leaves_leaves_no_key() {
    let (mut world, listener) = talk();
    let row = || world.memory().words[64..128].iter().any(|word| word.load(SeqCst) != 0);
    assert!(row());
    let (peer, now) = (world.clients[listener].id.clone(), world.now);
    world.node.close(now, &peer);
    assert!(world.memory().words[64..].iter().all(|word| word.load(SeqCst) == 0));
    world.listener("pa_dora");
    world.run(Duration::from_secs(2));
    let now = world.now;
    world.node.shut_down(now);
    assert!(world.memory().words.iter().all(|word| word.load(SeqCst) == 0));
}
