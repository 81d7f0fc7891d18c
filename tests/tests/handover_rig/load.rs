//! Clients of a recorder's HTTP, for as long as a handover lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Clients that ask all the time: one that keeps its connection, one that does
/// not.
pub struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Served>>,
}

#[derive(Debug, Default)]
pub struct Served {
    pub answers: usize,
    pub failures: Vec<String>,
    /// How long each answer took.
    took: Vec<Duration>,
}

impl Served {
    /// Median and 99th percentile of how long an answer took.
    pub fn latency(&self) -> String {
        let mut took = self.took.clone();
        took.sort();
        let ms = |percent: usize| match took.get(took.len() * percent / 100) {
            Some(took) => took.as_secs_f64() * 1000.0,
            None => f64::NAN,
        };
        let (answers, median, p99) = (self.answers, ms(50), ms(99));
        format!("/health: {answers} answers, median {median:.1} ms, p99 {p99:.1} ms")
    }
}

impl Load {
    pub fn start(bind: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |keeps: bool| {
            let (stop, url) = (Arc::clone(&stop), format!("http://{bind}/health"));
            std::thread::spawn(move || ask_until(&stop, &url, keeps))
        };
        let clients = [true, false].map(client).into();
        Self { stop, clients }
    }

    pub fn stop(self) -> Served {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Served::default();
        for client in self.clients {
            let served = client.join().expect("a client ends");
            all.answers += served.answers;
            all.failures.extend(served.failures);
            all.took.extend(served.took);
        }
        all
    }
}

fn ask_until(stop: &AtomicBool, url: &str, keeps: bool) -> Served {
    let idle = if keeps { 3 } else { 0 };
    let agent = ureq::Agent::config_builder()
        .max_idle_connections(idle)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .new_agent();
    let mut served = Served::default();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        match agent.get(url).call() {
            Ok(mut answer) => {
                let body = answer.body_mut().read_to_string().unwrap_or_default();
                served.took.push(begun.elapsed());
                match answer.status().as_u16() {
                    200 => served.answers += 1,
                    status => served.failures.push(format!("{status}: {body}")),
                }
            }
            Err(problem) => served.failures.push(problem.to_string()),
        }
        // A pace, not a wait for anything.
        std::thread::sleep(Duration::from_millis(10));
    }
    served
}
