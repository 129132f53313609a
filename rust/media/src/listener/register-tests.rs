use super::super::entry::tests::an_entry;
use super::*;

#[path = "taking-over-tests.rs"]
mod taking_over;

fn memory(rows: usize) -> Memory {
    let words: Vec<AtomicU64> = (0..(rows + 1) * ROW_WORDS).map(|_| AtomicU64::new(0)).collect();
    Memory {
        words: Vec::leak(words),
        boot: 7 << 64 | 9,
        uptime: Duration::from_secs(100),
    }
}

fn is_blank(memory: &Memory) -> bool {
    memory.words[ROW_WORDS..].iter().all(|word| word.load(SeqCst) == 0)
}

#[test]
fn who_is_written_is_there_for_the_next_process_with_all_counts() {
    let mut memory = memory(3);
    let (register, began) = Register::open(&memory);
    assert_eq!((began, register.entries().len()), (memory.uptime, 0));
    let (entry, place) = (an_entry(), Place(2));
    register.write(place, &entry);
    let sent = SentSoFar {
        packets: 5,
        octets: 400,
        timestamp: 0,
    };
    assert_eq!(register.use_up(place, 1_000, sent), 1_000 + NUMBERS);
    register.note_reports(place, 8, Some(0));
    register.set_away(place, true);
    register.set_protected(place, true);
    register.set_away(place, false);
    memory.uptime += Duration::from_secs(9);
    let (register, began) = Register::open(&memory);
    assert_eq!(began, Duration::from_secs(100));
    let counts = Counts {
        sequence: 1_000 + NUMBERS,
        next_report: 8,
        heard_report: Some(0),
        sent,
        is_away: false,
        is_protected: true,
    };
    assert_eq!(register.entries(), [(place, entry, counts)]);
}

#[test]
fn a_process_that_dies_while_it_writes_leaves_the_old_row_the_new_one_or_none() {
    let memory = memory(1);
    let (register, _) = Register::open(&memory);
    let before = an_entry();
    register.write(Place(0), &before);
    let words = |memory: &Memory| -> Vec<u64> { memory.words.iter().map(|word| word.load(SeqCst)).collect() };
    let old = words(&memory);
    let mut after = an_entry();
    after.password = "another".into();
    after.route = None;
    register.write(Place(0), &after);
    let new = words(&memory);
    // The stores in their order: the checksum is void, then word by word, then the checksum.
    let row = ROW_WORDS + CHECKSUM;
    let mut torn = old.clone();
    torn[row] = 0;
    let read = |words: &[u64]| {
        memory
            .words
            .iter()
            .zip(words)
            .for_each(|(word, value)| word.store(*value, SeqCst));
        register.read(Place(0))
    };
    for at in ROW_WORDS + ENTRY..2 * ROW_WORDS {
        assert_eq!(read(&torn), None, "died before word {at}");
        torn[at] = new[at];
    }
    assert_eq!(read(&torn), None);
    assert_eq!((read(&old), read(&new)), (Some(before), Some(after)));
    // And whatever else has happened to a row.
    for at in ROW_WORDS + ENTRY..2 * ROW_WORDS {
        let mut changed = new.clone();
        changed[at] ^= 1 << (at % 64);
        assert_eq!(read(&changed), None, "changed at {at}");
    }
    assert_eq!(register.entries(), []);
    assert!(is_blank(&memory), "what cannot be read is wiped, keys and all");
}

#[test]
fn rows_of_another_boot_another_build_or_another_clock_are_thrown_away_with_their_keys() {
    let changes: [fn(&mut Memory); 3] = [
        |memory| memory.boot += 1,
        |memory| memory.words[LAYOUT].store(THIS_LAYOUT ^ 1, SeqCst),
        |memory| memory.uptime = Duration::from_secs(99),
    ];
    for change in changes {
        let mut memory = memory(2);
        let (register, _) = Register::open(&memory);
        register.write(Place(0), &an_entry());
        change(&mut memory);
        let (register, began) = Register::open(&memory);
        assert_eq!((began, register.entries().len()), (memory.uptime, 0));
        assert!(is_blank(&memory));
    }
}

#[test]
fn who_leaves_and_who_does_not_fit_leaves_nothing_behind_and_at_the_end_nobody_does() {
    let memory = memory(2);
    let (register, _) = Register::open(&memory);
    register.write(Place(0), &an_entry());
    register.use_up(Place(0), 7, SentSoFar::default());
    register.clear(Place(0));
    assert!(is_blank(&memory));
    let mut long = an_entry();
    long.remote_ufrag = "x".repeat(250);
    register.write(Place(1), &an_entry());
    register.write(Place(1), &long);
    assert!(is_blank(&memory));
    register.write(Place(7), &an_entry());
    assert_eq!(register.read(Place(7)), None, "there is no such row");
    register.write(Place(1), &an_entry());
    register.close();
    assert!(memory.words.iter().all(|word| word.load(SeqCst) == 0));
}

#[test]
fn rows_with_which_no_node_lasts_are_thrown_away() {
    let memory = memory(1);
    let starts = |memory: &Memory| Register::open(memory).0.entries().len();
    Register::open(&memory).0.write(Place(0), &an_entry());
    assert_eq!([starts(&memory), starts(&memory), starts(&memory)], [1, 1, 0]);
    let (register, _) = Register::open(&memory);
    register.write(Place(0), &an_entry());
    for _ in 0..9 {
        assert_eq!(starts(&memory), 1);
        register.is_sound();
    }
}

#[test]
fn without_memory_nothing_is_kept_and_numbers_have_no_end() {
    let register = Register::default();
    register.write(Place(0), &an_entry());
    register.set_away(Place(0), true);
    register.close();
    assert_eq!((register.read(Place(0)), register.entries().len()), (None, 0));
    assert_eq!(register.use_up(Place(0), 5, SentSoFar::default()), u64::MAX);
}
