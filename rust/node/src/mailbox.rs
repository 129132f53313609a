//! From thread to thread: whoever waits for something sleeps at once.
//!
//! Channels made for throughput look again a hundred times, and give their core away four times, before they sleep. Here each message is
//! waited for on its own, on cores that have other work, so that looking was the better part of what handing over cost.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A mailbox that holds `most` messages.
pub(crate) fn mailbox<T>(most: usize) -> (Sender<T>, Receiver<T>) {
    let inside = Inside {
        messages: VecDeque::new(),
        senders: 1,
        receivers: 1,
        asleep: 0,
    };
    let shared = Arc::new(Shared {
        inside: Mutex::new(inside),
        filled: Condvar::new(),
        most,
    });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

/// Why a message was not taken; it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// It holds as many as it may.
    Full,
    /// Nobody is left to receive it.
    Alone,
}

/// Why there is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotReceived {
    /// Not yet.
    Empty,
    /// And there will be none: nobody is left to send one.
    Alone,
}

struct Shared<T> {
    inside: Mutex<Inside<T>>,
    filled: Condvar,
    most: usize,
}

struct Inside<T> {
    messages: VecDeque<T>,
    senders: usize,
    receivers: usize,
    asleep: usize,
}

impl<T> Shared<T> {
    /// Nothing in here panics between two steps that belong together.
    fn inside(&self) -> MutexGuard<'_, Inside<T>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Sender<T>(Arc<Shared<T>>);

impl<T> Sender<T> {
    /// Never waits.
    pub(crate) fn send(&self, message: T) -> Result<(), NotSent> {
        let mut inside = self.0.inside();
        if inside.receivers == 0 {
            return Err(NotSent::Alone);
        }
        if inside.messages.len() >= self.0.most {
            return Err(NotSent::Full);
        }
        inside.messages.push_back(message);
        let is_awaited = inside.asleep > 0;
        drop(inside);
        if is_awaited {
            self.0.filled.notify_one();
        }
        Ok(())
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.inside().messages.len() >= self.0.most
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.inside().senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut inside = self.0.inside();
        inside.senders -= 1;
        let is_last = inside.senders == 0;
        drop(inside);
        if is_last {
            self.0.filled.notify_all();
        }
    }
}

/// One of those who share a mailbox: each message goes to one of them.
pub(crate) struct Receiver<T>(Arc<Shared<T>>);

impl<T> Receiver<T> {
    /// What is there now.
    pub(crate) fn try_receive(&self) -> Option<T> {
        self.0.inside().messages.pop_front()
    }

    /// Waits for the next, for ever: None where none can come any more.
    pub(crate) fn receive(&self) -> Option<T> {
        self.wait(None).ok()
    }

    /// Waits for the next.
    pub(crate) fn receive_within(&self, time: Duration) -> Result<T, NotReceived> {
        self.wait(Instant::now().checked_add(time))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.inside().messages.is_empty()
    }

    fn wait(&self, until: Option<Instant>) -> Result<T, NotReceived> {
        let mut inside = self.0.inside();
        loop {
            if let Some(message) = inside.messages.pop_front() {
                return Ok(message);
            }
            if inside.senders == 0 {
                return Err(NotReceived::Alone);
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(NotReceived::Empty);
            }
            inside.asleep += 1;
            let filled = &self.0.filled;
            inside = match left {
                Some(left) => filled
                    .wait_timeout(inside, left)
                    .map(|(inside, _)| inside)
                    .unwrap_or_else(|e| e.into_inner().0),
                None => filled.wait(inside).unwrap_or_else(PoisonError::into_inner),
            };
            inside.asleep -= 1;
        }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.0.inside().receivers += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut inside = self.0.inside();
        inside.receivers -= 1;
        if inside.receivers == 0 {
            // Whoever waits for an answer that is in one of them is let go.
            let messages = std::mem::take(&mut inside.messages);
            drop(inside);
            drop(messages);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn messages_come_in_order_and_what_is_one_too_many_is_refused() {
        let (sender, receiver) = mailbox(2);
        assert_eq!(receiver.try_receive(), None);
        assert_eq!((sender.send(1), sender.send(2)), (Ok(()), Ok(())));
        assert!(sender.is_full() && !receiver.is_empty());
        assert_eq!(sender.send(3), Err(NotSent::Full));
        assert_eq!((receiver.try_receive(), receiver.receive()), (Some(1), Some(2)));
        assert_eq!(
            receiver.receive_within(Duration::from_millis(1)),
            Err(NotReceived::Empty)
        );
    }

    #[test]
    fn whoever_sleeps_is_woken_by_a_message_and_by_the_end_of_all_senders() {
        let (sender, receiver) = mailbox(1_000);
        let (each, total) = (300, 3);
        let sleepers: Vec<_> = (0..total)
            .map(|_| receiver.clone())
            .map(|receiver| thread::spawn(move || std::iter::from_fn(|| receiver.receive()).sum::<usize>()))
            .collect();
        let senders: Vec<_> = (0..total)
            .map(|_| sender.clone())
            .map(|sender| thread::spawn(move || (0..each).for_each(|_| sender.send(1).expect("taken"))))
            .collect();
        drop(sender);
        senders.into_iter().for_each(|one| one.join().expect("sent"));
        let received: usize = sleepers.into_iter().map(|one| one.join().expect("received")).sum();
        assert_eq!(received, total * each);
        assert_eq!(receiver.receive_within(SOON), Err(NotReceived::Alone));
    }

    #[test]
    fn nobody_waits_for_an_answer_that_lies_in_a_mailbox_which_nobody_empties() {
        let (requests, desk) = mailbox(8);
        let (reply, answer) = mailbox::<()>(1);
        requests.send(reply).expect("taken");
        let waiting = thread::spawn(move || answer.receive_within(SOON));
        drop(desk);
        assert_eq!(waiting.join().expect("ended"), Err(NotReceived::Alone));
        let (reply, _answer) = mailbox::<()>(1);
        assert_eq!(requests.send(reply), Err(NotSent::Alone));
    }
}
