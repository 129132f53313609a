//! What is said is heard: at the right level, without clicks, soon, and together with others.

mod audio;

use audio::{ANA, BEN, Person, Sound, Stage, decibels, strength};
use voxhall_media::audio::level;
use voxhall_media::audio::loudness::LoudnessMeter;

#[test]
fn a_voice_arrives_at_the_target_loudness() {
    let mut stage = Stage::with(&[ANA]);
    stage.hear(ANA, &mut Person::new(Sound::speech(120.0, 0.3)), 6_000, 5_000, |_| {
        Some(0)
    });
    stage.run_until_ms(6_000);
    let said = stage.heard_ms(3_900, 4_900);
    let lufs = LoudnessMeter::default().lufs(said);
    assert!((-21.0..=-16.0).contains(&lufs), "{lufs} LUFS");
    assert_eq!(stage.last.sources, [ANA]);
    assert_eq!(stage.stats(ANA).concealed_ms, 0);
}

#[test]
fn a_tone_passes_without_a_click() {
    let mut stage = Stage::with(&[ANA]);
    stage.hear(ANA, &mut Person::new(Sound::tone(440.0, 0.2)), 6_000, 7_000, |_| {
        Some(0)
    });
    stage.run_until_ms(6_000);
    for start in (3_000..5_900).step_by(20) {
        let part = stage.heard_ms(start, start + 50.min(6_000 - start));
        let tone = strength(part, 440.0);
        let rest = (level::dbov(part) - decibels(tone / 2_f32.sqrt())).abs();
        assert!(
            rest < 0.3,
            "at {start} ms the sound is not only the tone: {rest} dB beside it"
        );
    }
}

#[test]
fn two_at_once_are_both_heard() {
    let mut stage = Stage::with(&[ANA, BEN]);
    stage.hear(ANA, &mut Person::new(Sound::tone(440.0, 0.2)), 4_000, 3_000, |_| {
        Some(0)
    });
    stage.hear(BEN, &mut Person::new(Sound::tone(1_500.0, 0.1)), 4_000, 11_000, |_| {
        Some(0)
    });
    stage.run_until_ms(4_000);
    let both = stage.heard_ms(3_000, 3_900);
    let (low, high) = (strength(both, 440.0), strength(both, 1_500.0));
    assert!(low > 0.05 && high > 0.05, "amplitudes {low} and {high}");
    assert!(stage.last.sources.len() == 2, "{:?}", stage.last.sources);
}

#[test]
fn without_jitter_a_voice_is_heard_within_45_ms() {
    // Whatever the phase between sender and mixer; the codec's own 6.5 ms and the limiter's look-ahead count.
    for after_us in (0..20_000).step_by(2_500) {
        let mut stage = Stage::with(&[ANA]);
        let mut ana = Person::new(Sound::Silence);
        stage.hear(ANA, &mut ana, 1_000, after_us, |_| Some(0));
        stage.run_until_ms(1_000);
        ana.sound = Sound::tone(1_000.0, 0.5);
        stage.hear(ANA, &mut ana, 200, after_us, |_| Some(0));
        stage.run_until_ms(1_200);
        let begins = (48_000..stage.heard.len())
            .find(|i| stage.heard[*i].abs() > 0.02)
            .unwrap();
        let heard_after_us = begins as u64 * 1_000 / 48 - 1_000_000;
        let delay_ms = (heard_after_us as f32 - after_us as f32) / 1_000.0;
        // The sender's own codec delays by 6.5 ms too, which is not ours.
        assert!(
            delay_ms - 6.5 <= 45.0,
            "{delay_ms} ms when packets come {after_us} us after a tick"
        );
    }
}

#[test]
fn packets_of_any_length_are_played() {
    for ms in [10, 20, 40, 60] {
        let mut stage = Stage::with(&[ANA]);
        stage.hear(
            ANA,
            &mut Person::new(Sound::tone(440.0, 0.2)).in_packets_of_ms(ms),
            3_000,
            9_000,
            |_| Some(0),
        );
        stage.run_until_ms(3_000);
        let stats = stage.stats(ANA);
        assert_eq!((stats.concealed_ms, stats.lost), (0, 0), "{ms} ms");
        assert!(strength(stage.heard_ms(1_000, 2_900), 440.0) > 0.1, "{ms} ms");
    }
}
