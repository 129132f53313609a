//! One encoding, packed several ways: single frames, packets of several (by libopus' repacketizer), frames with those before
//! them (RED).
//!
//! Listeners are dealt into [`GROUPS`]; a group's packets end at ticks of its own, so that a node that sends 60 ms packets has a third
//! of them to send in each tick and not all in every third. Six groups fit every class. What a group has not been sent yet
//! leaves with its next packet, whatever its class is then: each listener gets each frame once, and no class has to be
//! agreed on.

use opus::Repacketizer;

use super::class::FrameClass;
use super::red;
use super::sender::Mixed;
use crate::router::{FRAME_TIME, Frame};

pub(super) const GROUPS: usize = 6;
/// Frames of 20 ms at 32 kb/s are below 200 bytes, so that six are below what passes through any tunnel.
const MAX_PACKET_BYTES: usize = 1_150;

/// What a group is sent in this tick.
#[derive(Default, Clone)]
enum Ready {
    #[default]
    Nothing,
    /// The tick's frame as it is.
    Plain,
    Packed(Mixed),
}

#[derive(Default, Clone)]
struct Group {
    held: Vec<Frame>,
    /// Whether nothing was held before this tick: who changes over now misses no frame and gets none twice.
    was_empty: bool,
    ready: Ready,
}

impl Group {
    fn add(&mut self, frame: Option<&Frame>, frames: usize, is_end: bool, tool: &mut Option<Repacketizer>) {
        self.was_empty = self.held.is_empty();
        self.ready = Ready::Nothing;
        let Some(frame) = frame else {
            // Before a pause everything leaves.
            return self.release(tool);
        };
        if self.was_empty && (frames == 1 || is_end) {
            self.ready = Ready::Plain;
            return;
        }
        if !self.held.last().is_none_or(|before| goes_on(before, frame)) {
            self.release(tool);
            self.held.push(frame.clone());
            return;
        }
        self.held.push(frame.clone());
        if is_end || self.held.len() >= frames {
            self.release(tool);
        }
    }

    fn release(&mut self, tool: &mut Option<Repacketizer>) {
        if !self.held.is_empty() {
            let joined = join(&self.held, tool);
            self.ready = joined.map_or(Ready::Nothing, |frame| Ready::Packed(Mixed::new(frame)));
            self.held.clear();
        }
    }
}

/// The packets of one space.
#[derive(Default, Clone)]
pub(super) struct Packing {
    groups: [Group; GROUPS],
    plain: Option<Mixed>,
    /// The frame with the two before it; None where they are not to be had or nobody wants them.
    red: Option<Mixed>,
    /// The last frames, for RED.
    recent: [Option<Frame>; red::DISTANCE],
}

impl Packing {
    /// Takes in the frame of tick number `tick`; None: silence. `tool` is made when it is first needed, and remembers nothing.
    pub(super) fn add(&mut self, frame: Option<Frame>, class: FrameClass, tick: u64, tool: &mut Option<Repacketizer>) {
        let frames = class.frames();
        for (number, group) in self.groups.iter_mut().enumerate() {
            let is_end = (tick as usize) % frames == number % frames;
            group.add(frame.as_ref(), frames, is_end, tool);
        }
        let recent = self.recent.iter().flatten();
        self.red = frame.as_ref().and_then(|frame| red::with_those_before(frame, recent));
        if frame.is_some() {
            self.recent.rotate_left(1);
            self.recent[red::DISTANCE - 1].clone_from(&frame);
        }
        self.plain = frame.map(Mixed::new);
    }

    /// Whether anybody is sent anything now.
    pub(super) fn has_sound(&self) -> bool {
        let is_ready = |group: &Group| !matches!(group.ready, Ready::Nothing);
        self.plain.is_some() || self.groups.iter().any(is_ready)
    }

    /// What the group is sent now.
    pub(super) fn packet(&self, group: usize) -> Option<&Mixed> {
        match &self.groups[group].ready {
            Ready::Nothing => None,
            Ready::Plain => self.plain.as_ref(),
            Ready::Packed(mixed) => Some(mixed),
        }
    }

    /// What somebody is sent who loses packets: one frame a packet, where possible with those before it.
    pub(super) fn protected(&self, takes_red: bool) -> Option<&Mixed> {
        self.red.as_ref().filter(|_| takes_red).or(self.plain.as_ref())
    }

    /// Whether this is a moment to go from the group's packets to protected ones, or back.
    pub(super) fn may_change(&self, group: usize) -> bool {
        self.groups[group].was_empty
    }
}

/// Whether `next` can be in one packet with `before`: the same configuration (RFC 6716 §3.1), and no time between them.
fn goes_on(before: &Frame, next: &Frame) -> bool {
    let configuration = |frame: &Frame| frame.payload.first().map(|toc| toc & 0xfc);
    configuration(before) == configuration(next) && next.timestamp == before.timestamp.wrapping_add(FRAME_TIME)
}

/// One packet of several frames; its time and its mark are those of the first, and who is heard in any of them is heard in it.
fn join(frames: &[Frame], repacketizer: &mut Option<Repacketizer>) -> Option<Frame> {
    let (first, rest) = frames.split_first()?;
    if rest.is_empty() {
        return Some(first.clone());
    }
    if repacketizer.is_none() {
        *repacketizer = Repacketizer::new().ok();
    }
    let payloads: Vec<&[u8]> = frames.iter().map(|frame| &*frame.payload).collect();
    let mut buffer = [0; MAX_PACKET_BYTES];
    let length = repacketizer.as_mut()?.combine(&payloads, &mut buffer).ok()?;
    let mut csrcs: Vec<u32> = Vec::new();
    for csrc in frames.iter().rev().flat_map(|frame| &frame.csrcs) {
        if !csrcs.contains(csrc) {
            csrcs.push(*csrc);
        }
    }
    Some(Frame {
        csrcs,
        payload: buffer[..length].into(),
        ..first.clone()
    })
}

#[cfg(test)]
#[path = "packing-tests.rs"]
mod tests;
