//! Offers at the door: what is refused, with which code, and what is answered all the same.

mod common;

use common::{RECEIVING_AUDIO, SENDING_AUDIO, VIDEO, World, offer_text, open};
use voxhall_media::error::MediaError;

fn code(result: Result<String, MediaError>) -> &'static str {
    result.map_or_else(|e| e.code(), |_| "answered")
}

#[test]
fn offers_that_cannot_be_read_are_refused_with_a_reason() {
    let mut world = World::new();
    let whole = offer_text(&[RECEIVING_AUDIO]);
    for bad in [
        String::new(),
        "nonsense".to_owned(),
        "v=0".to_owned(),
        whole[..60].to_owned(),
        whole.replace("a=ice-ufrag:abcd\r\n", ""),
        whole.replace("a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=ice-pwd:short"),
        whole.replace("a=fingerprint:", "a=fingerprint-not:"),
        whole.replace("s=-", "not a field"),
        format!("{whole}{}", "a=x\r\n".repeat(20_000)),
        offer_text(&[RECEIVING_AUDIO; 40]),
    ] {
        assert_eq!(code(open(&mut world, &bad)), "bad_sdp", "{}", &bad[..bad.len().min(80)]);
    }
    assert!(
        world.node.report().spaces.is_empty(),
        "a refused offer leaves nothing behind"
    );
}

#[test]
fn every_truncation_of_an_offer_is_answered_or_refused_and_never_worse() {
    let mut world = World::new();
    let whole = offer_text(&[VIDEO, RECEIVING_AUDIO]);
    for length in 0..whole.len() {
        let _ = code(open(&mut world, &whole[..length]));
    }
    assert_eq!(world.node.report().stats.panics, 0);
}

#[test]
fn an_offer_without_audio_in_the_needed_direction_is_no_audio() {
    let mut world = World::new();
    assert_eq!(code(open(&mut world, &offer_text(&[VIDEO]))), "no_audio");
    assert_eq!(code(open(&mut world, &offer_text(&[SENDING_AUDIO]))), "no_audio");
    let pcmu = RECEIVING_AUDIO.replace("opus/48000/2", "PCMU/8000");
    assert_eq!(code(open(&mut world, &offer_text(&[&pcmu]))), "no_audio");
}

#[test]
fn a_video_line_is_rejected_wherever_it_stands_and_candidates_go_on_the_audio_line() {
    for media in [[VIDEO, RECEIVING_AUDIO], [RECEIVING_AUDIO, VIDEO]] {
        let mut world = World::new();
        let answer = open(&mut world, &offer_text(&media)).expect("answered");
        let sections: Vec<&str> = answer.split("m=").skip(1).collect();
        assert_eq!(sections.len(), 2);
        for section in &sections {
            let is_audio = section.starts_with("audio 9 ") || section.starts_with("audio 8401 ");
            assert_eq!(section.contains("a=candidate:"), is_audio);
            assert!(is_audio || section.starts_with("video 0 "));
        }
        let audio_mid = if media[0] == VIDEO { "1" } else { "0" };
        assert!(answer.contains(&format!("a=group:BUNDLE {audio_mid}\r\n")));
    }
}

#[test]
fn a_candidate_says_its_protocol_once_for_clients_that_look_for_the_word() {
    let mut world = World::new();
    let answer = open(&mut world, &offer_text(&[RECEIVING_AUDIO])).expect("answered");
    let candidates: Vec<&str> = answer.lines().filter(|line| line.starts_with("a=candidate:")).collect();
    assert!(!candidates.is_empty());
    for line in &candidates {
        let words = line.matches("udp").count() + line.matches(" tcp ").count();
        assert_eq!(words, 1, "{line}");
    }
    let foundations: std::collections::HashSet<_> = candidates.iter().map(|line| line.split(' ').next()).collect();
    assert_eq!(foundations.len(), candidates.len());
}

#[test]
fn the_answer_is_lite_asks_for_fec_and_takes_the_other_side_of_setup() {
    let mut world = World::new();
    let answer = open(&mut world, &offer_text(&[RECEIVING_AUDIO])).expect("answered");
    for line in [
        "a=ice-lite",
        "a=setup:passive",
        "a=sendonly",
        "a=rtcp-mux",
        "a=fmtp:111 minptime=10;useinbandfec=1",
    ] {
        assert!(answer.contains(line), "{line} is missing in\n{answer}");
    }
    let passive = offer_text(&[RECEIVING_AUDIO]).replace("a=setup:actpass", "a=setup:passive");
    let answer = open(&mut world, &passive).expect("answered");
    assert!(answer.contains("a=setup:active"), "{answer}");
}

#[test]
fn names_and_addresses_in_an_offer_are_neither_resolved_nor_believed() {
    let mut world = World::new();
    let named =
        format!("{RECEIVING_AUDIO}a=candidate:1 1 udp 1 6ba7b810-9dad-11d1-80b4-00c04fd430c8.local 9 typ host\r\n");
    assert_eq!(code(open(&mut world, &offer_text(&[&named]))), "answered");
}

#[test]
fn a_microphone_that_offers_red_is_answered_with_it_first_and_a_slot_with_opus_first() {
    let with_red = |line: &str| {
        let formats = line.replace("SAVPF 111", "SAVPF 111 63");
        format!("{formats}a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n")
    };
    let mut world = World::new();
    let offer = offer_text(&[&with_red(SENDING_AUDIO), &with_red(RECEIVING_AUDIO)]);
    let request = world.session("pa_x", "peer-x", offer);
    let answer = world
        .node
        .open_publisher(world.now, request, 1001, true)
        .expect("answered")
        .sdp;
    let lines: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=")).collect();
    let formats: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split_once("SAVPF "))
        .map(|(_, f)| f)
        .collect();
    assert_eq!(formats, ["63 111", "111 63"], "{answer}");
    assert!(answer.contains("a=fmtp:63 111/111"), "{answer}");
}
