//! The thread that writes.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use flume::{Receiver, RecvTimeoutError};
use voxhall_media::error::MediaError;
use voxhall_media::routers::NodeEvent;
use voxhall_media::tape::{GapReason, Kind, Past, Tape};

use super::disk::Disk;
use super::open::OpenTape;
use super::queue::{Load, Message, answer};
use super::status::{Recording, Status};
use super::{FULL_PERCENT, Mode, Place};
use crate::host_events::EventSender;

/// How often the disk is waited for: a power cut costs this and the page that is open. Shorter wears the disk, longer loses more.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// See the module.
pub(crate) struct Writer<D: Disk> {
    pub(crate) disk: D,
    pub(crate) data: PathBuf,
    pub(crate) messages: Receiver<Message>,
    pub(crate) load: Arc<Load>,
    pub(crate) events: EventSender,
    pub(crate) status: Status,
}

struct Now {
    at: Instant,
    wall_ms: i64,
}

impl Now {
    fn read() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            at: Instant::now(),
            wall_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        }
    }

    /// The time on the wall when it was `at`, which is not later than now.
    fn wall_ms_of(&self, at: Instant) -> i64 {
        let ago = self.at.saturating_duration_since(at).as_millis();
        self.wall_ms.saturating_sub(i64::try_from(ago).unwrap_or(i64::MAX))
    }
}

type Tapes<D> = HashMap<String, OpenTape<<D as Disk>::File>>;

impl<D: Disk> Writer<D> {
    /// Until it is told to stop, or the node is gone.
    pub(crate) fn run(self) {
        // Left by a node that died: nobody is promised more than the last two minutes of a space that is live.
        let _ = self.disk.remove_folder(&self.data.join("rings"));
        // Where it cannot be made now, the first recording says so.
        let _ = self.disk.make_folder(&self.tapes());
        let mut tapes = Tapes::<D>::new();
        let mut sync_at = Instant::now();
        loop {
            let wait = sync_at.saturating_duration_since(Instant::now());
            let mut next = match self.messages.recv_timeout(wait) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Message::Stop),
            };
            while let Some(message) = next {
                if matches!(message, Message::Stop) {
                    return self.finish_all(tapes);
                }
                self.guarded(&mut tapes, message);
                // However much there is to do, the disk is waited for in time.
                let has_time = Instant::now() < sync_at;
                next = has_time.then(|| self.messages.try_recv().ok()).flatten();
            }
            if Instant::now() >= sync_at {
                self.sync(&mut tapes);
                sync_at = Instant::now() + SYNC_EVERY;
            }
            self.tell(&mut tapes);
        }
    }

    /// A fault in one tape costs that tape a segment: it is taken up again as after a crash.
    fn guarded(&self, tapes: &mut Tapes<D>, message: Message) {
        let space = match &message {
            Message::Tick(tick) => Some(tick.space.to_string()),
            _ => None,
        };
        let handled = catch_unwind(AssertUnwindSafe(|| self.handle(tapes, message)));
        let Some(space) = space.filter(|_| handled.is_err()) else {
            return;
        };
        let mode = tapes.remove(&space).map(|open| match open.tape.kind() {
            Kind::Recording => Mode::On,
            Kind::Ring => Mode::Ring,
        });
        let reopened = mode.map(|mode| self.record(tapes, &space, mode));
        if reopened.is_some_and(|reopened| reopened.is_err()) {
            let reason = GapReason::DiskError;
            self.events.tell(NodeEvent::TapeStopped { space, reason });
        }
    }

    fn handle(&self, tapes: &mut Tapes<D>, message: Message) {
        let now = Now::read();
        match message {
            Message::Tick(tick) => {
                self.load.taken(&tick);
                if let Some(open) = tapes.get_mut(&*tick.space) {
                    let wall_ms = now.wall_ms_of(tick.at);
                    open.tape.tick(&tick, wall_ms);
                    open.carry_out(&self.disk, now.at, wall_ms);
                }
            }
            Message::Ended(space) => {
                let _ = self.close(tapes, &space, &now);
            }
            Message::Record { space, mode, reply } => {
                let place = self.record(tapes, &space, mode);
                // Whoever asks for a report with the answer in hand finds it there.
                self.tell(tapes);
                answer(&reply, place);
            }
            Message::Note { space, events, reply } => {
                let place = tapes.get_mut(&space).map(|open| {
                    open.tape.note(&events);
                    open.carry_out(&self.disk, now.at, now.wall_ms);
                    open.place()
                });
                answer(&reply, place.ok_or(MediaError::TapeFailed));
            }
            Message::Stop => {}
        }
    }

    fn record(&self, tapes: &mut Tapes<D>, space: &str, mode: Mode) -> Result<Place, MediaError> {
        let now = Now::read();
        let kind = tapes.get(space).map(|open| open.tape.kind());
        match (mode, kind) {
            (Mode::Off, _) => Ok(self.close(tapes, space, &now)),
            (Mode::Ring, Some(Kind::Ring)) => Ok(tapes.get(space).map(OpenTape::place).unwrap_or_default()),
            (Mode::On | Mode::Paused, Some(Kind::Recording)) => {
                let Some(open) = tapes.get_mut(space) else {
                    return Err(MediaError::Internal);
                };
                open.tape.set_paused(mode == Mode::Paused, now.wall_ms);
                open.carry_out(&self.disk, now.at, now.wall_ms);
                Ok(open.place())
            }
            _ => {
                self.close(tapes, space, &now);
                let opened = self.open(space, mode, &now)?;
                let place = opened.place();
                tapes.insert(space.to_owned(), opened);
                Ok(place)
            }
        }
    }

    fn open(&self, space: &str, mode: Mode, now: &Now) -> Result<OpenTape<D::File>, MediaError> {
        let failed = |_: std::io::Error| MediaError::TapeFailed;
        let is_ring = mode == Mode::Ring;
        let folder = match mode {
            Mode::Ring => self.data.join("rings"),
            _ => self.tapes(),
        }
        .join(space);
        let (kind, past, length) = if is_ring {
            self.disk.remove_folder(&folder).map_err(failed)?;
            (Kind::Ring, Past::default(), 0)
        } else {
            let (past, length) = OpenTape::past(&self.disk, &folder).map_err(failed)?;
            (Kind::Recording, past, length)
        };
        let is_under_way = !past.is_new() && !past.is_finished;
        if !is_ring && !is_under_way && self.disk.used_percent(&self.tapes()).map_err(failed)? >= FULL_PERCENT {
            return Err(MediaError::DiskFull);
        }
        let tape = Tape::open(space, kind, &past, mode == Mode::Paused, now.wall_ms);
        let opened = OpenTape::begin(&self.disk, folder, tape, space, length, now.at, now.wall_ms).map_err(failed)?;
        match opened.tape.stopped() {
            None => Ok(opened),
            Some(GapReason::DiskFull) => Err(MediaError::DiskFull),
            Some(_) => Err(MediaError::TapeFailed),
        }
    }

    /// May be a disk of its own.
    fn tapes(&self) -> PathBuf {
        self.data.join("tapes")
    }

    /// Ends a tape for good.
    fn close(&self, tapes: &mut Tapes<D>, space: &str, now: &Now) -> Place {
        let Some(mut open) = tapes.remove(space) else {
            return Place::default();
        };
        open.finish(&self.disk, true, now.at, now.wall_ms);
        self.send_all(&mut open);
        if open.tape.kind() == Kind::Recording {
            let duration_ms = open.tape.at_ms();
            self.events.tell(NodeEvent::TapeFinished {
                space: space.to_owned(),
                duration_ms,
            });
        }
        open.place()
    }

    /// The node stops; another may go on with the tapes.
    fn finish_all(&self, tapes: Tapes<D>) {
        let now = Now::read();
        for (_, mut open) in tapes {
            open.finish(&self.disk, false, now.at, now.wall_ms);
            self.send_all(&mut open);
        }
    }

    fn sync(&self, tapes: &mut Tapes<D>) {
        let began = Instant::now();
        for open in tapes.values_mut() {
            let now = Now::read();
            open.sync(&self.disk, now.at, now.wall_ms);
            open.try_again(&self.disk, now.at, now.wall_ms);
        }
        let used = self.disk.used_percent(&self.tapes()).ok();
        let mut told = self.status.told();
        told.sync_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        told.disk_used_percent = used;
        told.lost_ticks = self.load.lost_ticks();
    }

    fn tell(&self, tapes: &mut Tapes<D>) {
        for open in tapes.values_mut() {
            self.send_all(open);
        }
        let describe = |(space, open): (&String, &OpenTape<D::File>)| {
            let mode = match open.tape.kind() {
                Kind::Ring => Mode::Ring,
                Kind::Recording if open.tape.is_paused() => Mode::Paused,
                Kind::Recording => Mode::On,
            };
            let (at_ms, stopped) = (open.tape.at_ms(), open.tape.stopped());
            (space.clone(), Recording { mode, at_ms, stopped })
        };
        let spaces = tapes.iter().map(describe).collect();
        self.status.told().spaces = spaces;
    }

    fn send_all(&self, open: &mut OpenTape<D::File>) {
        for event in std::mem::take(&mut open.events) {
            self.events.tell(event);
        }
    }
}
