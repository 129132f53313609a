"""How intelligible a processed voice is beside the clean one: STOI, the short-time objective intelligibility measure.

C. H. Taal, R. C. Hendriks, R. Heusdens, J. Jensen: An Algorithm for Intelligibility Prediction of Time-Frequency
Weighted Noisy Speech, IEEE Trans. Audio, Speech, Language Processing 19(7), 2011. The constants are the paper's.
"""

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 10_000
FRAME = 256
HOP = FRAME // 2
FFT = 512
BANDS = 15
LOWEST_HZ = 150.0
SEGMENT = 30
CLIP_DB = -15.0
SILENT_DB = 40.0

Sound = NDArray[np.float64]


def stoi(clean: Sound, processed: Sound) -> float:
    """From 0 to 1, of two sounds at `RATE_HZ` that are in step; 1: every word is understood."""
    length = min(len(clean), len(processed))
    clean, processed = _without_silence(clean[:length], processed[:length])
    x, y = _bands(clean), _bands(processed)
    scores = [_likeness(x[:, end - SEGMENT : end], y[:, end - SEGMENT : end]) for end in range(SEGMENT, x.shape[1] + 1)]
    return float(np.mean(scores))


def _frames(sound: Sound) -> Sound:
    window = np.hanning(FRAME + 2)[1:-1]
    starts = range(0, len(sound) - FRAME + 1, HOP)
    return np.array([window * sound[start : start + FRAME] for start in starts])


def _without_silence(clean: Sound, processed: Sound) -> tuple[Sound, Sound]:
    """Without the frames in which the clean one is 40 dB below its loudest."""
    x, y = _frames(clean), _frames(processed)
    energy_db = 20 * np.log10(np.linalg.norm(x, axis=1) + 1e-12)
    kept = energy_db > energy_db.max() - SILENT_DB
    return _joined(x[kept]), _joined(y[kept])


def _joined(frames: Sound) -> Sound:
    sound = np.zeros((len(frames) - 1) * HOP + FRAME)
    for at, frame in enumerate(frames):
        sound[at * HOP : at * HOP + FRAME] += frame
    return sound


def _bands(sound: Sound) -> Sound:
    """The envelope of each third of an octave, by frames."""
    power = np.abs(np.fft.rfft(_frames(sound), FFT, axis=1)) ** 2
    hz = np.fft.rfftfreq(FFT, 1 / RATE_HZ)
    centres = LOWEST_HZ * 2 ** (np.arange(BANDS) / 3)
    bands = [(hz >= centre * 2 ** (-1 / 6)) & (hz < centre * 2 ** (1 / 6)) for centre in centres]
    envelopes: Sound = np.sqrt(np.array([power[:, band].sum(axis=1) for band in bands]))
    return envelopes


def _likeness(x: Sound, y: Sound) -> float:
    """How the envelopes go together, the processed one scaled and clipped so that loudness and noise count little."""
    scale = np.linalg.norm(x, axis=1, keepdims=True) / (np.linalg.norm(y, axis=1, keepdims=True) + 1e-12)
    y = np.minimum(y * scale, x * (1 + 10 ** (-CLIP_DB / 20)))
    x = x - x.mean(axis=1, keepdims=True)
    y = y - y.mean(axis=1, keepdims=True)
    products = (x * y).sum(axis=1)
    return float(np.mean(products / (np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1) + 1e-12)))
