//! What the mix does to voices, as figures: how loud each is beside another, how high it peaks, how long it takes.

mod audio;

use audio::{ANA, BEN, Person, Sound, Stage, decibels};
use voxhall_media::audio::SourceId;
use voxhall_media::audio::loudness::{LoudnessMeter, TARGET_LUFS};

const SECONDS: usize = 12;
/// From here on everybody is levelled.
const FROM_MS: usize = 6_000;

fn person(source: SourceId) -> Person {
    let (pitch, amplitude) = if source == ANA { (110.0, 1.2) } else { (210.0, 0.12) };
    Person::new(Sound::speech_without_pauses(pitch, amplitude))
}

/// What a listener hears of these, who all speak at the same time.
fn heard_of(sources: &[SourceId]) -> Vec<f32> {
    let mut stage = Stage::with(&[ANA, BEN]);
    for source in sources {
        stage.hear(*source, &mut person(*source), SECONDS as u64 * 1_000, 5_000, |_| {
            Some(0)
        });
    }
    stage.run_until_ms(SECONDS as u64 * 1_000);
    stage.heard[FROM_MS * 48..].to_vec()
}

fn product(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

#[test]
fn of_two_at_once_each_is_as_loud_as_alone_and_alone_at_its_target() {
    let (ana, ben, both) = (heard_of(&[ANA]), heard_of(&[BEN]), heard_of(&[ANA, BEN]));
    for alone in [&ana, &ben] {
        let lufs = LoudnessMeter::default().lufs(alone);
        assert!((lufs - TARGET_LUFS).abs() <= 1.5, "{lufs} LUFS alone");
    }
    // The two gains with which the mix is most nearly the sum of both alone.
    let (aa, bb, ab) = (product(&ana, &ana), product(&ben, &ben), product(&ana, &ben));
    let (am, bm) = (product(&ana, &both), product(&ben, &both));
    let determinant = aa * bb - ab * ab;
    let gains = [(am * bb - bm * ab) / determinant, (bm * aa - am * ab) / determinant];
    for gain in gains {
        let change = decibels(gain as f32);
        assert!(change.abs() <= 1.5, "{change} dB beside the other: {gains:?}");
    }
}

/// The highest between samples too, as what plays it makes of them: four times as many (ITU-R BS.1770-5 Annex 2), by a windowed sinc.
fn true_peak(sound: &[f32]) -> f32 {
    const TAPS: i32 = 12;
    let kernel = |x: f32| {
        let x = x * std::f32::consts::PI;
        let window = (x / (TAPS as f32 + 1.0) / 2.0).cos().powi(2);
        if x == 0.0 { 1.0 } else { x.sin() / x * window }
    };
    let mut peak = 0.0_f32;
    for quarter in 0..4 {
        let weights: Vec<f32> = (-TAPS..=TAPS)
            .map(|tap| kernel(tap as f32 - quarter as f32 / 4.0))
            .collect();
        for window in sound.windows(weights.len()) {
            let sample: f32 = window.iter().zip(&weights).map(|(a, b)| a * b).sum();
            peak = peak.max(sample.abs());
        }
    }
    peak
}

#[test]
fn the_true_peak_of_a_tone_between_samples_is_found() {
    // A quarter of the sampling rate, sampled at its 45 degrees: 3 dB lower than it is.
    let tone: Vec<f32> = (0..480)
        .map(|i| ((i as f32 + 0.5) * std::f32::consts::FRAC_PI_2).sin())
        .collect();
    assert!((decibels(true_peak(&tone[40..440]))).abs() < 0.1);
}

#[test]
fn four_who_shout_at_once_stay_below_minus_1_dbtp_at_the_listener() {
    let sources: Vec<_> = (0..4).map(SourceId).collect();
    let mut stage = Stage::with(&sources);
    for source in &sources {
        let mut shout = Person::new(Sound::speech_without_pauses(100.0 + 31.0 * source.0 as f32, 2.5));
        stage.hear(*source, &mut shout, 3_000, 5_000, |_| Some(0));
    }
    stage.run_until_ms(3_000);
    let peak = decibels(true_peak(&stage.heard));
    assert!(peak <= -1.0, "{peak} dBTP");
    assert!(peak > -12.0, "they shout");
}

#[test]
fn who_comes_into_the_mix_and_goes_makes_no_click() {
    let mut stage = Stage::with(&[ANA, BEN]);
    let mut ana = Person::new(Sound::tone(200.0, 0.2));
    stage.hear(ANA, &mut ana, 12_000, 5_000, |_| Some(0));
    let mut ben = Person::new(Sound::tone(350.0, 0.2));
    // Half a second of sound, a second and a half of silence, by turns; seven periods fill a frame.
    for i in 0..600_u64 {
        ben.sound = if i % 100 < 25 {
            Sound::tone(350.0, 0.2)
        } else {
            Sound::Silence
        };
        let sent = ben.speak();
        stage.send_at(i * 20_000 + 5_000, BEN, sent);
    }
    stage.run_until_ms(12_000);
    let heard = stage.heard_ms(4_000, 12_000);
    let steepest = heard.windows(2).map(|two| (two[1] - two[0]).abs()).fold(0.0, f32::max);
    // Tones of 200 and 350 Hz, levelled to peaks of 0.2 each, rise by 0.015 a sample together.
    assert!(steepest < 0.03, "a step of {steepest}");
}

#[test]
fn from_a_packet_to_its_sound_in_the_mix_it_takes_45_ms_wherever_in_a_frame_it_comes() {
    for after_us in (0..20_000).step_by(1_000) {
        let mut stage = Stage::with(&[ANA]);
        stage.hear(ANA, &mut person(ANA), 3_000, after_us, |_| Some(0));
        let mut waits: Vec<f32> = Vec::new();
        for ms in (1_000..3_000).step_by(20) {
            stage.run_until_ms(ms);
            // The limiter looks 5 ms ahead.
            waits.push(stage.stats(ANA).buffer_ms + 5.0);
        }
        waits.sort_by(f32::total_cmp);
        let p95 = waits[waits.len() * 95 / 100];
        assert!(p95 <= 45.0, "{p95} ms at {after_us} us");
    }
}

#[test]
fn a_breath_never_takes_the_floor_from_who_paused() {
    let mut stage = Stage::with(&[ANA, BEN]);
    let (mut ana, mut ben) = (person(ANA), Person::new(Sound::Silence));
    stage.hear(ANA, &mut ana, 3_000, 5_000, |_| Some(0));
    for i in 0..225_u64 {
        // Air of 350 ms at -38 dBov, every second and a half.
        ben.sound = if i % 75 < 17 {
            Sound::noise(0.022)
        } else {
            Sound::Silence
        };
        let sent = ben.speak();
        stage.send_at(i * 20_000 + 5_000, BEN, sent);
    }
    stage.run_until_ms(1_500);
    for ms in (1_500..4_500).step_by(100) {
        stage.run_until_ms(ms);
        assert_eq!(stage.mixer.selection().floor(), Some(ANA), "at {ms} ms");
    }
}
