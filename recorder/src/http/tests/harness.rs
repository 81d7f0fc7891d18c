//! A server on a free port, and a client that shows every byte.

use super::super::sample;
use super::super::{Drained, Event, HttpOptions, serve};
use crate::service::view::View;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than anything takes, unless something hangs.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// A server that runs until it is stopped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) view: Arc<Mutex<View>>,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) shutdown: CancellationToken,
    runtime: Option<Runtime>,
    task: Option<JoinHandle<Drained>>,
}

impl Server {
    pub(super) fn start(options: HttpOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self::on(listener, options)
    }

    pub(super) fn on(listener: TcpListener, options: HttpOptions) -> Self {
        let view = Arc::new(Mutex::new(sample::view()));
        let shown = Arc::clone(&view);
        let make = move || shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self::with_view(listener, options, view, Arc::new(make))
    }

    /// With a way of its own to make a view.
    pub(super) fn with_view(
        listener: TcpListener,
        options: HttpOptions,
        view: Arc<Mutex<View>>,
        make: Arc<dyn Fn() -> View + Send + Sync>,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("it can be asked");
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).expect("it listens")
        };
        let (events, _) = broadcast::channel(8);
        let shutdown = CancellationToken::new();
        let task = runtime.spawn(serve(listener, options, make, events.clone(), shutdown.clone()));
        Self { address, view, events, shutdown, runtime: Some(runtime), task: Some(task) }
    }

    /// Changes what the server sees.
    pub(super) fn change(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.view.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.connect().ask("GET", path, &[])
    }

    pub(super) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// Waits for its end after `shutdown` was cancelled.
    pub(super) fn ended(mut self) -> Drained {
        let task = self.task.take().expect("it ends once");
        let runtime = self.runtime.as_ref().expect("it is there until the drop");
        let ended = async { tokio::time::timeout(DEADLINE, task).await };
        runtime.block_on(ended).expect("it ends in time").expect("it does not panic")
    }

    pub(super) fn stop(self) -> Drained {
        self.shutdown.cancel();
        self.ended()
    }

    /// One metric's value, or 0.
    pub(super) fn metric(&self, line: &str) -> f64 {
        let body = self.get("/metrics").body;
        body.lines()
            .find_map(|found| found.strip_prefix(line)?.strip_prefix(' ')?.parse().ok())
            .unwrap_or(0.0)
    }
}

/// A test that fails while a view hangs must end all the same.
impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A view that hangs until it is let go, as one on a dead disk would.
#[derive(Default)]
pub(super) struct Hanging {
    entered: AtomicUsize,
    free: Mutex<bool>,
    changed: Condvar,
}

impl Hanging {
    pub(super) fn server(options: HttpOptions) -> (Arc<Self>, Server) {
        let hanging = Arc::new(Self::default());
        let shown = Arc::clone(&hanging);
        let view = Arc::new(Mutex::new(sample::view()));
        let make = Arc::new(move || {
            shown.entered.fetch_add(1, Ordering::SeqCst);
            let free = shown.free.lock().unwrap_or_else(PoisonError::into_inner);
            drop(shown.changed.wait_while(free, |free| !*free));
            sample::view()
        });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        (hanging, Server::with_view(listener, options, view, make))
    }

    /// How many views were begun.
    pub(super) fn entered(&self) -> usize {
        self.entered.load(Ordering::SeqCst)
    }

    pub(super) fn let_go(&self) {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }
}

/// Waits for something that is on its way.
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// One connection.
pub(super) struct Client {
    stream: BufReader<TcpStream>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

impl Client {
    pub(super) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("it can be set");
        stream.set_nodelay(true).expect("it can be set");
        Self { stream: BufReader::new(stream) }
    }

    pub(super) fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, path, headers);
        self.answer().expect("an answer comes")
    }

    pub(super) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        self.raw(request.as_bytes()).expect("the connection is open");
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    pub(super) fn answer(&mut self) -> std::io::Result<Answer> {
        let mut answer = self.head()?;
        let length = answer.header("content-length").and_then(|text| text.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.stream.read_exact(&mut body)?;
        answer.body = String::from_utf8_lossy(&body).into_owned();
        Ok(answer)
    }

    /// Status and headers alone.
    pub(super) fn head(&mut self) -> std::io::Result<Answer> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let status = status.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        Ok(Answer { status, headers, body: String::new() })
    }

    /// The next line without its end; empty at the end of the connection too.
    pub(super) fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// The next event: name and data; `None` when there is none to come.
    pub(super) fn event(&mut self) -> Option<(String, serde_json::Value)> {
        let mut name = None;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).expect("the stream goes on") == 0 {
                return None;
            }
            let line = line.trim_end();
            if line == "0" {
                return None; // the last chunk
            } else if let Some(event) = line.strip_prefix("event: ") {
                name = Some(event.to_owned());
            } else if let Some(data) = line.strip_prefix("data: ") {
                let data = serde_json::from_str(data).expect("data are JSON");
                return Some((name.expect("each event has a name"), data));
            }
        }
    }

    /// Whether the server ended the connection.
    pub(super) fn is_closed(&mut self) -> bool {
        matches!(self.stream.read(&mut [0]), Ok(0))
    }
}
