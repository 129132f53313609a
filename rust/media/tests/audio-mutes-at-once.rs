//! Muting and leaving act within one tick, without a click.

mod audio;

use audio::{ANA, BEN, Person, Sound, Stage, decibels, strength};

fn stage_with_a_tone() -> (Stage, Person) {
    let mut stage = Stage::with(&[ANA, BEN]);
    let mut ana = Person::new(Sound::tone(500.0, 0.3));
    stage.hear(ANA, &mut ana, 2_000, 5_000, |_| Some(0));
    stage.run_until_ms(2_000);
    (stage, ana)
}

#[test]
fn a_muted_source_is_silent_within_a_tick() {
    let (mut stage, mut ana) = stage_with_a_tone();
    stage.mixer.set_open(ANA, false);
    stage.hear(ANA, &mut ana, 1_000, 5_000, |_| Some(0));
    stage.run_until_ms(3_000);
    // One tick of 20 ms; its sound reaches the ear after the limiter's 5 ms and the codec's 6.5.
    let before = decibels(strength(stage.heard_ms(1_900, 1_960), 500.0));
    let after = decibels(strength(stage.heard_ms(2_040, 2_100), 500.0));
    assert!(after < before - 50.0, "{before} dB, then {after} dB");
    assert!(stage.heard_ms(2_200, 2_900).iter().all(|sample| sample.abs() < 1e-4));
    assert!(stage.last.sources.is_empty());
    assert!(stage.stats(ANA).discarded >= 49);
}

#[test]
fn a_source_opened_again_is_heard_again() {
    let (mut stage, mut ana) = stage_with_a_tone();
    stage.mixer.set_open(ANA, false);
    stage.hear(ANA, &mut ana, 1_000, 5_000, |_| Some(0));
    stage.run_until_ms(3_000);
    stage.mixer.set_open(ANA, true);
    stage.hear(ANA, &mut ana, 1_000, 5_000, |_| Some(0));
    stage.run_until_ms(4_000);
    assert!(strength(stage.heard_ms(3_150, 3_900), 500.0) > 0.1);
    assert_eq!(stage.stats(ANA).restarts, 0);
}

#[test]
fn nothing_said_while_muted_is_heard_after_unmuting() {
    let (mut stage, mut ana) = stage_with_a_tone();
    stage.mixer.set_open(ANA, false);
    ana.sound = Sound::tone(2_000.0, 0.3);
    stage.hear(ANA, &mut ana, 500, 5_000, |_| Some(0));
    stage.run_until_ms(2_500);
    stage.mixer.set_open(ANA, true);
    stage.run_until_ms(3_000);
    assert!(strength(stage.heard_ms(2_040, 3_000), 2_000.0) < 0.001);
}

#[test]
fn a_source_that_leaves_fades_within_a_tick_and_is_gone() {
    let (mut stage, mut ana) = stage_with_a_tone();
    stage.mixer.remove_source(ANA);
    assert!(stage.mixer.stats(ANA).is_none());
    stage.hear(ANA, &mut ana, 200, 5_000, |_| Some(0));
    stage.run_until_ms(2_200);
    assert!(strength(stage.heard_ms(2_040, 2_200), 500.0) < 0.001);
    stage.mixer.add_source(ANA).unwrap();
    assert!(stage.mixer.add_source(ANA).is_err());
}

#[test]
fn muting_one_leaves_the_other_alone() {
    let (mut stage, mut ana) = stage_with_a_tone();
    let mut ben = Person::new(Sound::tone(1_500.0, 0.3));
    stage.hear(BEN, &mut ben, 2_000, 5_000, |_| Some(0));
    stage.hear(ANA, &mut ana, 2_000, 5_000, |_| Some(0));
    stage.run_until_ms(3_000);
    stage.mixer.set_open(ANA, false);
    stage.run_until_ms(4_000);
    assert!(strength(stage.heard_ms(3_100, 3_900), 1_500.0) > 0.1);
    assert_eq!(stage.last.sources, [BEN]);
}
