//! Beeps at known times, through everything that happens to speakers, found again on the tape: where, and how many.
//!
//! `VOXHALL_TAPE_MINUTES` makes it longer: `benchmarks/tape.py` lets three hours pass.

mod common;
mod tape;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Beep, Beeper, Dice, World};
use tape::{Ear, Shelf, thin_sound};
use voxhall_media::tape::Kind;

const EVERY: Duration = Duration::from_secs(2);
/// Beeps of one speaker begin so much after those of the one before.
const APART: Duration = Duration::from_millis(620);
const NAMES: [&str; 3] = ["pa_ana", "pa_ben", "pa_cleo"];
const BANDS_HZ: [f32; 3] = [500.0, 800.0, 1_200.0];
const SKEWS_PPM: [f64; 3] = [0.0, 200.0, -200.0];
/// No network and no jitter buffer here delays sound by more.
const LATEST_MS: f64 = 300.0;
/// Likeness from which a beep is one: two of its five packets may be missing. Where Ben is muted, nothing is as alike.
const FOUND: f32 = 0.35;

struct Said {
    at: Duration,
    is_muted: bool,
}

struct Talk {
    world: World,
    beeps: Vec<Beep>,
    /// Which client is whose microphone now.
    microphones: [usize; 3],
    said: [Vec<Said>; 3],
    mutes: Vec<(Duration, Duration)>,
}

impl Talk {
    fn new() -> Self {
        let mut talk = Self {
            world: World::new(),
            beeps: BANDS_HZ.iter().map(|hz| Beep::rising_from(*hz)).collect(),
            microphones: [0; 3],
            said: Default::default(),
            mutes: Vec::new(),
        };
        for who in 0..3 {
            talk.join(who);
        }
        talk
    }

    fn join(&mut self, who: usize) {
        let index = self.world.speaker(NAMES[who], 1_001 + who as u32, 300.0, 0);
        let client = &mut self.world.clients[index];
        client.silence();
        client.loses = (who < 2).then(|| (0.05, Dice::new(index as u64 + 7)));
        self.microphones[who] = index;
    }

    fn leave(&mut self, who: usize) {
        let client = &mut self.world.clients[self.microphones[who]];
        (client.cut, client.beeper) = (true, None);
        let id = client.id.clone();
        self.world.node.close(self.world.now, &id);
    }

    /// Whoever is connected begins to beep, and what was said since the last time is noted.
    fn look(&mut self) {
        let at = self.world.elapsed();
        for (who, skew_ppm) in SKEWS_PPM.into_iter().enumerate() {
            let client = &mut self.world.clients[self.microphones[who]];
            if client.connected && !client.cut {
                let first = EVERY + APART * who as u32;
                let begin = || Beeper::new(&self.beeps[who], at, skew_ppm, EVERY, first);
                let beeper = client.beeper.get_or_insert_with(begin);
                for at in beeper.said.drain(..) {
                    let is_muted = who == 1 && self.mutes.iter().any(|(from, to)| (*from..*to).contains(&at));
                    self.said[who].push(Said { at, is_muted });
                }
            }
        }
    }
}

#[test]
fn beeps_through_loss_mutes_reconnects_and_skewed_clocks_stand_where_the_mix_has_them() {
    let minutes = std::env::var("VOXHALL_TAPE_MINUTES").map_or(2, |text| text.parse().expect("a number of minutes"));
    let mut talk = Talk::new();
    let mut shelf = Shelf::new(Kind::Recording);
    let began = talk.world.now;
    talk.world.node.tape(began, "sp_1", false).expect("taped");
    let seconds = minutes * 60_u64;
    let reconnects_every = (minutes / 12).max(1);
    for second in 0..seconds {
        let at = talk.world.elapsed();
        match second % 60 {
            // Ben is muted for ten seconds of each minute, and goes on talking.
            20 => {
                talk.world.node.allow("sp_1", NAMES[1], false);
                talk.mutes.push((at, at + Duration::from_secs(10)));
            }
            30 => talk.world.node.allow("sp_1", NAMES[1], true),
            // Cleo's connection breaks, and three seconds later there is another.
            40 if second / 60 % reconnects_every == 0 => talk.leave(2),
            43 if second / 60 % reconnects_every == 0 => talk.join(2),
            _ => {}
        }
        talk.world.run(Duration::from_secs(1));
        talk.look();
        shelf.take(&mut talk.world.tape);
    }
    talk.world.node.close_space(talk.world.now, "sp_1");
    talk.world.run(Duration::from_secs(1));
    shelf.take(&mut talk.world.tape);

    let (mix, length) = thin_sound(&shelf.files["mix.0001.ogg"]);
    let length_s = length as f64 / 48_000.0;
    assert!(
        (length_s / seconds as f64 - 1.0).abs() < 0.005,
        "{length_s} s of {seconds} s"
    );
    // How much later tracks have a beep than the mix has it, by the round in which all three beep.
    let mut rounds: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (who, name) in NAMES.into_iter().enumerate() {
        let file = format!("{}.0001.ogg", name);
        let start = shelf
            .lines("track")
            .iter()
            .find(|line| line["file"] == *file)
            .expect("a track")["start"]
            .as_f64();
        let start_ms = start.expect("a number") / 48.0;
        let (track, _) = thin_sound(&shelf.files[&file]);
        let ear = Ear::for_beep(&talk.beeps[who].samples);
        let (mut said, mut on_track, mut in_mix, mut low, mut high) = (0, 0, 0, f64::MAX, f64::MIN);
        let is_whole = |beep: &&Said| beep.at + Duration::from_millis(200) < Duration::from_secs(seconds);
        for beep in talk.said[who].iter().filter(is_whole) {
            let at_ms = beep.at.as_secs_f64() * 1_000.0;
            let find = |sound: &[f32], start_ms: f64| {
                let found = ear.find(sound, at_ms - start_ms - 20.0, at_ms - start_ms + LATEST_MS);
                found
                    .filter(|(_, likeness)| *likeness >= FOUND)
                    .map(|(place, _)| place + start_ms)
            };
            let found = (find(&track, start_ms), find(&mix, 0.0));
            if beep.is_muted {
                assert_eq!(found, (None, None), "{} was muted at {at_ms} ms", name);
                continue;
            }
            said += 1;
            on_track += usize::from(found.0.is_some());
            in_mix += usize::from(found.1.is_some());
            if let (Some(on_track), Some(in_mix)) = found {
                let round = beep.at.as_millis() / EVERY.as_millis();
                rounds.entry(round as u64).or_default().push(on_track - in_mix);
                low = low.min(on_track - at_ms);
                high = high.max(on_track - at_ms);
            }
        }
        println!(
            "tape: {}: {said} beeps, {on_track} on the track, {in_mix} in the mix, {low:.1} to {high:.1} ms after they were said",
            name
        );
        assert!(said > 20 && on_track * 100 >= said * 99 && in_mix * 100 >= said * 99);
    }
    let all = || rounds.values().flatten().copied();
    let (early_ms, late_ms) = ends(all());
    let apart_ms = rounds
        .values()
        .map(|offsets| ends(offsets.iter().copied()))
        .map(|(low, high)| high - low)
        .fold(0.0, f64::max);
    println!(
        "tape: {minutes} minutes, {length_s:.2} s long, tracks {apart_ms:.1} ms apart at most, from {early_ms:.1} to {late_ms:.1} ms after the mix"
    );
    assert!(
        apart_ms <= 20.0,
        "{apart_ms} ms between two tracks in one round of beeps"
    );
    assert!(
        -20.0 <= early_ms && late_ms <= 20.0,
        "{early_ms} to {late_ms} ms between a track and the mix"
    );
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::MAX, f64::MIN), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}
