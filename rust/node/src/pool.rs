//! The threads that go on with handshakes, so that none of them holds up the sound.

use std::io;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use flume::{Receiver, Sender, bounded, unbounded};
use mio::Waker;
use voxhall_media::routers::Routers;
use voxhall_media::{Work, Worked};

/// One core is the media thread's. More threads than this would open doors faster than anybody comes through them.
const MAX_THREADS: usize = 4;
/// Handshakes handed over ahead of their time; the others wait in the core, where they are counted.
const HANDED_OVER: usize = 16;
/// With so much time before the media thread has something to do it goes on itself with a handshake that comes alone: handing it over and back is
/// two changes of threads and a wake-up. Several times what a step takes, which is well below a millisecond. Higher hands more of them over; lower
/// may hold up sound.
const SPARE: Duration = Duration::from_millis(3);

pub(crate) struct Pool {
    work: Sender<Work>,
    done: Receiver<Worked>,
    /// Handed over and not taken back.
    away: usize,
}

impl Pool {
    /// Starts the threads; they end when this is dropped. `waker` tells of each step that is done.
    pub(crate) fn start(waker: &Arc<Waker>) -> io::Result<Self> {
        let (work, to_do) = bounded::<Work>(HANDED_OVER);
        // No more of them than were handed over.
        let (finished, done) = unbounded();
        let cores = available_parallelism().map_or(1, usize::from);
        for _ in 0..(cores - 1).clamp(1, MAX_THREADS) {
            let (to_do, finished, waker) = (to_do.clone(), finished.clone(), Arc::clone(waker));
            std::thread::Builder::new()
                .name("voxhall-handshake".to_owned())
                .spawn(move || {
                    for work in to_do {
                        if finished.send(work.run()).is_err() || waker.wake().is_err() {
                            break;
                        }
                    }
                })?;
        }
        Ok(Self { work, done, away: 0 })
    }

    /// Takes back what is done until `end`, one step at least, and hands over what waits; nothing else is to be done before `due`.
    pub(crate) fn exchange(&mut self, routers: &mut Routers, end: Instant, due: Instant) {
        while let Ok(worked) = self.done.try_recv() {
            self.away -= 1;
            let now = Instant::now();
            routers.worked(now, worked);
            if now >= end {
                break;
            }
        }
        let is_alone = self.away == 0 && routers.work_waiting() == 1;
        if is_alone && due.saturating_duration_since(Instant::now()) >= SPARE {
            let worked = routers.poll_work().map(Work::run);
            worked.into_iter().for_each(|one| routers.worked(Instant::now(), one));
        }
        while !self.work.is_full() {
            let Some(work) = routers.poll_work() else { break };
            // The threads outlive this, or the process has no future.
            if self.work.try_send(work).is_ok() {
                self.away += 1;
            }
        }
    }

    /// Whether something is done that was not taken back yet.
    pub(crate) fn has_done(&self) -> bool {
        !self.done.is_empty()
    }
}
