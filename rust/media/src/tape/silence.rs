//! Opus packets that carry no sound: silence of any length, and frames that say "lost" (RFC 6716 §3.1, §3.2.1).

/// 20 ms at 48 kHz.
pub(super) const FRAME_SAMPLES: u64 = 960;

/// The steps in which silence comes, 2.5 ms.
pub(super) const STEP_SAMPLES: u64 = 120;

/// 20 ms of digital silence: one fullband CELT frame, one voice.
pub const FRAME: [u8; 3] = [0xf8, 0xff, 0xfe];

/// CELT frames of 10, 5 and 2.5 ms, by the first byte.
const SHORT: [(u64, u8); 3] = [(480, 0xf0), (240, 0xe8), (120, 0xe0)];

/// Six frames of 20 ms in one packet, the longest there is: fewer bytes for long silences.
const LONG_SAMPLES: u64 = 6 * FRAME_SAMPLES;
const LONG: [u8; 14] = [
    0xfb, 6, 0xff, 0xfe, 0xff, 0xfe, 0xff, 0xfe, 0xff, 0xfe, 0xff, 0xfe, 0xff, 0xfe,
];

/// The part of a first byte that says whether there are two voices.
const STEREO: u8 = 0b100;

/// Gives silent packets for `samples`, rounded to the nearest 2.5 ms.
pub(super) fn silent(samples: u64, mut each: impl FnMut(&[u8], u64)) {
    let mut left = (samples + STEP_SAMPLES / 2) / STEP_SAMPLES * STEP_SAMPLES;
    while left >= LONG_SAMPLES {
        each(&LONG, LONG_SAMPLES);
        left -= LONG_SAMPLES;
    }
    while left >= FRAME_SAMPLES {
        each(&FRAME, FRAME_SAMPLES);
        left -= FRAME_SAMPLES;
    }
    for (length, first) in SHORT {
        if left >= length {
            each(&[first, 0xff, 0xfe], length);
            left -= length;
        }
    }
}

/// Gives packets that tell a decoder to guess, frames of 20 ms for the nearest to `samples`, in the mode of the packet that
/// follows: a change of mode would be heard more than the guess.
pub(super) fn lost(samples: u64, following: &[u8], mut each: impl FnMut(&[u8], u64)) {
    let Some(first) = following.first() else { return };
    // RFC 6716 §3.1, table 2: SILK has 10 to 60 ms, both together 10 and 20, CELT 2.5 to 20.
    let of_20_ms = match first >> 3 {
        silk @ 0..=11 => (silk & !3) | 1,
        both @ 12..=15 => both | 1,
        celt => celt | 3,
    };
    for _ in 0..(samples + FRAME_SAMPLES / 2) / FRAME_SAMPLES {
        each(&[(of_20_ms << 3) | (first & STEREO)], FRAME_SAMPLES);
    }
}
