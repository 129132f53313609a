//! What a tick with six speakers costs.

use super::*;
use crate::counting;

/// Seconds of six voices, as long as the environment says: see [`counting`].
#[test]
#[allow(clippy::disallowed_methods, reason = "the one origin of the simulated clock")]
fn six_speakers_are_mixed() {
    let mut encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).expect("encoder");
    let tone: Vec<f32> = (0..FRAME_SAMPLES).map(|i| (i as f32 * 0.05).sin() * 0.2).collect();
    let payload = encoder.encode_vec_float(&tone, 1_275).expect("a frame");
    let began = Instant::now();
    let mut mixer = Mixer::new(began).expect("a mixer");
    for source in 0..6 {
        mixer.add_source(SourceId(source)).expect("added");
        mixer.set_open(SourceId(source), true);
    }
    let ticks = counting::rounds();
    let mut heard = 0;
    for tick in 0..ticks {
        let now = began + TICK * tick as u32;
        for source in 0..6 {
            let packet = Packet {
                sequence: tick,
                timestamp: tick * FRAME_SAMPLES as u64,
                payload: &payload,
                level_dbov: Some(-20),
            };
            mixer.push(now, SourceId(source), packet);
        }
        heard = heard.max(mixer.tick(now).sources.len());
    }
    assert!(ticks < 20 || heard == 6, "all six are in the mix");
}

#[test]
fn a_tick_with_six_speakers_costs_no_more_instructions_than_it_did() {
    // 2,300,000 when this was written.
    counting::assert_at_most(3_500_000, 50, "audio::mix::counted::six_speakers_are_mixed");
}
