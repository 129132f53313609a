"""From sound to words, without knowledge of spaces. Only the worker loads it, and each part when it is first needed.

A track's samples go through `activity` (where is speech?) and `chunks` (where may it be cut?) to an engine of
`engine`'s kind, of which `whisper` is the one there is; `doubt` takes out what nobody said. `models` finds the weights.
"""
