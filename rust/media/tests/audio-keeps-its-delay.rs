//! The delay grows with jitter, shrinks after it, and does not creep away with the sender's clock.

mod audio;

use audio::{ANA, Dice, Person, Sound, Stage};
use opus::{Application, Channels, Encoder};
use voxhall_media::audio::source::Source;
use voxhall_media::audio::{FRAME_SAMPLES, Packet};

#[test]
fn the_delay_grows_under_jitter_and_shrinks_when_it_is_over() {
    let mut dice = Dice::new(3);
    let mut stage = Stage::with(&[ANA]);
    let mut ana = Person::new(Sound::speech(120.0, 0.4));
    stage.hear(ANA, &mut ana, 5_000, 5_000, |_| Some(0));
    stage.run_until_ms(5_000);
    let calm = stage.stats(ANA);
    stage.hear(ANA, &mut ana, 20_000, 5_000, |_| Some((dice.share() * 80_000.0) as u64));
    stage.run_until_ms(25_000);
    let rough = stage.stats(ANA);
    stage.hear(ANA, &mut ana, 20_000, 5_000, |_| Some(0));
    stage.run_until_ms(45_000);
    let calm_again = stage.stats(ANA);

    assert!(calm.buffer_ms <= 25.0, "{calm:?}");
    assert!((40.0..=120.0).contains(&rough.buffer_ms), "{rough:?}");
    assert!(calm_again.buffer_ms <= 35.0, "{calm_again:?}");
    let guessed = (rough.concealed_ms - calm.concealed_ms) as f32 / 20_000.0;
    assert!(guessed <= 0.02, "{guessed} of the time guessed under jitter");
    assert!(calm_again.concealed_ms - rough.concealed_ms <= 60, "{calm_again:?}");
}

/// An hour of a sender whose clock is wrong, at a quarter of the samples' cost: narrow-band packets, no mix.
fn delays_of_a_skewed_sender(ppm: f64) -> (Vec<f32>, Source) {
    let mut voice = Sound::speech(120.0, 0.4);
    let mut encoder = Encoder::new(48_000, Channels::Mono, Application::Voip).unwrap();
    encoder.set_bitrate(opus::Bitrate::Bits(8_000)).unwrap();
    encoder.set_complexity(0).unwrap();
    let payloads: Vec<_> = (0..130)
        .map(|_| encoder.encode_vec_float(&voice.samples(FRAME_SAMPLES), 400).unwrap())
        .collect();
    let mut source = Source::new().unwrap();
    let mut frame = [0.0; FRAME_SAMPLES];
    let mut delays = Vec::new();
    let mut sent = 0;
    for tick in 0..180_000_i64 {
        let now = tick * FRAME_SAMPLES as i64;
        loop {
            let arrival = (sent as f64 * FRAME_SAMPLES as f64 / (1.0 + ppm / 1e6)) as i64 + 500;
            if arrival > now {
                break;
            }
            let payload = &payloads[sent as usize % payloads.len()];
            source.push(
                arrival,
                &Packet {
                    sequence: sent,
                    timestamp: sent * FRAME_SAMPLES as u64,
                    payload,
                    level_dbov: None,
                },
            );
            sent += 1;
        }
        source.pull(now, &mut frame);
        if tick % 500 == 499 {
            delays.push(source.stats().buffer_ms);
        }
    }
    (delays, source)
}

fn assert_that_the_delay_stays(ppm: f64) {
    let (delays, source) = delays_of_a_skewed_sender(ppm);
    let least = delays.iter().copied().fold(f32::MAX, f32::min);
    let most = delays.iter().copied().fold(f32::MIN, f32::max);
    let stats = source.stats();
    assert!(most <= 45.0 && least >= 0.0, "delay between {least} and {most} ms");
    let (first, last) = delays.split_at(delays.len() / 2);
    let average = |delays: &[f32]| delays.iter().sum::<f32>() / delays.len() as f32;
    let drift = average(last) - average(first);
    assert!(drift.abs() <= 10.0, "drifted by {drift} ms");
    assert!(stats.concealed_ms <= 600 && stats.lost == 0, "{stats:?}");
    assert!((f64::from(stats.skew_ppm) - ppm).abs() < 40.0, "{stats:?}");
}

#[test]
fn an_hour_of_a_fast_sender_do_not_move_the_delay() {
    assert_that_the_delay_stays(200.0);
}

#[test]
fn an_hour_of_a_slow_sender_do_not_move_the_delay() {
    assert_that_the_delay_stays(-200.0);
}

#[test]
fn after_the_process_stood_still_the_delay_is_caught_up_at_once() {
    let mut stage = Stage::with(&[ANA]);
    let mut ana = Person::new(Sound::speech(120.0, 0.4));
    stage.hear(ANA, &mut ana, 3_000, 5_000, |_| Some(0));
    stage.run_until_ms(3_000);
    stage.stand_still_ms(600);
    stage.hear(ANA, &mut ana, 4_000, 5_000, |_| Some(0));
    stage.run_until_ms(7_600);
    let stats = stage.stats(ANA);
    assert!(stats.buffer_ms <= 60.0, "{stats:?}");
}

#[test]
fn ticks_that_come_late_do_not_make_sound_late() {
    let mut dice = Dice::new(17);
    let mut stage = Stage::with(&[ANA]);
    stage.hear(ANA, &mut Person::new(Sound::speech(120.0, 0.4)), 20_000, 11_000, |_| {
        Some(0)
    });
    stage.late_ticks(move || (dice.share() * 8_000.0) as u64);
    stage.run_until_ms(20_000);
    let stats = stage.stats(ANA);
    assert_eq!((stats.concealed_ms, stats.lost), (0, 0), "{stats:?}");
    assert!(stats.buffer_ms <= 30.0, "{stats:?}");
}
