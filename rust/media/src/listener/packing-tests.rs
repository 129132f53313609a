use std::collections::BTreeMap;

use opus::{Application, Channels, Encoder};

use super::*;

const CLASSES: [FrameClass; 4] = [FrameClass::Ms20, FrameClass::Ms40, FrameClass::Ms60, FrameClass::Ms120];

/// What a mix sends, a tone.
fn frames(count: u32) -> Vec<Frame> {
    let mut encoder = Encoder::new(48_000, Channels::Mono, Application::Audio).expect("an encoder");
    let mut tone = |number: u32| {
        let sample = |i: u32| ((number * 960 + i) as f32 * 0.03).sin() * 0.3;
        let samples: Vec<f32> = (0..960).map(sample).collect();
        encoder.encode_vec_float(&samples, 1_275).expect("a frame")
    };
    let frame = |number: u32| Frame {
        timestamp: (number * FRAME_TIME).wrapping_sub(20 * FRAME_TIME),
        starts_talkspurt: number == 0,
        csrcs: vec![number / 10],
        payload: tone(number).into(),
    };
    (0..count).map(frame).collect()
}

/// Frames by their times, each as a packet of its own.
type Frames = Vec<(u32, Vec<u8>)>;

/// The frames in a packet.
fn taken_apart(mixed: &Mixed) -> Frames {
    let frame = mixed.frame();
    let count = opus::packet::get_nb_frames(&frame.payload).expect("Opus");
    let mut repacketizer = Repacketizer::new().expect("memory");
    let mut state = repacketizer.begin();
    state.cat(&frame.payload).expect("Opus");
    let mut each = |number: usize| {
        let mut buffer = [0; 1_275];
        let length = state.out_range(number, number + 1, &mut buffer).expect("a frame");
        let timestamp = frame.timestamp.wrapping_add(number as u32 * FRAME_TIME);
        (timestamp, buffer[..length].to_vec())
    };
    (0..count).map(&mut each).collect()
}

fn expected(frames: &[Option<Frame>]) -> Frames {
    let frames = frames.iter().flatten();
    frames.map(|frame| (frame.timestamp, frame.payload.to_vec())).collect()
}

/// What each group is sent, and in which tick; `class` says which class a tick has.
fn send(frames: &[Option<Frame>], class: impl Fn(usize) -> FrameClass) -> Vec<Vec<(usize, Frames)>> {
    let (mut packing, mut tool) = (Packing::default(), None);
    let mut sent = vec![Vec::new(); GROUPS];
    for (tick, frame) in frames.iter().enumerate() {
        packing.add(frame.clone(), class(tick), tick as u64, &mut tool);
        for (group, sent) in sent.iter_mut().enumerate() {
            sent.extend(packing.packet(group).map(|mixed| (tick, taken_apart(mixed))));
        }
    }
    sent
}

#[test]
fn every_class_has_its_length_and_a_tick_has_its_share_of_the_packets() {
    let frames: Vec<Option<Frame>> = frames(120).into_iter().map(Some).collect();
    for class in CLASSES {
        let mut per_tick: BTreeMap<usize, usize> = BTreeMap::new();
        for packets in send(&frames, |_| class) {
            // The first may be short, for its group's packets end at ticks of their own.
            let lengths: Vec<usize> = packets.iter().skip(1).map(|(_, frames)| frames.len()).collect();
            assert!(
                lengths.iter().all(|length| *length == class.frames()),
                "{class:?}: {lengths:?}"
            );
            packets
                .iter()
                .for_each(|(tick, _)| *per_tick.entry(*tick).or_default() += 1);
        }
        assert!(
            per_tick.values().all(|packets| *packets == GROUPS / class.frames()),
            "{class:?}: {per_tick:?}"
        );
    }
}

#[test]
fn whatever_the_class_becomes_each_frame_is_sent_once_in_its_order_and_none_twice() {
    let mut frames: Vec<Option<Frame>> = frames(400).into_iter().map(Some).collect();
    // Pauses, one of them a single tick.
    for silent in (90..110).chain(200..201).chain(300..333) {
        frames[silent] = None;
    }
    let classes = |tick: usize| CLASSES[(tick / 7 + tick / 31) % CLASSES.len()];
    for (group, packets) in send(&frames, classes).into_iter().enumerate() {
        let sent: Vec<_> = packets.iter().flat_map(|(_, frames)| frames.clone()).collect();
        let waiting = expected(&frames).len() - sent.len();
        assert!(waiting < 6, "group {group}: {waiting} still wait at the end");
        assert!(sent == expected(&frames)[..sent.len()], "group {group}");
        for (tick, contained) in &packets {
            assert!(contained.len() <= 6, "an Opus packet is 120 ms at most");
            let newest = frames[..=*tick].iter().flatten().last().expect("a frame").timestamp;
            let last = contained.last().expect("a frame").0;
            assert!(newest.wrapping_sub(last) <= FRAME_TIME, "group {group}, tick {tick}");
        }
    }
}

#[test]
fn before_a_pause_nothing_is_held_back() {
    let mut frames: Vec<Option<Frame>> = frames(10).into_iter().map(Some).collect();
    frames.push(None);
    for packets in send(&frames, |_| FrameClass::Ms120) {
        let sent: usize = packets.iter().map(|(_, frames)| frames.len()).sum();
        assert_eq!(sent, 10);
    }
}

#[test]
fn another_configuration_of_opus_begins_another_packet() {
    let mut mixed = frames(40);
    let mut other = Encoder::new(48_000, Channels::Mono, Application::Voip).expect("an encoder");
    other.set_bitrate(opus::Bitrate::Bits(9_000)).expect("a rate");
    for frame in &mut mixed[13..22] {
        frame.payload = other.encode_vec_float(&[0.1; 960], 1_275).expect("a frame").into();
    }
    assert_ne!(mixed[12].payload[0] >> 3, mixed[13].payload[0] >> 3);
    let frames: Vec<Option<Frame>> = mixed.into_iter().map(Some).collect();
    for packets in send(&frames, |_| FrameClass::Ms60) {
        let sent: Vec<_> = packets.into_iter().flat_map(|(_, frames)| frames).collect();
        assert!(sent.len() > 37 && sent == expected(&frames)[..sent.len()]);
    }
}

#[test]
fn a_packet_names_everyone_who_is_heard_in_it() {
    let (mut packing, mut tool) = (Packing::default(), None);
    let mut heard = Vec::new();
    for (tick, frame) in frames(30).into_iter().enumerate() {
        packing.add(Some(frame), FrameClass::Ms120, tick as u64, &mut tool);
        heard.extend(packing.packet(3).map(|mixed| mixed.frame().csrcs.clone()));
    }
    assert_eq!(heard, [vec![0], vec![0], vec![1], vec![2, 1], vec![2]]);
}

#[test]
fn whoever_changes_to_protected_packets_and_back_gets_each_frame_once() {
    let frames = frames(200);
    for group in 0..GROUPS {
        let (mut packing, mut tool, mut is_protected) = (Packing::default(), None, false);
        let mut times = Vec::new();
        for (tick, frame) in frames.iter().enumerate() {
            packing.add(Some(frame.clone()), FrameClass::Ms60, tick as u64, &mut tool);
            if packing.may_change(group) {
                is_protected = (tick / 40) % 2 == 1;
            }
            if is_protected {
                times.extend(packing.protected(false).map(|mixed| mixed.frame().timestamp));
            } else if let Some(mixed) = packing.packet(group) {
                times.extend(taken_apart(mixed).into_iter().map(|(timestamp, _)| timestamp));
            }
        }
        let is_next = |pair: &[u32]| pair[1] == pair[0].wrapping_add(FRAME_TIME);
        assert!(
            times.len() > 190 && times.windows(2).all(is_next),
            "group {group}: {times:?}"
        );
    }
}
