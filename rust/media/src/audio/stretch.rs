//! Drops or repeats a short piece of sound without a click: where two places a little apart look alike, one is faded into
//! the other.
//!
//! In quiet sound a piece of 2.5 to 5 ms is not heard. In speech a piece of one pitch period is hardly heard, which is for
//! when it cannot wait.

/// The fade from one place to the other, 2.5 ms. Raising it smooths more and needs more sound at hand; lowering it clicks.
const FADE: usize = 120;

/// Pieces in quiet sound: 2.5 to 5 ms. Larger pieces correct in fewer steps but may be heard.
const QUIET: (usize, usize) = (120, 240);

/// Pieces in loud sound: up to 10 ms, a period of a voice of 100 Hz. A smaller maximum breaks deep voices.
const LOUD: (usize, usize) = (120, 480);

/// How alike (correlation) two places in loud sound must be. Raising it waits longer for a steady vowel; lowering it warbles.
const ALIKE: f32 = 0.7;

/// The samples that must be at hand to drop or repeat a piece.
pub const NEEDED_SAMPLES: usize = LOUD.1 + FADE;

/// Leaves a piece out of the beginning of `sound`; returns how many samples went, 0 if no good place was found.
pub fn drop_piece(sound: &mut Vec<f32>, is_quiet: bool) -> usize {
    let Some(piece) = best_piece(sound, is_quiet) else {
        return 0;
    };
    for i in 0..FADE {
        let weight = i as f32 / FADE as f32;
        sound[i + piece] = sound[i] * (1.0 - weight) + sound[i + piece] * weight;
    }
    sound.drain(..piece);
    piece
}

/// Plays a piece of the beginning of `sound` twice; returns how many samples came, 0 if no good place was found.
pub fn repeat_piece(sound: &mut Vec<f32>, is_quiet: bool) -> usize {
    let Some(piece) = best_piece(sound, is_quiet) else {
        return 0;
    };
    let mut joined = [0.0; FADE];
    for (i, sample) in joined.iter_mut().enumerate() {
        let weight = i as f32 / FADE as f32;
        *sample = sound[piece + i] * (1.0 - weight) + sound[i] * weight;
    }
    // sound[..piece], then from the piece's end faded back into its beginning, then on from there.
    let length = sound.len();
    sound.resize(length + piece, 0.0);
    sound.copy_within(FADE..length, FADE + piece);
    sound[piece..piece + FADE].copy_from_slice(&joined);
    piece
}

/// The distance at which the sound is most like its beginning.
fn best_piece(sound: &[f32], is_quiet: bool) -> Option<usize> {
    if sound.len() < NEEDED_SAMPLES {
        return None;
    }
    let (least, most) = if is_quiet { QUIET } else { LOUD };
    let start = &sound[..FADE];
    let energy_start = energy(start);
    let mut best = (most, -1.0_f32);
    for piece in (least..=most).step_by(4) {
        let there = &sound[piece..piece + FADE];
        let product: f32 = start
            .iter()
            .step_by(2)
            .zip(there.iter().step_by(2))
            .map(|(a, b)| a * b)
            .sum();
        let likeness = product / (energy_start * energy(there)).sqrt().max(1e-12);
        if likeness > best.1 {
            best = (piece, likeness);
        }
    }
    (is_quiet || best.1 >= ALIKE).then_some(best.0)
}

fn energy(sound: &[f32]) -> f32 {
    sound.iter().step_by(2).map(|sample| sample * sample).sum()
}
