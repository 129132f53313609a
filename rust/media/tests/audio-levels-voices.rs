//! Whisperers and shouters are equally loud, noise is not pulled up, and nobody's ears are hurt.

mod audio;

use audio::{ANA, BEN, Person, Sound, Stage, decibels};
use voxhall_media::audio::limiter::{CEILING, LOOK_AHEAD_SAMPLES, Limiter};
use voxhall_media::audio::loudness::LoudnessMeter;
use voxhall_media::audio::{FRAME_SAMPLES, SourceId, level};

fn loudness_after_3_s(amplitude: f32) -> f32 {
    let mut stage = Stage::with(&[ANA]);
    stage.hear(
        ANA,
        &mut Person::new(Sound::speech(130.0, amplitude)),
        6_500,
        5_000,
        |_| Some(0),
    );
    stage.run_until_ms(6_500);
    // Said at -44 and -13 LUFS; from the fourth word on.
    LoudnessMeter::default().lufs(stage.heard_ms(3_900, 6_500))
}

#[test]
fn a_whisperer_and_a_shouter_are_equally_loud_after_three_seconds() {
    let (whisper, shout) = (loudness_after_3_s(0.07), loudness_after_3_s(2.5));
    assert!((whisper - shout).abs() <= 3.0, "{whisper} and {shout} LUFS");
}

#[test]
fn a_full_tone_of_997_hz_measures_minus_3_lufs() {
    // The calibration of ITU-R BS.1770-5 Annex 1.
    let lufs = LoudnessMeter::default().lufs(&Sound::tone(997.0, 1.0).samples(96_000));
    assert!((lufs + 3.01).abs() < 0.1, "{lufs} LUFS");
}

#[test]
fn background_noise_is_not_pulled_up() {
    let mut stage = Stage::with(&[ANA]);
    let mut ana = Person::new(Sound::speech(130.0, 0.07));
    stage.hear(ANA, &mut ana, 5_000, 5_000, |_| Some(0));
    stage.run_until_ms(5_000);
    ana.sound = Sound::noise(0.003);
    stage.hear(ANA, &mut ana, 8_000, 5_000, |_| Some(0));
    stage.run_until_ms(13_000);
    let noise = level::dbov(stage.heard_ms(10_000, 12_900));
    assert!(noise < -60.0, "noise of -55 dBov became {noise}");
}

#[test]
fn a_shout_after_whispers_is_turned_down_within_half_a_second() {
    let mut stage = Stage::with(&[ANA]);
    let mut ana = Person::new(Sound::speech_without_pauses(130.0, 0.07));
    stage.hear(ANA, &mut ana, 5_000, 5_000, |_| Some(0));
    stage.run_until_ms(5_000);
    ana.sound = Sound::speech_without_pauses(130.0, 2.5);
    stage.hear(ANA, &mut ana, 2_000, 5_000, |_| Some(0));
    stage.run_until_ms(7_000);
    let lufs = LoudnessMeter::default().lufs(stage.heard_ms(5_600, 6_900));
    assert!(lufs < -9.0, "{lufs} LUFS");
}

#[test]
fn six_who_shout_at_once_stay_below_minus_1_dbfs_at_the_listener() {
    let sources: Vec<_> = (0..6).map(SourceId).collect();
    let mut stage = Stage::with(&sources);
    for source in &sources {
        let pitch = 100.0 + 17.0 * source.0 as f32;
        stage.hear(
            *source,
            &mut Person::new(Sound::speech_without_pauses(pitch, 1.0)),
            2_500,
            5_000,
            |_| Some(0),
        );
    }
    stage.run_until_ms(2_500);
    let peak = stage.heard.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!(decibels(peak) < -1.0, "{} dBFS", decibels(peak));
    assert_eq!(stage.last.sources.len(), 6);
}

#[test]
fn the_limiter_never_exceeds_its_ceiling_and_never_jumps() {
    let mut limiter = Limiter::default();
    let mut tone = Sound::tone(200.0, 0.6);
    let mut last = 0.0_f32;
    for i in 0..200 {
        let mut frame: [f32; FRAME_SAMPLES] = tone.samples(FRAME_SAMPLES).try_into().unwrap();
        if i % 7 == 3 {
            frame.iter_mut().for_each(|sample| *sample *= 5.0);
        }
        limiter.limit(&mut frame);
        for sample in frame {
            assert!(sample.abs() <= CEILING);
            // The steepest a 200 Hz tone of this height can be, with room for the edge of the louder frames.
            assert!((sample - last).abs() < 0.25, "a jump of {}", sample - last);
            last = sample;
        }
    }
}

#[test]
fn the_limiter_leaves_quiet_sound_alone_but_for_its_delay() {
    let mut limiter = Limiter::default();
    let sound = Sound::tone(1_000.0, 0.5).samples(2 * FRAME_SAMPLES);
    let mut out = Vec::new();
    for frame in sound.chunks_exact(FRAME_SAMPLES) {
        let mut frame: [f32; FRAME_SAMPLES] = frame.try_into().unwrap();
        limiter.limit(&mut frame);
        out.extend(frame);
    }
    let same = sound
        .iter()
        .zip(&out[LOOK_AHEAD_SAMPLES..])
        .all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(same);
}

#[test]
fn a_quiet_voice_is_not_lost_beside_a_loud_one() {
    let mut stage = Stage::with(&[ANA, BEN]);
    stage.hear(ANA, &mut Person::new(Sound::tone(440.0, 0.5)), 5_000, 3_000, |_| {
        Some(0)
    });
    stage.hear(BEN, &mut Person::new(Sound::tone(1_500.0, 0.03)), 5_000, 3_000, |_| {
        Some(0)
    });
    stage.run_until_ms(5_000);
    let both = stage.heard_ms(4_000, 4_900);
    let difference = decibels(audio::strength(both, 440.0) / audio::strength(both, 1_500.0));
    assert!(difference.abs() < 6.0, "{difference} dB apart, were 24");
}
