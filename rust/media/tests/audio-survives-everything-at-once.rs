//! The worst of all worlds at once, and chance.

mod audio;

use audio::{ANA, BEN, Dice, Person, Sent, Sound, Stage};
use voxhall_media::audio::SourceId;

#[test]
fn jitter_disorder_duplicates_and_a_wrong_clock_together_leave_speech_whole() {
    let mut dice = Dice::new(21);
    let mut stage = Stage::with(&[ANA]);
    let mut ana = Person::new(Sound::speech(120.0, 0.4));
    for i in 0..3_000_u64 {
        let sent = ana.speak();
        let said_us = (i as f64 * 20_000.0 / 1.000_2) as u64;
        let late_us = (dice.share() * 80_000.0) as u64 + if dice.share() < 0.05 { 25_000 } else { 0 };
        if dice.share() < 0.01 {
            stage.send_at(said_us + late_us + 9_000, ANA, sent.clone());
        }
        stage.send_at(said_us + late_us + 5_000, ANA, sent);
    }
    let mut delays = Vec::new();
    for ms in (1_000..60_000).step_by(1_000) {
        stage.run_until_ms(ms);
        delays.push(stage.stats(ANA).buffer_ms);
    }
    let stats = stage.stats(ANA);
    assert!(stats.concealed_ms <= stats.played_ms / 50, "{stats:?}");
    assert!(delays.iter().all(|delay| *delay <= 120.0), "{delays:?}");
    let average = |delays: &[f32]| delays.iter().sum::<f32>() / delays.len() as f32;
    let drift = average(&delays[40..]) - average(&delays[10..30]);
    assert!(drift.abs() <= 20.0, "{drift} ms of drift: {delays:?}");
}

#[test]
fn nothing_that_chance_can_send_makes_it_panic() {
    let mut dice = Dice::new(99);
    let sources = [ANA, BEN, SourceId(3)];
    let mut stage = Stage::with(&sources);
    let payloads: Vec<Vec<u8>> = [10, 20, 40, 60]
        .iter()
        .flat_map(|ms| {
            let mut person = Person::new(Sound::speech(150.0, 0.5))
                .correcting()
                .in_packets_of_ms(*ms);
            (0..20).map(move |_| person.speak().payload).collect::<Vec<_>>()
        })
        .collect();
    let mut newest = [0_u64; 3];
    for step in 0..6_000_u64 {
        let at = (dice.number() % 3) as usize;
        newest[at] = match dice.number() % 60 {
            0 => dice.number(),
            1 => dice.number() % 100_000,
            2..8 => newest[at].saturating_add(dice.number() % 80),
            _ => newest[at].saturating_add(1),
        };
        let payload = &payloads[(dice.number() % payloads.len() as u64) as usize];
        let cut = if dice.share() < 0.1 {
            (dice.number() % payload.len() as u64) as usize
        } else {
            payload.len()
        };
        let sent = Sent {
            sequence: newest[at].saturating_sub(dice.number() % 3),
            timestamp: newest[at].wrapping_mul(960).wrapping_add(if dice.share() < 0.05 {
                dice.number() >> (dice.number() % 64)
            } else {
                0
            }),
            payload: payload[..cut].to_vec(),
            level_dbov: (dice.share() < 0.5).then(|| -((dice.number() % 128) as i8).abs()),
        };
        stage.send_at(step * 3_000, sources[at], sent);
    }
    for ms in (20..=18_000).step_by(20) {
        stage.run_until_ms(ms);
        let source = sources[(dice.number() % 3) as usize];
        match dice.number() % 50 {
            0 => stage.mixer.set_open(source, false),
            1..4 => stage.mixer.set_open(source, true),
            4 => stage.mixer.restart_source(source),
            5 => stage.mixer.set_expected_loss(dice.share() as f32 * 200.0 - 50.0),
            6 => {
                stage.mixer.remove_source(source);
                let _ = stage.mixer.add_source(source);
            }
            _ => {}
        }
    }
    assert!(
        stage
            .heard
            .iter()
            .all(|sample| sample.is_finite() && sample.abs() <= 1.0)
    );
}
