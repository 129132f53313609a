//! From the media thread to the writer, without waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use flume::{Receiver, Sender, unbounded};
use voxhall_media::error::MediaError;
use voxhall_media::routers::TapeNews;
use voxhall_media::tape::{StageEvent, TapeTick};

use super::{Mode, Place};

/// Sound that may wait for the disk: about 20 s of a hundred spaces with five speakers each. Raising it bridges longer stalls
/// of the disk and takes as much memory; what does not fit is a gap on the tape.
const MAX_BYTES: usize = 64 << 20;
/// What a tick and a packet cost in the queue beside their payload.
const TICK_BYTES: usize = 160;
const PACKET_BYTES: usize = 96;

/// How a call is answered.
pub(crate) type Reply = Sender<Result<serde_json::Value, MediaError>>;

pub(crate) enum Message {
    Tick(TapeTick),
    Ended(String),
    Record {
        space: String,
        mode: Mode,
        reply: Reply,
    },
    Note {
        space: String,
        events: Vec<StageEvent>,
        reply: Reply,
    },
    Stop,
}

/// The media thread's end.
#[derive(Clone)]
pub(crate) struct Queue {
    sender: Sender<Message>,
    load: Arc<Load>,
}

/// How much waits, and how much did not fit.
#[derive(Debug, Default)]
pub(crate) struct Load {
    bytes: AtomicUsize,
    lost_ticks: AtomicU64,
}

impl Queue {
    pub(crate) fn new() -> (Self, Receiver<Message>, Arc<Load>) {
        let (sender, receiver) = unbounded();
        let load = Arc::new(Load::default());
        let queue = Self {
            sender,
            load: Arc::clone(&load),
        };
        (queue, receiver, load)
    }

    /// Hands over what the routers have for the tapes. A tick that finds the queue full is lost; the writer sees it by the
    /// count of the next one.
    pub(crate) fn pass_on(&self, news: TapeNews) {
        match news {
            TapeNews::Ended(space) => self.send(Message::Ended(space)),
            TapeNews::Tick(tick) => {
                let size = size(&tick);
                if self.load.bytes.fetch_add(size, Ordering::Relaxed) > MAX_BYTES {
                    self.load.bytes.fetch_sub(size, Ordering::Relaxed);
                    self.load.lost_ticks.fetch_add(1, Ordering::Relaxed);
                } else {
                    self.send(Message::Tick(tick));
                }
            }
        }
    }

    /// Sends what may not be lost: calls, of which no more wait than have callers who wait.
    pub(crate) fn send(&self, message: Message) {
        // Without a writer there is no tape; the caller finds its reply dropped.
        let _ = self.sender.send(message);
    }
}

impl Load {
    /// The writer has taken a tick out.
    pub(crate) fn taken(&self, tick: &TapeTick) {
        self.bytes.fetch_sub(size(tick), Ordering::Relaxed);
    }

    pub(crate) fn lost_ticks(&self) -> u64 {
        self.lost_ticks.load(Ordering::Relaxed)
    }
}

fn size(tick: &TapeTick) -> usize {
    let packets: usize = tick.packets.iter().map(|p| PACKET_BYTES + p.payload.len()).sum();
    TICK_BYTES + tick.payload.as_ref().map_or(0, |payload| payload.len()) + packets
}

/// The answer to a call about a tape.
pub(crate) fn answer(reply: &Reply, place: Result<Place, MediaError>) {
    let value = place.and_then(|place| serde_json::to_value(place).map_err(|_| MediaError::Internal));
    // A caller that stopped waiting needs no answer.
    let _ = reply.try_send(value);
}
