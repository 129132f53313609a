//! PATCH: trickled candidates and ICE restarts (RFC 9725 §4.3).

mod common;

use std::time::Duration;

use common::World;

#[test]
fn a_trickle_with_the_right_etag_or_a_star_changes_nothing() {
    let mut world = World::new();
    let listener = world.listener("pa_cleo");
    let id = world.clients[listener].id.clone();
    let etag = world.clients[listener].remote_ufrag();
    let trickle = "a=candidate:1 1 udp 2130706431 203.0.113.9 5000 typ host\r\n";
    for if_match in [format!("\"{etag}\""), etag.clone(), "*".to_owned()] {
        let patched = world.node.patch(world.now, &id, &if_match, trickle).expect("taken");
        assert_eq!((patched.etag.as_str(), patched.fragment), (etag.as_str(), None));
    }
    world.connect_all();
}

#[test]
fn an_old_etag_an_unknown_session_and_an_empty_fragment_are_refused() {
    let mut world = World::new();
    let listener = world.listener("pa_cleo");
    let id = world.clients[listener].id.clone();
    let code = |r: Result<_, voxhall_media::error::MediaError>| {
        r.map_or_else(|e| e.code(), |_: voxhall_media::routers::Patched| "taken")
    };
    assert_eq!(
        code(world.node.patch(world.now, &id, "\"other\"", "a=end-of-candidates\r\n")),
        "precondition_failed"
    );
    assert_eq!(
        code(world.node.patch(world.now, "nobody", "*", "a=end-of-candidates\r\n")),
        "peer_not_found"
    );
    assert_eq!(code(world.node.patch(world.now, &id, "*", "")), "bad_sdp");
}

#[test]
fn after_an_ice_restart_the_same_session_goes_on_under_new_credentials() {
    let mut world = World::new();
    world.speaker("pa_ana", 1001, 300.0, 0);
    let listener = world.listener("pa_cleo");
    world.connect_all();
    let (id, before) = (
        world.clients[listener].id.clone(),
        world.clients[listener].remote_ufrag(),
    );
    let fragment = world.clients[listener].restart_ice();
    let patched = world.node.patch(world.now, &id, "*", &fragment).expect("restarted");
    assert_ne!(patched.etag, before);
    world.clients[listener].restarted(&patched.fragment.expect("our credentials"));
    world.clients[listener].roam("198.51.100.222:42000".parse().expect("address"));
    world.run(Duration::from_secs(2));
    world.clients[listener].heard.clear();
    world.run(Duration::from_secs(1));
    assert!(
        world.clients[listener].heard.len() > 40,
        "heard {}",
        world.clients[listener].heard.len()
    );
}
