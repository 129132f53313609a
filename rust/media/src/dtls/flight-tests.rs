use super::*;

fn record(kind: u8, epoch: u8, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 7];
    record.extend((body.len() as u16).to_be_bytes());
    record.extend(body);
    record
}

/// A part of message `number`, whose byte at each place is that place.
fn piece(number: usize, length: usize, from: usize, to: usize) -> Vec<u8> {
    let body: Vec<u8> = (from..to).map(|at| at as u8).collect();
    let piece = Piece {
        kind: MESSAGES[number],
        number,
        length,
        offset: from,
        body: &body,
    };
    piece.record(&record(HANDSHAKE, 0, &[]))
}

fn whole(number: usize, length: usize) -> Vec<u8> {
    piece(number, length, 0, length)
}

fn flight() -> Vec<Vec<u8>> {
    let mut flight: Vec<_> = (0..4).map(|number| whole(number, 40 + number)).collect();
    flight.push(record(CHANGE_CIPHER_SPEC, 0, &[1]));
    flight.push(record(HANDSHAKE, 1, b"sealed"));
    flight
}

#[test]
fn a_flight_in_any_order_comes_out_in_its_own_whether_in_one_datagram_or_in_many() {
    assert_eq!(Flight::default().take(&flight().concat()).ready, flight());
    // Heap's permutations of six, each to a flight of its own.
    let mut order: Vec<usize> = (0..6).collect();
    let mut counts = [0; 6];
    let mut at = 0;
    let mut tried = 0;
    loop {
        let mut one = Flight::default();
        let out: Vec<_> = order
            .iter()
            .flat_map(|index| one.take(&flight()[*index]).ready)
            .collect();
        assert_eq!(out, flight(), "{order:?}");
        assert!(one.waiting.is_empty());
        tried += 1;
        while at < 6 && counts[at] >= at {
            counts[at] = 0;
            at += 1;
        }
        if at == 6 {
            break;
        }
        order.swap(if at % 2 == 0 { 0 } else { counts[at] }, at);
        counts[at] += 1;
        at = 0;
    }
    assert_eq!(tried, 720);
}

#[test]
fn fragments_over_each_other_and_from_the_end_make_one_message() {
    let mut one = Flight::default();
    for (from, to) in [(60, 100), (30, 70), (10, 20), (0, 0)] {
        assert_eq!(one.take(&piece(0, 100, from, to)), Taken::default());
    }
    assert_eq!(one.take(&piece(0, 100, 0, 35)).ready, [whole(0, 100)]);
}

#[test]
fn what_is_of_no_use_is_not_kept_and_what_waits_is_bounded() {
    let mut one = Flight::default();
    assert_eq!(one.take(&piece(0, MAX_MESSAGE + 1, 0, 900)), Taken::default());
    let mut other_kind = whole(0, 50);
    other_kind[RECORD_HEADER] = 11;
    assert_eq!(one.take(&other_kind), Taken::default());
    assert_eq!(one.take(&piece(0, 50, 40, 60)), Taken::default());
    assert!(one.begun.is_empty() && one.waiting.is_empty());
    for _ in 0..100 {
        one.take(&piece(2, 4_000, 0, 1_000));
        one.take(&record(HANDSHAKE, 1, &[9; 1_000]));
    }
    let held: usize = one.waiting.iter().map(Vec::len).sum();
    assert!(held <= MAX_WAITING_BYTES && one.waiting.len() <= MAX_WAITING);
    // Cut off, or no records at all.
    for bytes in [&b""[..], b"x", &whole(0, 50)[..40], &[22; 60]] {
        assert_eq!(one.take(bytes), Taken::default());
    }
    // And it goes on for whoever means it.
    assert_eq!(one.take(&whole(0, 50)).ready, [whole(0, 50)]);
}

#[test]
fn after_the_keys_are_in_use_all_but_a_second_change_passes() {
    let mut one = Flight::default();
    one.take(&flight().concat());
    assert!(one.take(&record(CHANGE_CIPHER_SPEC, 0, &[1])).ready.is_empty());
    let alert = record(21, 1, b"good bye");
    assert_eq!(one.take(&alert).ready, [alert]);
}

#[test]
fn what_was_answered_and_is_said_again_asks_for_the_answer_and_what_was_not_does_not() {
    let mut one = Flight::default();
    let asks = |one: &mut Flight, number: usize| {
        let taken = one.take(&whole(number, 40 + number));
        assert!(taken.ready.is_empty(), "the library has it");
        taken.is_again
    };
    one.take(&flight()[0]);
    assert!(asks(&mut one, 0));
    one.take(&flight()[1]);
    assert!(!asks(&mut one, 0) && !asks(&mut one, 1), "the rest is on its way");
    one.take(&flight()[2..].concat());
    assert!(!asks(&mut one, 0), "it is past that");
    assert!((1..4).all(|number| asks(&mut one, number)));
    assert_eq!(one.key_exchange(), Some(&whole(2, 42)[..]));
}
