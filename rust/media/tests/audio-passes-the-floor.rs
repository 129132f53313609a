//! Who has the floor: people who speak, not what their desks do.

mod audio;

use audio::{ANA, BEN, Person, Sound, Stage};
use voxhall_media::audio::SourceId;

fn frames_of(stage: &mut Stage, source: SourceId, person: &mut Person, loud_ms: u64, sound: Sound, from_ms: u64) {
    person.sound = sound;
    for i in 0..loud_ms / 20 {
        let sent = person.speak();
        stage.send_at((from_ms + i * 20) * 1_000 + 5_000, source, sent);
    }
}

/// Ana speaks for four seconds; during a pause of hers after two, Ben makes a noise of this length.
fn floor_after_a_noise_of(ms: u64) -> (Option<SourceId>, Vec<SourceId>) {
    let mut stage = Stage::with(&[ANA, BEN]);
    let (mut ana, mut ben) = (Person::new(Sound::Silence), Person::new(Sound::Silence));
    frames_of(
        &mut stage,
        ANA,
        &mut ana,
        2_000,
        Sound::speech_without_pauses(120.0, 0.3),
        0,
    );
    frames_of(&mut stage, BEN, &mut ben, 2_000, Sound::Silence, 0);
    frames_of(&mut stage, ANA, &mut ana, 1_000, Sound::Silence, 2_000);
    frames_of(&mut stage, BEN, &mut ben, ms, Sound::noise(0.6), 2_000);
    frames_of(&mut stage, BEN, &mut ben, 1_000 - ms, Sound::Silence, 2_000 + ms);
    let mut shown = Vec::new();
    for at in (2_000..3_000).step_by(20) {
        stage.run_until_ms(at);
        shown.extend(
            stage
                .last
                .sources
                .iter()
                .filter(|source| !shown.contains(*source))
                .copied()
                .collect::<Vec<_>>(),
        );
    }
    (stage.mixer.selection().floor(), shown)
}

#[test]
fn a_click_does_not_even_show_as_a_speaker() {
    for ms in [20, 40, 60] {
        let (floor, shown) = floor_after_a_noise_of(ms);
        assert_eq!((floor, shown), (Some(ANA), vec![ANA]), "{ms} ms");
    }
}

#[test]
fn a_cough_does_not_take_the_floor() {
    let (floor, _) = floor_after_a_noise_of(300);
    assert_eq!(floor, Some(ANA));
}

#[test]
fn typing_never_takes_the_floor() {
    let mut stage = Stage::with(&[ANA, BEN]);
    let (mut ana, mut ben) = (Person::new(Sound::speech(120.0, 0.2)), Person::new(Sound::Silence));
    stage.hear(ANA, &mut ana, 8_000, 5_000, |_| Some(0));
    for key in 0..50 {
        frames_of(&mut stage, BEN, &mut ben, 40, Sound::noise(0.7), key * 160);
        frames_of(&mut stage, BEN, &mut ben, 120, Sound::Silence, key * 160 + 40);
    }
    for ms in (1_500..8_000).step_by(100) {
        stage.run_until_ms(ms);
        assert_eq!(stage.mixer.selection().floor(), Some(ANA), "at {ms} ms");
    }
}

#[test]
fn who_answers_has_the_floor_within_a_second() {
    let mut stage = Stage::with(&[ANA, BEN]);
    let (mut ana, mut ben) = (Person::new(Sound::Silence), Person::new(Sound::Silence));
    frames_of(
        &mut stage,
        ANA,
        &mut ana,
        2_000,
        Sound::speech_without_pauses(120.0, 0.3),
        0,
    );
    frames_of(
        &mut stage,
        BEN,
        &mut ben,
        2_000,
        Sound::speech_without_pauses(180.0, 0.3),
        2_000,
    );
    stage.run_until_ms(2_000);
    assert_eq!(stage.mixer.selection().floor(), Some(ANA));
    stage.run_until_ms(3_000);
    assert_eq!(stage.mixer.selection().floor(), Some(BEN));
    assert_eq!(stage.last.sources, [BEN]);
}

#[test]
fn two_who_speak_at_once_do_not_toss_the_floor_about() {
    let mut stage = Stage::with(&[ANA, BEN]);
    stage.hear(ANA, &mut Person::new(Sound::speech(120.0, 0.3)), 10_000, 5_000, |_| {
        Some(0)
    });
    stage.hear(BEN, &mut Person::new(Sound::speech(170.0, 0.33)), 10_000, 5_000, |_| {
        Some(0)
    });
    let (mut changes, mut last) = (0, None);
    for ms in (1_000..10_000).step_by(20) {
        stage.run_until_ms(ms);
        let floor = stage.mixer.selection().floor();
        changes += usize::from(last.is_some() && floor != last);
        last = floor;
    }
    assert!(changes <= 2, "{changes} changes in 9 s");
}

#[test]
fn the_claimed_level_counts_only_while_it_is_true() {
    let mut stage = Stage::with(&[ANA, BEN]);
    let (mut ana, mut ben) = (
        Person::new(Sound::speech_without_pauses(120.0, 0.2)),
        Person::new(Sound::noise(0.002)),
    );
    for i in 0..200 {
        let mut liar = ben.speak();
        liar.level_dbov = Some(-3);
        stage.send_at(i * 20_000 + 5_000, BEN, liar);
        stage.send_at(i * 20_000 + 5_000, ANA, ana.speak());
    }
    stage.run_until_ms(4_000);
    assert_eq!(stage.last.sources, [ANA]);
    assert_eq!(stage.mixer.selection().ranked()[0].source, ANA);
}
