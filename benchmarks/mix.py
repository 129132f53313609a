"""What the way through the mixer takes from a voice: STOI beside the same speech twice encoded and decoded.

Real speech, one person alone, at the same rates, by a simulated clock (`rust/media/examples/through-the-mixer.rs`): on
a busy machine a jitter buffer has other work, which is not the mixer's. What comes back is laid over what was said
piece by piece, as codecs and the limiter delay it. `python -m benchmarks.mix` prints JSON; status 1 if the bar was not
kept. The other figures of the mix are tests of the core (`rust/media/tests/audio-*.rs`).
"""

import json
import subprocess
import sys
from typing import Any

import av
import numpy as np

from benchmarks.report import ROOT, report
from tests.journeys.speech import RATE_HZ, RECORDINGS, Samples, decode
from tests.stoi import RATE_HZ as STOI_RATE_HZ
from tests.stoi import Sound, stoi

MOST_BELOW = 0.01
PIECE_S = 3.0
# The codecs, the jitter buffer and the limiter delay by less.
FURTHEST_S = 0.2
LEARN_S = 4
EXAMPLE = "through-the-mixer"
BITS_PER_SECOND = 32_000


def once_more(samples: Samples, application: str) -> Samples:
    """Through libopus and back, as the client (`voip`) and the mix (`audio`) have it set."""
    options = {"application": application, "frame_duration": "20", "compression_level": "5", "vbr": "on"}
    if application == "voip":
        options |= {"fec": "1", "packet_loss": "10"}
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE_HZ, "mono", "s16"
    encoder.bit_rate, encoder.options = BITS_PER_SECOND, options
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = RATE_HZ, "mono"
    parts: list[Any] = []
    packets = []
    for start in range(0, len(samples) - 960 + 1, 960):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + 960], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        packets += encoder.encode(frame)
    for packet in packets:
        parts += [frame.to_ndarray()[0] for frame in decoder.decode(packet)]
    joined = np.concatenate(parts)
    return joined if joined.dtype == np.int16 else (joined * 32767).astype(np.int16)


def laid_over(said: Sound, heard: Sound) -> tuple[Sound, Sound]:
    """Both in step: each piece of what was said beside the stretch of what was heard that is most like it."""
    length, furthest = int(PIECE_S * STOI_RATE_HZ), int(FURTHEST_S * STOI_RATE_HZ)
    ours, theirs = [], []
    for start in range(0, len(said) - length, length):
        piece = said[start : start + length]
        around = heard[max(0, start - furthest) : start + length + furthest]
        if len(around) < length:
            break
        at = int(np.argmax(correlation(around, piece)))
        ours.append(piece)
        theirs.append(around[at : at + length])
    return np.concatenate(ours), np.concatenate(theirs)


def correlation(around: Sound, piece: Sound) -> Sound:
    """At each place where the piece fits: by transforms, as sums would take minutes."""
    size = 2 ** int(np.ceil(np.log2(len(around) + len(piece))))
    product = np.fft.rfft(around, size) * np.conj(np.fft.rfft(piece, size))
    return np.fft.irfft(product, size)[: len(around) - len(piece) + 1]


def at_stoi_rate(samples: Samples) -> Sound:
    """By leaving out: both sides of the comparison alike."""
    wav = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
    wav.sample_rate = RATE_HZ
    resampler = av.AudioResampler(format="s16", layout="mono", rate=STOI_RATE_HZ)
    pieces = [piece.to_ndarray()[0] for frame in (wav, None) for piece in resampler.resample(frame)]
    return np.concatenate(pieces).astype(np.float64) / 32768


def heard_through_the_mixer(speech: Samples) -> Samples:
    """The beginning is said twice: levelling learns a voice within its first seconds."""
    subprocess.run(["cargo", "build", "--quiet", "--workspace", "--locked", "--example", EXAMPLE], cwd=ROOT, check=True)
    said = np.concatenate([speech[: LEARN_S * RATE_HZ], speech, np.zeros(RATE_HZ // 2, np.int16)])
    ran = subprocess.run(
        [ROOT / "target/debug/examples" / EXAMPLE], input=said.tobytes(), capture_output=True, check=True
    )
    return np.frombuffer(ran.stdout, np.int16)[LEARN_S * RATE_HZ :]


def main() -> None:
    speech = decode((RECORDINGS / "two_cities.wav").read_bytes(), RATE_HZ)
    said = at_stoi_rate(speech)
    plain = stoi(*laid_over(said, at_stoi_rate(once_more(once_more(speech, "voip"), "audio"))))
    mixed = stoi(*laid_over(said, at_stoi_rate(heard_through_the_mixer(speech))))
    results = {"stoi": {"plain": round(plain, 4), "mixed": round(mixed, 4)}, "most_below": MOST_BELOW}
    is_kept = mixed >= plain - MOST_BELOW
    print(json.dumps(report("mix", results | {"bar_kept": is_kept})))
    sys.exit(0 if is_kept else 1)


if __name__ == "__main__":
    main()
