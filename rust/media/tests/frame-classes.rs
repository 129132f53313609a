//! Listeners are sent larger packets without being asked, and those who lose packets are sent protected ones.

mod common;

use std::time::Duration;

use common::{Heard, World};
use voxhall_media::FrameClass;

/// RED's payload type and Opus', as Chromium names them.
const RED: &str = "63";

fn samples(heard: &Heard) -> u64 {
    opus::packet::get_nb_samples(&heard.payload, 48_000).expect("Opus") as u64
}

#[test]
fn sound_goes_on_without_a_gap_while_packets_grow_and_shrink_and_the_decoder_hears_the_same() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listeners = ["pa_cleo", "pa_dan", "pa_eve"].map(|name| world.listener(name));
    world.connect_all();
    for class in [FrameClass::Ms40, FrameClass::Ms60, FrameClass::Ms120, FrameClass::Ms20] {
        world.node.set_frame_class(Some(class));
        world.run(Duration::from_secs(2));
        for listener in listeners {
            let heard = &world.clients[listener].heard;
            let last: Vec<u64> = heard[heard.len() - 5..].iter().map(samples).collect();
            assert_eq!(last, [u64::from(class.ms()) * 48; 5], "{class:?}");
        }
    }
    for listener in listeners {
        let heard = &world.clients[listener].heard;
        for pair in heard.windows(2) {
            assert_eq!(pair[1].sequence, pair[0].sequence + 1);
            assert_eq!(pair[1].timestamp, pair[0].timestamp + samples(&pair[0]));
        }
        let mut decoder = opus::Decoder::new(48_000, opus::Channels::Mono).expect("a decoder");
        let mut sound = vec![0.0; 5_760];
        let mut energies = heard.iter().skip(100).map(|packet| {
            let count = decoder
                .decode_float(&packet.payload, &mut sound, false)
                .expect("decoded");
            sound[..count].iter().map(|s| s * s).sum::<f32>() / count as f32
        });
        assert!(energies.all(|energy| energy > 1e-4), "the tone never stops");
    }
}

#[test]
fn a_full_node_sends_larger_packets_to_large_spaces_and_refuses_listeners_only_when_they_cannot_grow() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    for number in 0..60 {
        let request = world.session(
            "pa_many",
            &format!("many-{number}"),
            common::offer_text(&[common::RECEIVING_AUDIO]),
        );
        world.node.open_listener(world.now, request).expect("opened");
    }
    for class in [40, 60, 120] {
        for _ in 0..3 {
            world.node.note_load(0.95);
        }
        world.run(Duration::from_secs(1));
        let last = world.clients[listener].heard.last().expect("packets");
        assert_eq!(samples(last), class * 48);
    }
    for _ in 0..3 {
        world.node.note_load(0.95);
    }
    let late = world.session("pa_late", "late", common::offer_text(&[common::RECEIVING_AUDIO]));
    let refused = world.node.open_listener(world.now, late.clone());
    assert_eq!(refused.expect_err("full").code(), "at_capacity");
    world.node.note_load(0.5);
    world.node.open_listener(world.now, late).expect("there is room again");
}

#[test]
fn where_the_host_wants_little_delay_packets_stay_small_while_those_of_others_grow() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.node.want_low_delay("sp_1", true);
    let others = (0..60).map(|number| (number, "pa_many"));
    for (number, participant) in others {
        let id = format!("many-{number}");
        let request = world.session(participant, &id, common::offer_text(&[common::RECEIVING_AUDIO]));
        world.node.open_listener(world.now, request).expect("opened");
    }
    world.space = "sp_2";
    world.speaker("pa_ben", 1002, 500.0, 0);
    let other = world.listener("pa_dan");
    world.connect_all();
    let fill = |world: &mut World| {
        (0..3).for_each(|_| world.node.note_load(0.95));
        world.run(Duration::from_secs(1));
        [listener, other].map(|who| samples(world.clients[who].heard.last().expect("packets")) / 48)
    };
    // The other space is small, and so one class behind.
    for (low, others) in [(20, 20), (20, 40), (40, 60), (60, 60), (120, 60)] {
        assert_eq!(fill(&mut world), [low, others]);
    }
}

/// As Chromium offers it.
fn with_red(sdp: String) -> String {
    let opus = sdp
        .lines()
        .find_map(|l| l.strip_prefix("a=rtpmap:")?.strip_suffix(" opus/48000/2"));
    let opus = opus.expect("Opus").to_owned();
    let line = format!("a=rtpmap:{opus} opus/48000/2\r\n");
    let red = format!("{line}a=rtpmap:{RED} red/48000/2\r\na=fmtp:{RED} {opus}/{opus}\r\n");
    let media = sdp
        .lines()
        .find(|l| l.starts_with("m=audio"))
        .expect("a line")
        .to_owned();
    sdp.replace(&line, &red).replace(&media, &format!("{media} {RED}"))
}

#[test]
fn red_is_agreed_on_where_it_is_offered_around_the_same_opus_and_nowhere_else() {
    let mut world = World::new();
    let offer = common::offer_text(&[common::RECEIVING_AUDIO]);
    let answer = |world: &mut World, sdp: String| common::open(world, &sdp).expect("opened");
    assert!(!answer(&mut world, offer.clone()).contains("red"));
    let red = answer(&mut world, with_red(offer.clone()));
    assert!(
        red.contains("\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"),
        "{red}"
    );
    assert!(red.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"), "{red}");
    for (from, to) in [
        ("111/111", "111/0"),
        ("111/111", ""),
        ("red/48000", "red/8000"),
        (":63 ", ":200 "),
    ] {
        let other = with_red(offer.clone()).replace(from, to);
        assert!(!answer(&mut world, other).contains("red/"), "{to}");
    }
}
