//! What recording adds to the thread that carries packets, as a ratio within one run.

mod common;

use std::time::Duration;

use common::World;

/// Ticks of a space with three speakers and twenty listeners, with and without its tape, by turns so that a busy machine is
/// busy for both; the best of each counts.
#[test]
fn recording_costs_the_packets_thread_next_to_nothing() {
    let mut world = World::new();
    for (number, name) in ["pa_ana", "pa_ben", "pa_cleo"].into_iter().enumerate() {
        world.speaker(name, 1_001 + number as u32, 300.0 + 200.0 * number as f32, 0);
    }
    for number in 0..20 {
        world.listener(&format!("pa_{number}"));
    }
    world.connect_all();
    let mut best = [Duration::MAX; 2];
    for round in 0..10 {
        let is_taped = round % 2 == 1;
        match is_taped {
            true => world.node.tape(world.now, "sp_1", false).expect("taped"),
            false => world.node.stop_taping("sp_1"),
        }
        world.ticking = Duration::ZERO;
        world.run(Duration::from_secs(1));
        assert_eq!(world.tape.len(), if is_taped { 50 } else { 0 });
        world.tape.clear();
        best[usize::from(is_taped)] = best[usize::from(is_taped)].min(world.ticking);
    }
    let ratio = best[1].as_secs_f64() / best[0].as_secs_f64();
    println!(
        "tape: a tick takes {:?}, taped {:?}, {ratio:.3} times as long",
        best[0] / 50,
        best[1] / 50
    );
    assert!(ratio < 1.2, "{ratio} times as long");
}
