//! A client's side of the handshake (RFC 6347 §4.2), put in order before the library sees it.
//!
//! The library keeps what it cannot use yet as parsed records, 13 kB each and eight of them in a datagram: those who never finish would hold a
//! megabyte each. Here the bytes wait as they came, so many at most, and the library is given whole messages whose turn it is.

/// What a client says before its keys are in use, one after the other: ClientHello, Certificate, ClientKeyExchange, CertificateVerify
/// (RFC 5246 §7.4). Without a certificate nobody is let in, and no cookie is asked for.
const MESSAGES: [u8; 4] = [1, 11, KEY_EXCHANGE, 15];
const KEY_EXCHANGE: u8 = 16;
/// The longest of them that is taken: a chain of certificates is 3 kB, a ClientHello with post-quantum keys 2 kB. More is room for those who
/// mean harm.
const MAX_MESSAGE: usize = 8 * 1_024;
/// What waits for its turn, in bytes and in pieces: more than a whole flight. What finds no room is sent again by whoever meant it.
const MAX_WAITING_BYTES: usize = 8 * 1_024;
const MAX_WAITING: usize = 16;

const RECORD_HEADER: usize = 13;
const MESSAGE_HEADER: usize = 12;
const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;

#[derive(Debug, Default)]
pub(super) struct Flight {
    /// Whose turn it is, as an index of [`MESSAGES`].
    next: usize,
    /// Its length, and what is there of it from its beginning on.
    length: usize,
    begun: Vec<u8>,
    /// From when on what comes is protected.
    has_changed_cipher: bool,
    /// Records of one piece each.
    waiting: Vec<Vec<u8>>,
    /// The ClientKeyExchange, for which the library says its last flight again.
    key_exchange: Option<Vec<u8>>,
}

/// What a datagram brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// The records whose turn has come, one for each whole message.
    pub(super) ready: Vec<Vec<u8>>,
    /// Something that was answered was said again: the answer was lost.
    pub(super) is_again: bool,
}

impl Flight {
    /// Takes a datagram in.
    pub(super) fn take(&mut self, datagram: &[u8]) -> Taken {
        let mut taken = Taken::default();
        records(datagram).for_each(|record| self.sort(record, &mut taken));
        let mut progress = (usize::MAX, 0);
        while progress != self.progress() && !self.waiting.is_empty() {
            progress = self.progress();
            for record in std::mem::take(&mut self.waiting) {
                self.sort(&record, &mut taken);
            }
        }
        taken
    }

    /// The record for which the library says its last flight again.
    pub(super) fn key_exchange(&self) -> Option<&[u8]> {
        self.key_exchange.as_deref()
    }

    fn progress(&self) -> (usize, usize) {
        (self.next + usize::from(self.has_changed_cipher), self.begun.len())
    }

    fn sort(&mut self, record: &[u8], taken: &mut Taken) {
        let is_protected = record[3..5] != [0, 0];
        match record[0] {
            HANDSHAKE if !is_protected => self.sort_pieces(record, taken),
            CHANGE_CIPHER_SPEC if self.has_changed_cipher => {}
            CHANGE_CIPHER_SPEC if self.next == MESSAGES.len() => {
                self.has_changed_cipher = true;
                taken.ready.push(record.to_vec());
            }
            CHANGE_CIPHER_SPEC => self.wait(record.to_vec()),
            _ if is_protected && !self.has_changed_cipher => self.wait(record.to_vec()),
            _ => taken.ready.push(record.to_vec()),
        }
    }

    /// A record may hold pieces of several messages.
    fn sort_pieces(&mut self, record: &[u8], taken: &mut Taken) {
        let mut rest = &record[RECORD_HEADER..];
        while let Some(piece) = Piece::read(rest) {
            rest = &rest[MESSAGE_HEADER + piece.body.len()..];
            match self.next.cmp(&piece.number) {
                std::cmp::Ordering::Greater => taken.is_again |= self.is_answered(piece.number),
                std::cmp::Ordering::Equal => self.add(record, &piece, &mut taken.ready),
                std::cmp::Ordering::Less if piece.number < MESSAGES.len() => self.wait(piece.record(record)),
                std::cmp::Ordering::Less => {}
            }
        }
    }

    /// Whether our answer to message `number` is the last thing that we said. It is no answer to a flight of which only a part came.
    fn is_answered(&self, number: usize) -> bool {
        match self.next {
            1 => number == 0,
            _ => self.has_changed_cipher && number > 0,
        }
    }

    fn add(&mut self, record: &[u8], piece: &Piece<'_>, ready: &mut Vec<Vec<u8>>) {
        if MESSAGES.get(self.next) != Some(&piece.kind) || piece.length > MAX_MESSAGE || piece.end() > piece.length {
            return;
        }
        // Who says something else from its beginning on is believed: a client that was started anew.
        if piece.offset == 0 && piece.length != self.length {
            self.begun.clear();
            self.length = piece.length;
        }
        if piece.length != self.length {
            return self.wait(piece.record(record));
        }
        let Some(new) = self.begun.len().checked_sub(piece.offset) else {
            return self.wait(piece.record(record));
        };
        self.begun.extend(piece.body.get(new..).unwrap_or_default());
        if self.begun.len() == self.length {
            let body = std::mem::take(&mut self.begun);
            let whole = Piece::whole(piece, &body).record(record);
            if piece.kind == KEY_EXCHANGE {
                self.key_exchange = Some(whole.clone());
            }
            ready.push(whole);
            self.next += 1;
            self.length = 0;
        }
    }

    fn wait(&mut self, record: Vec<u8>) {
        let held: usize = self.waiting.iter().map(Vec::len).sum();
        if self.waiting.len() < MAX_WAITING && held + record.len() <= MAX_WAITING_BYTES {
            self.waiting.push(record);
        }
    }
}

/// The whole records of a datagram.
pub(super) fn records(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (record, after) = rest.split_at(record_length(rest)?);
        rest = after;
        Some(record)
    })
}

/// The length of the record that these bytes begin with; None where they hold no whole one.
fn record_length(bytes: &[u8]) -> Option<usize> {
    let said = bytes.get(11..RECORD_HEADER)?;
    let length = RECORD_HEADER + usize::from(u16::from_be_bytes([said[0], said[1]]));
    (length <= bytes.len()).then_some(length)
}

/// A message of the handshake, or a fragment of one.
struct Piece<'a> {
    kind: u8,
    number: usize,
    length: usize,
    offset: usize,
    body: &'a [u8],
}

impl<'a> Piece<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let header: &[u8; MESSAGE_HEADER] = bytes.first_chunk()?;
        let three = |at: usize| {
            header[at..at + 3]
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
        };
        Some(Self {
            kind: header[0],
            number: usize::from(u16::from_be_bytes([header[4], header[5]])),
            length: three(1),
            offset: three(6),
            body: bytes.get(MESSAGE_HEADER..MESSAGE_HEADER + three(9))?,
        })
    }

    fn whole(of: &Piece<'_>, body: &'a [u8]) -> Self {
        Self { body, offset: 0, ..*of }
    }

    fn end(&self) -> usize {
        self.offset + self.body.len()
    }

    /// It alone, in a record like the one it came in.
    fn record(&self, like: &[u8]) -> Vec<u8> {
        let three = |number: usize| (number as u32).to_be_bytes();
        let mut record = like[..11].to_vec();
        record.extend(((MESSAGE_HEADER + self.body.len()) as u16).to_be_bytes());
        record.push(self.kind);
        record.extend(&three(self.length)[1..]);
        record.extend((self.number as u16).to_be_bytes());
        record.extend(&three(self.offset)[1..]);
        record.extend(&three(self.body.len())[1..]);
        record.extend(self.body);
        record
    }
}

#[cfg(test)]
#[path = "flight-tests.rs"]
mod tests;
