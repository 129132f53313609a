//! The files of a segment of a tape: the mix, and a track for each who speaks in it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::pages::Pages;
use super::track::Track;
use super::{Effect, MIX, TrackPacket};

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u32,
    /// Tape time at which it begins.
    pub(super) start: u64,
    /// None: it has no files.
    pub(super) mix: Option<Track>,
    tracks: BTreeMap<Arc<str>, Track>,
}

impl Segment {
    /// One that has this number and no files, before the first that does.
    pub(super) fn after(number: u32) -> Self {
        Self {
            number,
            start: 0,
            mix: None,
            tracks: BTreeMap::new(),
        }
    }

    /// Becomes the next one. Its files are closed or given up by then.
    pub(super) fn begin(&mut self, space: &str, start: u64, effects: &mut Vec<Effect>) {
        self.number += 1;
        self.start = start;
        self.mix = Some(self.begin_file(space, MIX, start, effects));
    }

    /// Writes a packet of a frame that begins at `at`; the name of its track's file, where that is a new one.
    pub(super) fn put(
        &mut self,
        space: &str,
        at: u64,
        packet: &TrackPacket,
        effects: &mut Vec<Effect>,
    ) -> Option<String> {
        let participant = &packet.participant;
        let is_new = !self.tracks.contains_key(participant);
        if is_new {
            let track = self.begin_file(space, participant, at, effects);
            self.tracks.insert(Arc::clone(participant), track);
        }
        let track = self.tracks.get_mut(participant)?;
        track.put(at + u64::from(packet.offset), packet);
        is_new.then(|| track.file.clone())
    }

    /// Ends the pages that are so old at `position`.
    pub(super) fn end_pages(&mut self, position: u64, age: u64, effects: &mut Vec<Effect>) {
        for track in self.mix.iter_mut().chain(self.tracks.values_mut()) {
            track.end_page(position, age);
            append(effects, track);
        }
    }

    /// Ends all files but the one that is lost.
    pub(super) fn close(&mut self, lost: Option<&str>, effects: &mut Vec<Effect>) {
        let tracks = std::mem::take(&mut self.tracks);
        for mut track in self.mix.take().into_iter().chain(tracks.into_values()) {
            if lost != Some(&track.file) {
                track.pages.finish();
                append(effects, &mut track);
            }
            effects.push(Effect::Close { file: track.file });
        }
    }

    /// Leaves all files as they are.
    pub(super) fn give_up(&mut self) {
        (self.mix, self.tracks) = (None, BTreeMap::new());
    }

    pub(super) fn files(&self) -> Vec<String> {
        self.mix
            .iter()
            .chain(self.tracks.values())
            .map(|track| track.file.clone())
            .collect()
    }

    fn begin_file(&self, space: &str, name: &str, start: u64, effects: &mut Vec<Effect>) -> Track {
        let file = format!("{name}.{:04}.ogg", self.number);
        let mut hasher = DefaultHasher::new();
        (space, &file).hash(&mut hasher);
        let (begun, segment) = (start.to_string(), self.number.to_string());
        let mut comments = vec![
            ("VOXHALL_SPACE", space),
            ("VOXHALL_START", &begun),
            ("VOXHALL_SEGMENT", &segment),
        ];
        if name != MIX {
            comments.push(("VOXHALL_PARTICIPANT", name));
        }
        let mut pages = Pages::new(hasher.finish() as u32, &comments);
        effects.push(Effect::Create {
            file: file.clone(),
            bytes: pages.take(),
        });
        Track::new(file, pages, start)
    }
}

fn append(effects: &mut Vec<Effect>, track: &mut Track) {
    let bytes = track.pages.take();
    if !bytes.is_empty() {
        let file = track.file.clone();
        effects.push(Effect::Append { file, bytes });
    }
}
