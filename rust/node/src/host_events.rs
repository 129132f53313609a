//! The node's events on their way to its host: a bounded queue, and a signal that the host's own loop waits for. A thread that
//! waited instead would cost each event two changes of threads, and the host its interpreter for them.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flume::{Receiver, Sender, TrySendError, bounded};
use voxhall_media::routers::NodeEvent;

/// Events that may wait for the control plane. Beyond it they are dropped and a full report is due instead.
const EVENT_QUEUE: usize = 16_384;

/// The node has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The media node has stopped.")]
pub struct Stopped;

#[derive(Default)]
struct State {
    /// The signal was given, and nobody has looked since.
    is_given: AtomicBool,
    has_lost: AtomicBool,
    has_ended: AtomicBool,
}

/// For a thread that has something to tell.
#[derive(Clone)]
pub(crate) struct EventSender {
    events: Sender<NodeEvent>,
    state: Arc<State>,
    hand: Arc<UnixStream>,
}

/// Held by the thread without which there is no node: when it goes, in peace or by a panic, the host is told, whoever else has
/// something to tell.
pub(crate) struct Life(EventSender);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.state.has_ended.store(true, Ordering::SeqCst);
        // For good: whoever waits for the signal is woken now, and finds that it is over.
        let _ = self.0.hand.shutdown(Shutdown::Write);
    }
}

impl EventSender {
    /// Of the thread that asks.
    pub(crate) fn life(&self) -> Life {
        Life(self.clone())
    }

    pub(crate) fn tell(&self, event: NodeEvent) {
        match self.events.try_send(event) {
            Ok(()) if self.state.is_given.swap(true, Ordering::SeqCst) => {}
            // Where it takes no more, it was given often enough.
            Ok(()) => drop((&*self.hand).write(&[1])),
            Err(TrySendError::Full(_)) => self.state.has_lost.store(true, Ordering::Relaxed),
            Err(TrySendError::Disconnected(_)) => {}
        }
    }
}

/// The host's end.
pub(crate) struct EventQueue {
    events: Receiver<NodeEvent>,
    state: Arc<State>,
    signal: UnixStream,
}

impl EventQueue {
    pub(crate) fn open() -> io::Result<(EventSender, Self)> {
        let (sender, events) = bounded(EVENT_QUEUE);
        let (hand, signal) = UnixStream::pair()?;
        hand.set_nonblocking(true)?;
        signal.set_nonblocking(true)?;
        let state = Arc::new(State::default());
        let sender = EventSender {
            events: sender,
            state: Arc::clone(&state),
            hand: Arc::new(hand),
        };
        Ok((sender, Self { events, state, signal }))
    }

    /// The next event; once there is none, the signal is given with the next one.
    pub(crate) fn next(&self) -> Result<Option<NodeEvent>, Stopped> {
        // Before the queue is looked at: what was told until then is given out first.
        let has_ended = self.state.has_ended.load(Ordering::SeqCst);
        let waiting = self.events.try_recv().or_else(|_| {
            self.silence();
            self.events.try_recv()
        });
        match waiting {
            Ok(event) => Ok(Some(event)),
            Err(_) if has_ended => Err(Stopped),
            Err(_) => Ok(None),
        }
    }

    /// In this order: what is told from now on gives it anew, and what was told before is found by the look after this.
    fn silence(&self) {
        let _ = (&self.signal).read(&mut [0; 16]);
        self.state.is_given.store(false, Ordering::SeqCst);
    }

    /// Readable from an event on, until [`EventQueue::next`] has given none, and for good once the node has ended.
    pub(crate) fn signal(&self) -> BorrowedFd<'_> {
        self.signal.as_fd()
    }

    pub(crate) fn take_lost(&self) -> bool {
        self.state.has_lost.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::*;

    fn event(space: &str) -> NodeEvent {
        NodeEvent::TapeStopped {
            space: space.to_owned(),
            reason: voxhall_media::tape::GapReason::DiskError,
        }
    }

    fn is_signalled(queue: &EventQueue) -> bool {
        let looked = socket2::SockRef::from(&queue.signal).peek(&mut [MaybeUninit::uninit()]);
        looked.is_ok()
    }

    #[test]
    fn the_signal_stands_from_an_event_on_until_nothing_is_left() {
        let (sender, queue) = EventQueue::open().expect("a pair");
        assert!(!is_signalled(&queue));
        for _ in 0..2 {
            sender.tell(event("sp_1"));
            sender.tell(event("sp_2"));
            assert!(is_signalled(&queue));
            assert!(queue.next().expect("runs").is_some() && is_signalled(&queue));
            assert!(queue.next().expect("runs").is_some());
            assert!(queue.next().expect("runs").is_none() && !is_signalled(&queue));
        }
    }

    #[test]
    fn what_is_told_while_somebody_looks_is_found_or_signalled() {
        let (sender, queue) = EventQueue::open().expect("a pair");
        let telling = std::thread::spawn(move || {
            let _life = sender.life();
            (0..20_000).for_each(|_| sender.tell(event("sp_1")));
        });
        let (mut found, mut has_stopped) = (0, false);
        while !has_stopped {
            while !is_signalled(&queue) {
                std::thread::yield_now();
            }
            loop {
                match queue.next() {
                    Ok(Some(_)) => found += 1,
                    Ok(None) => break,
                    Err(Stopped) => {
                        has_stopped = true;
                        break;
                    }
                }
            }
        }
        telling.join().expect("told");
        assert!(found == 20_000 || queue.take_lost(), "{found}");
    }

    #[test]
    fn a_node_whose_thread_panicked_has_stopped_although_another_could_still_tell_something() {
        let (sender, queue) = EventQueue::open().expect("a pair");
        let life = sender.life();
        sender.tell(event("sp_1"));
        let thread = std::thread::spawn(move || {
            let _life = life;
            std::panic::resume_unwind(Box::new("nothing is printed of this"));
        });
        assert!(thread.join().is_err() && is_signalled(&queue));
        assert!(queue.next().expect("what it still said").is_some());
        assert_eq!(queue.next(), Err(Stopped));
        sender.tell(event("sp_2"));
    }
}
