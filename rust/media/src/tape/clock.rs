//! Between tape time and the time on the wall. Tape time is in samples at 48 kHz, wall time in milliseconds since 1970.

use std::collections::VecDeque;

/// Samples in a millisecond.
const SAMPLES_PER_MS: u64 = 48;

/// Spans remembered: each pause, each gap makes one. Events are told within seconds of when they happened.
const MAX_SPANS: usize = 64;

/// A time during which both went on together.
#[derive(Debug, Clone, Copy)]
struct Span {
    wall_ms: i64,
    tape: u64,
    /// Where the tape was when the span ended.
    end: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Clock(VecDeque<Span>);

impl Clock {
    /// From here on tape time goes on again.
    pub(super) fn run(&mut self, wall_ms: i64, tape: u64) {
        if self.0.len() == MAX_SPANS {
            self.0.pop_front();
        }
        self.0.push_back(Span {
            wall_ms,
            tape,
            end: tape,
        });
    }

    /// Nothing was written for a while that ends now, and `tape` went on to `end` meanwhile.
    pub(super) fn miss(&mut self, since_ms: i64, tape: u64, end: u64) {
        self.run(since_ms, tape);
        if let Some(span) = self.0.back_mut() {
            span.end = end;
        }
    }

    /// Tape time has reached `tape` at `wall_ms`: the span is anchored there, so that two clocks that drift stay together.
    pub(super) fn reach(&mut self, wall_ms: i64, tape: u64) {
        if let Some(span) = self.0.back_mut() {
            span.end = tape;
            span.wall_ms = wall_ms - to_ms(tape - span.tape) as i64;
        }
    }

    /// The tape time of a moment; of one when the tape stood still, where it stood.
    pub(super) fn at(&self, wall_ms: i64) -> u64 {
        let span = self.0.iter().rev().find(|span| span.wall_ms <= wall_ms);
        match (span, self.0.front()) {
            (Some(span), _) => {
                let passed = (wall_ms - span.wall_ms) as u64;
                (span.tape + passed.saturating_mul(SAMPLES_PER_MS)).min(span.end)
            }
            (None, Some(first)) => first.tape,
            (None, None) => 0,
        }
    }
}

pub(super) fn to_ms(samples: u64) -> u64 {
    samples / SAMPLES_PER_MS
}

pub(super) fn to_samples(ms: u64) -> u64 {
    ms.saturating_mul(SAMPLES_PER_MS)
}
