//! Whatever arrives, the mixer goes on, forgets nothing it should keep and keeps nothing it should not.

mod audio;

use audio::{ANA, BEN, Dice, Person, Sent, Sound, Stage, strength};
use voxhall_media::audio::{Packet, SourceId};

#[test]
fn garbage_does_no_harm_to_others() {
    let mut dice = Dice::new(11);
    let mut stage = Stage::with(&[ANA, BEN]);
    stage.hear(ANA, &mut Person::new(Sound::tone(440.0, 0.3)), 4_000, 5_000, |_| {
        Some(0)
    });
    for sequence in 0..2_000 {
        let length = dice.number() % 60;
        let payload = (0..length).map(|_| dice.number() as u8).collect();
        let sent = Sent {
            sequence,
            timestamp: sequence * 960,
            payload,
            level_dbov: Some(dice.number() as i8),
        };
        stage.send_at(sequence * 2_000, BEN, sent);
    }
    stage.run_until_ms(4_000);
    let stats = stage.stats(BEN);
    assert_eq!(stats.received, 2_000);
    assert!(stats.malformed > 100, "{stats:?}");
    assert_eq!(stage.stats(ANA).concealed_ms, 0);
    assert!(strength(stage.heard_ms(3_000, 3_900), 440.0) > 0.02);
}

#[test]
fn absurd_numbers_are_dropped_and_the_voice_goes_on() {
    let mut dice = Dice::new(13);
    let mut stage = Stage::with(&[ANA]);
    let mut ana = Person::new(Sound::tone(440.0, 0.3));
    for i in 0..300 {
        let sent = ana.speak();
        if i % 3 == 1 {
            let absurd = [
                0,
                u64::MAX,
                u64::MAX / 2,
                dice.number(),
                sent.sequence + 100_000,
                sent.timestamp + 48_000_000_000,
            ];
            let mut nonsense = sent.clone();
            match i % 2 {
                0 => nonsense.sequence = absurd[i / 2 % absurd.len()],
                _ => nonsense.timestamp = absurd[i / 2 % absurd.len()],
            }
            nonsense.sequence = nonsense.sequence.wrapping_add(1);
            stage.send_at(i as u64 * 20_000 + 4_000, ANA, nonsense);
        }
        stage.send_at(i as u64 * 20_000 + 5_000, ANA, sent);
    }
    stage.run_until_ms(6_000);
    let stats = stage.stats(ANA);
    assert!(stats.discarded > 50, "{stats:?}");
    assert!(strength(stage.heard_ms(5_000, 5_900), 440.0) > 0.05, "{stats:?}");
}

#[test]
fn a_flood_is_dropped_beyond_what_can_wait() {
    let mut stage = Stage::with(&[ANA]);
    let mut ana = Person::new(Sound::tone(440.0, 0.3));
    stage.hear(ANA, &mut ana, 1_000, 5_000, |_| Some(0));
    stage.run_until_ms(1_000);
    for _ in 0..500 {
        let sent = ana.speak();
        stage.send_at(1_000_000, ANA, sent);
    }
    stage.run_until_ms(3_000);
    let stats = stage.stats(ANA);
    assert!(stats.discarded > 300, "{stats:?}");
    assert!(stats.played_ms <= 3_000);
}

#[test]
fn a_source_that_begins_a_new_sequence_is_heard_after_two_packets() {
    let mut stage = Stage::with(&[ANA]);
    let mut ana = Person::new(Sound::tone(440.0, 0.3));
    stage.hear(ANA, &mut ana, 2_000, 5_000, |_| Some(0));
    stage.run_until_ms(2_000);
    ana.sequence = 9_000_000;
    ana.timestamp = 77;
    stage.hear(ANA, &mut ana, 2_000, 5_000, |_| Some(0));
    stage.run_until_ms(4_000);
    let stats = stage.stats(ANA);
    assert_eq!((stats.restarts, stats.discarded, stats.lost), (1, 1, 0), "{stats:?}");
    assert!(strength(stage.heard_ms(2_200, 3_900), 440.0) > 0.05);
}

#[test]
fn a_source_told_to_restart_takes_any_sequence_at_once() {
    let mut stage = Stage::with(&[ANA]);
    let mut ana = Person::new(Sound::tone(440.0, 0.3));
    stage.hear(ANA, &mut ana, 1_000, 5_000, |_| Some(0));
    stage.run_until_ms(1_000);
    stage.mixer.restart_source(ANA);
    (ana.sequence, ana.timestamp) = (5, 5);
    stage.hear(ANA, &mut ana, 1_000, 5_000, |_| Some(0));
    stage.run_until_ms(2_000);
    let stats = stage.stats(ANA);
    assert_eq!((stats.restarts, stats.discarded, stats.lost), (1, 0, 0), "{stats:?}");
    assert!(strength(stage.heard_ms(1_100, 1_900), 440.0) > 0.05);
}

#[test]
fn a_long_outage_in_the_same_sequence_ends_when_packets_come_again() {
    let mut stage = Stage::with(&[ANA]);
    let mut ana = Person::new(Sound::tone(440.0, 0.3));
    stage.hear(ANA, &mut ana, 8_000, 5_000, |i| (!(50..200).contains(&i)).then_some(0));
    stage.run_until_ms(8_000);
    assert_eq!(stage.stats(ANA).lost, 150);
    assert!(strength(stage.heard_ms(4_100, 7_900), 440.0) > 0.05);
}

#[test]
fn a_sender_whose_clock_is_set_is_silent_for_a_moment_only() {
    for seconds in [5, 300] {
        let mut stage = Stage::with(&[ANA]);
        let mut ana = Person::new(Sound::tone(440.0, 0.3));
        stage.hear(ANA, &mut ana, 2_000, 5_000, |_| Some(0));
        stage.run_until_ms(2_000);
        ana.timestamp += seconds * 48_000;
        stage.hear(ANA, &mut ana, 2_000, 5_000, |_| Some(0));
        stage.run_until_ms(4_000);
        assert!(
            strength(stage.heard_ms(2_300, 3_900), 440.0) > 0.05,
            "set by {seconds} s"
        );
    }
}

#[test]
fn stereo_is_mixed_down() {
    let mut encoder = opus::Encoder::new(48_000, opus::Channels::Stereo, opus::Application::Audio).unwrap();
    let mut stage = Stage::with(&[ANA]);
    let mut tone = Sound::tone(440.0, 0.4);
    for i in 0..150 {
        let pcm: Vec<f32> = tone.samples(960).into_iter().flat_map(|sample| [sample, 0.0]).collect();
        let payload = encoder.encode_vec_float(&pcm, 1_275).unwrap();
        stage.send_at(
            i * 20_000 + 5_000,
            ANA,
            Sent {
                sequence: i,
                timestamp: i * 960,
                payload,
                level_dbov: None,
            },
        );
    }
    stage.run_until_ms(3_000);
    assert!(strength(stage.heard_ms(1_500, 2_900), 440.0) > 0.1);
}

#[test]
fn packets_of_nobody_are_ignored_and_the_stage_has_an_end() {
    let mut stage = Stage::with(&[]);
    let now = stage.now();
    stage.mixer.push(
        now,
        SourceId(99),
        Packet {
            sequence: 1,
            timestamp: 1,
            payload: &[0; 20],
            level_dbov: None,
        },
    );
    for source in 0..20 {
        stage.mixer.add_source(SourceId(source)).unwrap();
    }
    assert!(stage.mixer.add_source(SourceId(20)).is_err());
    stage.mixer.remove_source(SourceId(3));
    assert!(stage.mixer.add_source(SourceId(20)).is_ok());
}
