//! Silence costs three packets a second at most, and ends at once.

mod audio;

use audio::{ANA, Person, Sound, Stage, strength};

#[test]
fn an_empty_space_sends_at_most_three_packets_a_second() {
    let mut stage = Stage::with(&[]);
    stage.run_until_ms(1_000);
    let before = stage.packets;
    stage.run_until_ms(11_000);
    let packets = stage.packets - before;
    assert!((10..=30).contains(&packets), "{packets} packets in 10 s");
}

#[test]
fn open_microphones_in_which_nobody_speaks_are_silence() {
    let mut stage = Stage::with(&[ANA]);
    stage.hear(ANA, &mut Person::new(Sound::noise(0.001)), 11_000, 5_000, |_| Some(0));
    stage.run_until_ms(6_000);
    let before = stage.packets;
    stage.run_until_ms(11_000);
    assert!(
        stage.packets - before <= 15,
        "{} packets in 5 s",
        stage.packets - before
    );
    assert!(stage.last.sources.is_empty());
}

#[test]
fn the_first_word_after_silence_is_heard_and_marked() {
    let mut stage = Stage::with(&[ANA]);
    stage.run_until_ms(5_000);
    let mut ana = Person::new(Sound::tone(500.0, 0.3));
    stage.hear(ANA, &mut ana, 1_000, 5_000, |_| Some(0));
    let mut marks = 0;
    for ms in (5_020..=6_000).step_by(20) {
        stage.run_until_ms(ms);
        marks += usize::from(stage.last.starts_talkspurt);
    }
    assert!((1..=2).contains(&marks), "{marks} beginnings");
    assert!(strength(stage.heard_ms(5_050, 5_150), 500.0) > 0.1);
}

#[test]
fn a_steady_tone_is_not_taken_for_silence() {
    let mut stage = Stage::with(&[ANA]);
    stage.hear(ANA, &mut Person::new(Sound::tone(500.0, 0.05)), 15_000, 5_000, |_| {
        Some(0)
    });
    stage.run_until_ms(15_000);
    assert!(strength(stage.heard_ms(14_000, 14_900), 500.0) > 0.05);
}

#[test]
fn listeners_who_lose_packets_are_sent_corrections_and_others_are_not() {
    use voxhall_media::audio::decode::carries_correction;
    let mut stage = Stage::with(&[ANA]);
    stage.hear(
        ANA,
        &mut Person::new(Sound::speech_without_pauses(120.0, 0.3)),
        6_000,
        5_000,
        |_| Some(0),
    );
    let mut share_with_corrections = |from: u64| {
        let mut corrections = 0;
        for ms in (from + 20..=from + 2_000).step_by(20) {
            stage.run_until_ms(ms);
            corrections += usize::from(stage.last.payload.as_deref().is_some_and(carries_correction));
        }
        stage.mixer.set_expected_loss(if from == 0 { 5.0 } else { 0.0 });
        corrections as f32 / 100.0
    };
    assert_eq!(share_with_corrections(0), 0.0);
    assert!(share_with_corrections(2_000) >= 0.9);
    assert!(share_with_corrections(4_000) <= 0.05);
}
