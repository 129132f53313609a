//! How much sound one packet carries to a listener, and how that grows as the node fills.
//!
//! A listener costs its packets and nothing else, so half as many packets are nearly half the cost, for as much more delay. All
//! classes are made from one encoding (see [`super::packing`]), so that nobody renegotiates anything when one takes over.

use serde::Serialize;

/// See the module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum FrameClass {
    /// 20 ms: one frame of the mix a packet.
    #[default]
    Ms20,
    /// 40 ms.
    Ms40,
    /// 60 ms.
    Ms60,
    /// 120 ms, the most that an Opus packet holds (RFC 6716 §3.2.5). For a full node only.
    Ms120,
}

const CLASSES: [FrameClass; 4] = [FrameClass::Ms20, FrameClass::Ms40, FrameClass::Ms60, FrameClass::Ms120];

impl FrameClass {
    /// The class of so many milliseconds.
    #[must_use]
    pub fn of_ms(ms: u32) -> Option<Self> {
        CLASSES.into_iter().find(|class| class.ms() == ms)
    }

    /// Its milliseconds.
    #[must_use]
    pub fn ms(self) -> u32 {
        20 * self.frames() as u32
    }

    /// How many frames of the mix a packet holds.
    pub(crate) fn frames(self) -> usize {
        match self {
            Self::Ms20 => 1,
            Self::Ms40 => 2,
            Self::Ms60 => 3,
            Self::Ms120 => 6,
        }
    }
}

/// The share of a core that the media thread uses, from which its packets grow. Above one half ticks begin to be late when many
/// join at once; lower makes people wait longer for sound that would have come in time.
const GROW_FROM: f32 = 0.65;
/// It is looked at once a second; so many in a row decide. A rush of joins is over sooner.
const GROW_AFTER: u32 = 3;
/// The share below which packets become smaller again. Half a class is twice the work at most, and that must stay below
/// [`GROW_FROM`] by a margin, or the classes would change to and fro.
const SHRINK_BELOW: f32 = 0.25;
const SHRINK_AFTER: u32 = 10;
/// The share beyond which nobody else is let in, once packets cannot grow any more, and for how many seconds in a row: one bad
/// second of the machine refuses nobody.
const FULL_FROM: f32 = 0.85;
const FULL_AFTER: u32 = 3;
/// Fewer listeners than this on the node cannot be what fills it.
const MANY: usize = 50;
/// A space with fewer listeners than this stays one class behind: the few packets that larger ones would save are not worth the
/// delay in what is rather a conversation.
const SMALL_SPACE: usize = 50;
const SMALL_BEHIND: usize = 1;
/// And one whose host wants the delay low, so many: more would have others wait longer for it, fewer would not be what was wanted.
const LOW_DELAY_BEHIND: usize = 2;

/// How full the node is.
#[derive(Debug, Default)]
pub(crate) struct Filling {
    /// Which of the classes the spaces have that are not behind; beyond the last one those grow that are.
    stage: usize,
    /// Whether a space is there whose delay is to be low.
    has_low_delay: bool,
    /// The operator's choice, which nothing changes.
    fixed: Option<FrameClass>,
    busy: f32,
    seconds_busy: u32,
    seconds_calm: u32,
    seconds_full: u32,
}

impl Filling {
    pub(crate) fn fix(&mut self, class: Option<FrameClass>) {
        self.fixed = class;
    }

    /// Takes in what the last second was like: the share of a core that was used, how many listen, and whether somebody wants
    /// their delay to be low.
    pub(crate) fn observe(&mut self, busy: f32, listeners: usize, has_low_delay: bool) {
        self.busy = busy;
        self.has_low_delay = has_low_delay;
        self.stage = self.stage.min(self.last_stage());
        self.seconds_full = if self.cannot_grow() && busy >= FULL_FROM && listeners >= MANY {
            self.seconds_full + 1
        } else {
            0
        };
        self.seconds_busy = if busy >= GROW_FROM && listeners >= MANY {
            self.seconds_busy + 1
        } else {
            0
        };
        self.seconds_calm = if busy < SHRINK_BELOW { self.seconds_calm + 1 } else { 0 };
        self.stage = if self.seconds_busy >= GROW_AFTER {
            self.last_stage().min(self.stage + 1)
        } else if self.seconds_calm >= SHRINK_AFTER {
            self.stage.saturating_sub(1)
        } else {
            return;
        };
        (self.seconds_busy, self.seconds_calm) = (0, 0);
    }

    /// The class of a space with so many listeners, whose host may want its delay to be low.
    pub(crate) fn class_of(&self, listeners: usize, wants_low_delay: bool) -> FrameClass {
        let class = match wants_low_delay {
            true => self.behind(LOW_DELAY_BEHIND),
            false => self.behind(0),
        };
        match self.fixed {
            Some(class) => class,
            // Even where those grow for whom it is meant, a small one fills no node.
            None if listeners < SMALL_SPACE => class.min(self.behind(SMALL_BEHIND)).min(FrameClass::Ms60),
            None => class,
        }
    }

    /// The class of a large space.
    pub(crate) fn class(&self) -> FrameClass {
        self.fixed.unwrap_or(self.behind(0))
    }

    fn behind(&self, stages: usize) -> FrameClass {
        let last = CLASSES.len() - 1;
        CLASSES[self.stage.saturating_sub(stages).min(last)]
    }

    fn last_stage(&self) -> usize {
        let behind = if self.has_low_delay { LOW_DELAY_BEHIND } else { 0 };
        CLASSES.len() - 1 + behind
    }

    pub(crate) fn busy(&self) -> f32 {
        self.busy
    }

    /// Whether one more listener would be to the harm of those who are there.
    pub(crate) fn is_full(&self) -> bool {
        self.seconds_full >= FULL_AFTER
    }

    fn cannot_grow(&self) -> bool {
        self.fixed.is_some() || self.stage >= self.last_stage()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(filling: &mut Filling, seconds: u32, busy: f32, listeners: usize) {
        (0..seconds).for_each(|_| filling.observe(busy, listeners, false));
    }

    #[test]
    fn packets_grow_while_the_node_is_busy_and_shrink_long_after() {
        let mut filling = Filling::default();
        pass(&mut filling, 2, 0.9, 1_000);
        assert_eq!(
            filling.class_of(1_000, false),
            FrameClass::Ms20,
            "a rush is over sooner"
        );
        pass(&mut filling, 1, 0.9, 1_000);
        assert_eq!(filling.class_of(1_000, false), FrameClass::Ms40);
        assert_eq!(
            filling.class_of(10, false),
            FrameClass::Ms20,
            "a small space is one behind"
        );
        pass(&mut filling, 60, 0.5, 1_000);
        assert_eq!(filling.class(), FrameClass::Ms40, "well as it is");
        pass(&mut filling, 9, 0.2, 1_000);
        pass(&mut filling, 1, 0.3, 1_000);
        pass(&mut filling, 9, 0.2, 1_000);
        assert_eq!(filling.class(), FrameClass::Ms40);
        pass(&mut filling, 1, 0.2, 1_000);
        assert_eq!(filling.class(), FrameClass::Ms20);
    }

    #[test]
    fn a_node_is_full_only_when_its_packets_cannot_grow_any_more() {
        let mut filling = Filling::default();
        for class in [FrameClass::Ms40, FrameClass::Ms60, FrameClass::Ms120] {
            assert!(!filling.is_full(), "before {class:?}");
            pass(&mut filling, GROW_AFTER, 0.95, 1_000);
            assert_eq!(filling.class(), class);
        }
        pass(&mut filling, FULL_AFTER - 1, 0.95, 1_000);
        assert!(!filling.is_full(), "a bad moment is over sooner");
        pass(&mut filling, 1, 0.95, 1_000);
        assert!(filling.is_full());
        pass(&mut filling, 1, 0.7, 1_000);
        assert!(!filling.is_full());
        let mut fixed = Filling::default();
        fixed.fix(Some(FrameClass::Ms20));
        pass(&mut fixed, GROW_AFTER, 0.95, 1_000);
        assert!(fixed.is_full());
        assert_eq!(fixed.class_of(1, false), FrameClass::Ms20);
        pass(&mut fixed, 1, 0.95, 3);
        assert!(!fixed.is_full(), "three cannot have filled it");
    }

    #[test]
    fn where_the_delay_is_to_be_low_it_grows_last_and_before_anybody_is_refused() {
        let mut filling = Filling::default();
        let grow = |filling: &mut Filling| (0..GROW_AFTER).for_each(|_| filling.observe(0.95, 1_000, true));
        let classes = [
            (FrameClass::Ms40, FrameClass::Ms20),
            (FrameClass::Ms60, FrameClass::Ms20),
            (FrameClass::Ms120, FrameClass::Ms40),
            (FrameClass::Ms120, FrameClass::Ms60),
            (FrameClass::Ms120, FrameClass::Ms120),
        ];
        for (others, low) in classes {
            assert!(!filling.is_full(), "before {low:?}");
            grow(&mut filling);
            assert_eq!(filling.class_of(1_000, false), others);
            assert_eq!(filling.class_of(1_000, true), low);
            assert!(filling.class_of(10, true) <= low, "a small space has it no worse");
        }
        grow(&mut filling);
        assert!(filling.is_full());
        pass(&mut filling, 1, 0.5, 1_000);
        assert_eq!(
            filling.class(),
            FrameClass::Ms120,
            "and where none is left it is as full as others"
        );
        pass(&mut filling, SHRINK_AFTER, 0.1, 1_000);
        assert_eq!(filling.class(), FrameClass::Ms60);
    }

    #[test]
    fn what_a_few_listeners_cannot_have_caused_changes_nothing_for_them() {
        let mut filling = Filling::default();
        pass(&mut filling, 60, 1.0, MANY - 1);
        assert_eq!(filling.class(), FrameClass::Ms20);
    }

    #[test]
    fn classes_are_named_by_their_milliseconds() {
        for class in CLASSES {
            assert_eq!(FrameClass::of_ms(class.ms()), Some(class));
        }
        assert_eq!(FrameClass::of_ms(30), None);
    }
}
