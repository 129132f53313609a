//! The threads that go on with handshakes, so that none of them holds up the sound.

use std::io;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Instant;

use flume::{Receiver, Sender, bounded, unbounded};
use mio::Waker;
use voxhall_media::routers::Routers;
use voxhall_media::{Work, Worked};

/// One core is the media thread's. More threads than this would open doors faster than anybody comes through them.
const MAX_THREADS: usize = 4;
/// Handshakes handed over ahead of their time; the others wait in the core, where they are counted.
const HANDED_OVER: usize = 16;

pub(crate) struct Pool {
    work: Sender<Work>,
    done: Receiver<Worked>,
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
        Ok(Self { work, done })
    }

    /// Takes back what is done until `end`, one step at least, and hands over what waits.
    pub(crate) fn exchange(&self, routers: &mut Routers, end: Instant) {
        while let Ok(worked) = self.done.try_recv() {
            let now = Instant::now();
            routers.worked(now, worked);
            if now >= end {
                break;
            }
        }
        while !self.work.is_full() {
            let Some(work) = routers.poll_work() else { break };
            // The threads outlive this, or the process has no future.
            let _ = self.work.try_send(work);
        }
    }

    /// Whether something is done that was not taken back yet.
    pub(crate) fn has_done(&self) -> bool {
        !self.done.is_empty()
    }
}
