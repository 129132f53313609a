use str0m::crypto::from_feature_flags;

use super::*;

/// The network between the two tells how many datagrams have passed, and whether the next one does.
struct Both {
    sides: [Association; 2],
    waiting: [Vec<Vec<u8>>; 2],
    now: Instant,
    done: [bool; 2],
    passed: usize,
}

impl Both {
    #[allow(clippy::disallowed_methods, reason = "where the simulated time begins")]
    fn new() -> Self {
        let now = Instant::now();
        let config = Arc::new(config().expect("a configuration"));
        let side = |is_active| {
            let certificate = from_feature_flags().dtls_provider.generate_certificate();
            let mut side = Association::new(now, &config, certificate.expect("a certificate"));
            side.dtls.set_active(is_active);
            side
        };
        Self {
            sides: [side(true), side(false)],
            waiting: [Vec::new(), Vec::new()],
            now,
            done: [false; 2],
            passed: 0,
        }
    }

    /// Lets 20 ms pass.
    fn step(&mut self, is_lost: impl Fn(usize) -> bool) {
        self.now += Duration::from_millis(20);
        for index in [0, 1] {
            self.sides[index].advance(self.now).expect("time");
            for datagram in std::mem::take(&mut self.waiting[index]) {
                self.passed += 1;
                if !is_lost(self.passed) {
                    self.sides[index].receive(&datagram).expect("a datagram");
                }
            }
            self.poll(index);
        }
    }

    fn poll(&mut self, index: usize) {
        let mut buffer = [0; 2_000];
        loop {
            match self.sides[index].poll(&mut buffer) {
                Output::Timeout(_) => return,
                Output::Packet(bytes) => self.waiting[1 - index].push(bytes.to_vec()),
                Output::Connected => self.done[index] = true,
                _ => {}
            }
        }
    }
}

#[test]
fn we_are_either_side_whichever_datagrams_are_lost() {
    for seed in 0..32_u64 {
        let (mut both, mut steps) = (Both::new(), 0);
        while both.done != [true, true] {
            // Of the first five any may be lost, of the others every third is.
            both.step(|number| {
                if number <= 5 {
                    seed >> (number - 1) & 1 == 1
                } else {
                    number % 3 == 0
                }
            });
            steps += 1;
            assert!(steps < 500, "ten seconds, and {:?} with {seed}", both.done);
        }
    }
}

#[test]
fn a_last_flight_that_is_lost_is_said_again_unasked_with_a_number_of_its_own() {
    let mut both = Both::new();
    while !both.done[1] {
        both.step(|_| false);
    }
    let last = std::mem::take(&mut both.waiting[0]);
    // From here on nothing of the client's arrives.
    let mut said = Vec::new();
    for _ in 0..200 {
        both.waiting[1].clear();
        both.step(|_| true);
        said.append(&mut both.waiting[0]);
    }
    assert_eq!(said.len(), 4 * last.len(), "{said:?}");
    assert!(
        !said.iter().any(|datagram| last.contains(datagram)),
        "no nonce is used twice"
    );
    both.waiting[0] = said.split_off(said.len() - last.len());
    both.step(|_| false);
    assert_eq!(both.done, [true, true]);
}
