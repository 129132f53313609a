"""Sounds in which nobody says anything, made here: 16 kHz, between -1 and 1, the same each time."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
Samples = NDArray[np.float32]


def silence() -> Samples:
    return np.zeros(30 * RATE_HZ, np.float32)


def hiss() -> Samples:
    return (np.random.default_rng(1).standard_normal(30 * RATE_HZ) * 0.1).astype(np.float32)


def hum() -> Samples:
    at_s = np.arange(20 * RATE_HZ) / RATE_HZ
    mains = 0.2 * np.sin(2 * np.pi * 50 * at_s) + 0.1 * np.sin(2 * np.pi * 150 * at_s)
    return (mains + 0.01 * np.random.default_rng(2).standard_normal(len(at_s))).astype(np.float32)


def music() -> Samples:
    """Plucked chords with overtones, four times around."""
    at_s = np.arange(RATE_HZ // 2) / RATE_HZ
    chords = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))
    beats = []
    for beat in range(64):
        tones = [
            np.sin(2 * np.pi * hertz * overtone * at_s) / overtone**1.5
            for hertz in chords[beat // 4 % 4]
            for overtone in range(1, 8)
        ]
        beats.append(0.08 * np.sum(tones, axis=0) * np.exp(-3 * at_s))
    return np.concatenate(beats).astype(np.float32)


def coughs() -> Samples:
    """Eight in five seconds."""
    chance = np.random.default_rng(3)
    sound = np.zeros(8 * RATE_HZ, np.float32)
    length = round(0.35 * RATE_HZ)
    for number in range(8):
        burst = np.convolve(chance.standard_normal(length), np.ones(6) / 6, "same")
        at = round((1 + number * 0.62) * RATE_HZ)
        sound[at : at + length] += (0.5 * burst * np.exp(-9 * np.arange(length) / RATE_HZ)).astype(np.float32)
    return sound


def laughter() -> Samples:
    """ "Ha" a dozen times, falling: a voice with a formant, and breath."""
    chance = np.random.default_rng(4)
    sound = np.zeros(5 * RATE_HZ, np.float32)
    at_s = np.arange(round(0.14 * RATE_HZ)) / RATE_HZ
    for number in range(12):
        pitch_hz = 260 - 4 * number
        partials = [
            np.sin(2 * np.pi * pitch_hz * k * at_s + chance.random() * 6) * np.exp(-(((pitch_hz * k - 900) / 700) ** 2))
            for k in range(1, 14)
        ]
        shape = np.hanning(len(at_s))
        ha = 0.3 * np.sum(partials, axis=0) * shape + 0.05 * chance.standard_normal(len(at_s)) * shape
        at = round((1 + number * 0.21) * RATE_HZ)
        sound[at : at + len(at_s)] += ha.astype(np.float32)
    return sound


NOISES: dict[str, Callable[[], Samples]] = {
    noise.__name__: noise for noise in (silence, hiss, hum, music, coughs, laughter)
}
