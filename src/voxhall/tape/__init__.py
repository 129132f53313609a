"""The one reader of the tape (docs/tape.md): what a space sounded like, while it is written and afterwards.

    tape = Tape(tape_folder(data, space_id))     # or ring_folder(…): the last two minutes where nothing is recorded
    tape.refresh()                               # look at the disk again; cheap, everything below shows the last look
    tape.duration_ms, tape.tracks, tape.gaps, tape.events()

    audio = tape.mix_stream()                    # one continuous Ogg/Opus stream over all segments, silence in the gaps
    audio.size, audio.read(offset, length)       # the same bytes at the same place, now and when it is finished
    voice = tape.track_stream("pa_…")            # a speaker's, aligned to the tape's start

To hear it as it grows, without decoding twice or missing a packet:

    follower = tape.follow("pa_…")               # None instead of a participant follows the mix
    decoder = Decoder(rate_hz=16_000)            # PyAV is loaded here and nowhere else
    while …:
        for packet in follower.poll():           # each packet once, in order; a jump of `start` is a gap: silence
            pcm = decoder.decode(packet.data)    # s16 mono; it belongs at packet.start / 48 000 s of the tape

Times are samples at 48 kHz of tape time unless a name ends in `_ms`. A torn page or line at the end of a file is not
there yet; nothing here waits, locks or writes. A `Tape` belongs to one thread at a time.
"""

from voxhall.tape.folders import ring_folder as ring_folder
from voxhall.tape.folders import tape_folder as tape_folder
from voxhall.tape.folders import taped_spaces as taped_spaces
from voxhall.tape.follow import Follower as Follower
from voxhall.tape.follow import TapePacket as TapePacket
from voxhall.tape.pcm import Decoder as Decoder
from voxhall.tape.reader import Gap as Gap
from voxhall.tape.reader import Tape as Tape
from voxhall.tape.stream import Stream as Stream
