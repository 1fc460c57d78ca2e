//! Three instances restart one after another under load: no request fails, and no list is stale.
//!
//! `HERMES_TEST_ROLLING_RATE` sets the requests per second, and `HERMES_TEST_PROGRAM` an optimised program.
//! `make nightly` uses 500.

mod balancer;
mod load;

use std::rc::Rc;
use std::time::Instant;

use balancer::Balancer;
use load::Load;

use crate::support::{HermesProcess, TestEnvironment, poll};

const INSTANCES: usize = 3;
const RATE_VARIABLE: &str = "HERMES_TEST_ROLLING_RATE";
/// Requests per second of a debug build on a busy machine.
const DEFAULT_RATE: u32 = 50;

#[actix_web::test]
async fn a_rolling_restart_under_load_fails_no_request_and_serves_no_stale_list() {
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    let rate = std::env::var(RATE_VARIABLE).map_or(DEFAULT_RATE, |rate| rate.parse().unwrap());
    let mut instances: Vec<_> = (0..INSTANCES).map(|number| start(&environment, number)).collect();
    let balancer = Rc::new(Balancer::start(instances.iter().map(HermesProcess::port)));
    poll(|| async { balancer.ready_count() == INSTANCES }, "three instances").await;

    let load = Load::start(Rc::clone(&balancer), rate);
    let started = Instant::now();
    poll(|| async { load.has_sent(rate.into()) }, "load before the restarts").await;
    for (number, instance) in instances.iter_mut().enumerate() {
        instance.signal("TERM");
        while instance.exit_status().is_none() {
            actix_web::rt::time::sleep(balancer::PROBE_INTERVAL).await;
        }
        assert!(instance.wait().success(), "{}", instance.log());
        instance.spawn();
        poll(|| async { balancer.is_ready(number) }, "the instance to be ready again").await;
    }
    let sent = load.sent();
    poll(|| async { load.has_sent(sent + u64::from(rate)) }, "load after the restarts").await;
    let report = load.finish().await;
    let achieved = u128::from(report.sent) * 1_000 / started.elapsed().as_millis();
    println!("result: rolling restart: {achieved} requests/s, {report}");
    assert_eq!((report.failed.len(), report.stale), (0, 0), "{:?}", report.failed.first());
    assert!(report.booked > 0 && balancer.sent().iter().all(|sent| *sent > 0));
    assert!(achieved * 10 > u128::from(rate) * 9, "the load was {achieved} requests/s instead of {rate}");
    instances[0].assert_audit_log_is_intact(&["--deep"]);
}

fn start(environment: &TestEnvironment, number: usize) -> HermesProcess {
    let mut variables = environment.variables();
    variables.push(("HERMES__DATABASE__MIGRATE_AT_START", "always".to_owned()));
    // Short, so that the client reads much more often than it parses.
    variables.push(("HERMES__LIST__WINDOW", "20".to_owned()));
    // Several probes, so that the balancer stops before the port closes.
    variables.push(("HERMES__SERVER__DRAIN_PAUSE_S", "1".to_owned()));
    let folder = environment.folder.path().to_owned();
    let mut instance = HermesProcess::new(&format!("instance-{number}"), folder, variables);
    if number == 0 {
        let migrated = instance.run(&["migrate", "up"]);
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    }
    instance.spawn();
    instance
}
