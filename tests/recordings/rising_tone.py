"""What is said where it matters when that was: a tone that rises by 100 Hz a second, from 400 Hz on, and begins again
after 20 s.
"""

from typing import Any

import numpy as np

RATE_HZ = 48_000
FRAME = RATE_HZ // 50
LOWEST_HZ = 400.0
RISE_HZ_PER_S = 100.0
ROUND_S = 20.0
# What is heard is taken for later than a moment from so much on. Lower than what a place in the tone can be told to
# takes what a browser had still kept for what came afterwards; higher is later by itself.
LATER_BY_S = 0.3
# Nobody waits longer to hear it.
GIVE_UP_MS = 45_000

# Resolves when the page's sound is of a place in the tone behind the one given, by less than half a round: whatever was
# still on its way then, or is stretched over a hole, is not.
HEARS_LATER = """
([said_s, later_by_s, lowest_hz, rise_hz_per_s, round_s, give_up_ms]) => {
  const context = new AudioContext();
  const element = document.querySelector('audio[data-testid=sound]');
  // Half of 85 ms late, and 12 Hz fine.
  const analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(element.srcObject).connect(analyser);
  const levels = new Float32Array(analyser.frequencyBinCount);
  const heard_s = () => {
    analyser.getFloatFrequencyData(levels);
    const loudest = levels.reduce((best, level, place) => (level > levels[best] ? place : best), 0);
    const pitch_hz = (loudest * context.sampleRate) / analyser.fftSize;
    return levels[loudest] > -50 ? (pitch_hz - lowest_hz) / rise_hz_per_s : null;
  };
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      const at_s = heard_s();
      const later_s = at_s === null ? 0 : (at_s - said_s + 2 * round_s) % round_s;
      const isLater = later_s > later_by_s && later_s < round_s / 2;
      if (!isLater && performance.now() - begun < give_up_ms) return;
      clearInterval(timer);
      if (isLater) resolve(later_s);
      else reject(new Error(`nothing later than ${said_s} s is heard, but ${at_s}`));
      void context.close();
    }, 20);
  });
}
"""


def hears_later(said_s: float) -> list[float]:
    """What HEARS_LATER is told."""
    return [said_s % ROUND_S, LATER_BY_S, LOWEST_HZ, RISE_HZ_PER_S, ROUND_S, GIVE_UP_MS]


def rising_tone(frame: int) -> bytes:
    """A frame of it."""
    at = (np.arange(frame * FRAME, (frame + 1) * FRAME) / RATE_HZ) % ROUND_S
    return (8_000 * np.sin(2 * np.pi * (LOWEST_HZ * at + RISE_HZ_PER_S / 2 * at * at))).astype("<i2").tobytes()


def said_at_s(samples: np.ndarray[Any, Any]) -> float:
    """The place in the tone at which these samples, a tenth of a second or so, end."""
    spectrum = np.abs(np.fft.rfft(samples.astype(float) * np.hanning(len(samples)), RATE_HZ))
    return (float(np.argmax(spectrum)) - LOWEST_HZ) / RISE_HZ_PER_S + len(samples) / RATE_HZ / 2
