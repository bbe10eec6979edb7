//! A proxy between the provider and the org: forwards calls, records them, and injects planned faults.
//!
//! Each connection has a thread. The faults are in `fault`.

use crate::fault::{Action, Fault, Times, When, coded};
use crate::message::{Request, Response};
use crate::random::Random;
use acceptance_tests::http;
use std::io::{Result, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// A call that the proxy recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCall {
    pub call: String,
    /// Whether a fault was injected.
    pub faulty: bool,
}

/// What happens to a held call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// The call, or its response, is forwarded.
    Forward,
    /// The connection closes.
    Drop,
}

#[derive(Default)]
struct Inner {
    faults: Vec<(Fault, usize)>,
    random: Option<Random>,
    seen: Vec<RecordedCall>,
    /// Whether a call is held.
    held: bool,
    released: Option<Release>,
    away: Option<Duration>,
    stopped: bool,
}

struct Shared {
    org: String,
    port: u16,
    /// The target of redirects.
    foreign_server: String,
    inner: Mutex<Inner>,
    changed: Condvar,
}

pub struct Proxy {
    pub url: String,
    shared: Arc<Shared>,
}

impl Proxy {
    /// # Panics
    /// Panics if no port is available.
    #[must_use]
    pub fn before(org: &str, foreign_server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            org: org.trim_start_matches("http://").to_owned(),
            port,
            foreign_server: foreign_server.to_owned(),
            inner: Mutex::default(),
            changed: Condvar::new(),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || serve(listener, &serving));
        Self { url: format!("http://127.0.0.1:{port}"), shared }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.shared.inner()
    }

    /// Replaces the faults and starts a new count of calls.
    pub fn plan(&self, faults: Vec<Fault>, random: Random) {
        let mut inner = self.inner();
        inner.faults = faults.into_iter().map(|fault| (fault, 0)).collect();
        inner.random = Some(random);
        inner.seen.clear();
        (inner.held, inner.released) = (false, None);
    }

    /// Removes all faults and releases held calls.
    pub fn clear_faults(&self) {
        let mut inner = self.inner();
        inner.faults.clear();
        inner.released = Some(Release::Forward);
        self.shared.changed.notify_all();
    }

    /// The calls since the last call to `plan`.
    #[must_use]
    pub fn seen(&self) -> Vec<RecordedCall> {
        self.inner().seen.clone()
    }

    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.inner().held
    }

    pub fn release(&self, how: Release) {
        self.inner().released = Some(how);
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.inner().stopped = true;
        self.shared.changed.notify_all();
        self.shared.wake();
    }
}

impl Shared {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("lock is not poisoned")
    }

    /// Wakes the thread that accepts connections.
    fn wake(&self) {
        let _closed_output = TcpStream::connect(("127.0.0.1", self.port));
    }

    /// Waits for this time. Returns false if the proxy stops during the wait.
    fn pause(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut inner = self.inner();
        while !inner.stopped {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            inner = self.changed.wait_timeout(inner, left).expect("lock is not poisoned").0;
        }
        false
    }

    fn hold(&self) -> Release {
        let mut inner = self.inner();
        inner.held = true;
        loop {
            if inner.stopped {
                return Release::Drop;
            }
            if let Some(how) = inner.released {
                return how;
            }
            inner = self.changed.wait(inner).expect("lock is not poisoned");
        }
    }

    /// Records a call and returns the fault to inject.
    fn note(&self, call: &str) -> Option<(When, Action)> {
        let mut inner = self.inner();
        let Inner { faults, random, seen, .. } = &mut *inner;
        let mut due = None;
        for (fault, count) in faults.iter_mut().filter(|(fault, _)| fault.calls.has(call)) {
            *count += 1;
            let since = count.checked_sub(fault.nth);
            let is_due = match (fault.times, since) {
                (_, None) => false,
                (Times::Some(times), Some(since)) => since < times,
                (Times::All, _) => true,
                (Times::Odd, Some(since)) => since % 2 == 0,
                (Times::Percent(percent), _) => random.as_mut().is_some_and(|random| random.percent(percent)),
            };
            if is_due && due.is_none() {
                due = Some((fault.when, fault.action.clone()));
            }
        }
        seen.push(RecordedCall { call: call.to_owned(), faulty: due.is_some() });
        due
    }

    /// Defers a rewrite to the next response, because this response was not suitable.
    fn postpone(&self, call: &str) {
        let mut inner = self.inner();
        for (fault, count) in &mut inner.faults {
            if fault.calls.has(call) && matches!(fault.action, Action::Rewrite(_)) {
                *count = count.saturating_sub(1);
            }
        }
        if let Some(last) = inner.seen.iter_mut().rev().find(|seen| seen.call == call) {
            last.faulty = false;
        }
    }
}

fn serve(mut listener: TcpListener, shared: &Arc<Shared>) {
    loop {
        let client = listener.accept();
        let away = {
            let mut inner = shared.inner();
            if inner.stopped {
                return;
            }
            inner.away.take()
        };
        if let Some(time) = away {
            drop(client);
            drop(listener);
            if !shared.pause(time) {
                return;
            }
            let rebound = loop {
                match TcpListener::bind(("127.0.0.1", shared.port)) {
                    Ok(listener) => break listener,
                    Err(_) if shared.pause(Duration::from_millis(50)) => {}
                    Err(_) => return,
                }
            };
            listener = rebound;
            continue;
        }
        let Ok((client, _)) = client else { continue };
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            let mut client = client;
            // A disconnected client is not an error.
            while let Ok(true) = exchange(&mut client, &shared) {}
        });
    }
}

/// Handles one call. Returns whether the connection can be reused.
fn exchange(client: &mut TcpStream, shared: &Shared) -> Result<bool> {
    let Some(mut request) = Request::begin(client)? else { return Ok(false) };
    let call = request.call();
    let (when, action) = match shared.note(&call) {
        Some((when, action)) => (when, Some(action)),
        None => (When::After, None),
    };
    if matches!(action, Some(Action::ResetUpload)) {
        let half = request.length / 2;
        request.read(client, half)?;
        return reset(client);
    }
    let length = request.length;
    request.read(client, length)?;
    let Some(action) = action else {
        request.forward(&shared.org)?.send(client)?;
        return Ok(true);
    };
    if let (When::Before, Action::Hold) = (when, &action) {
        if shared.hold() == Release::Drop {
            return Ok(false);
        }
        request.forward(&shared.org)?.send(client)?;
        return Ok(true);
    }
    if let Action::Meanwhile(method, path, body) = &action {
        if when == When::Before {
            meanwhile(shared, method, path, body);
        }
        let response = request.forward(&shared.org)?;
        if when == When::After {
            meanwhile(shared, method, path, body);
        }
        response.send(client)?;
        return Ok(true);
    }
    let response = if when == When::After { request.forward(&shared.org)? } else { Response::default() };
    let action = with_token(action, &request);
    inject(client, shared, &call, action, response)
}

fn inject(
    client: &mut TcpStream,
    shared: &Shared,
    call: &str,
    action: Action,
    real: Response,
) -> Result<bool> {
    match action {
        Action::Response(response) => response.send(client)?,
        Action::Coded { status, code, text } => coded(call, status, code, text).send(client)?,
        Action::Redirect(status) => {
            let response = Response::new(status, "text/plain", "").with("location", &shared.foreign_server);
            response.send(client)?;
        }
        Action::Rewrite(change) => match change(real) {
            Ok(response) => response.send(client)?,
            Err(response) => {
                shared.postpone(call);
                response.send(client)?;
            }
        },
        Action::Cut(percent) => {
            client.write_all(&real.head())?;
            let end = real.body.len() * percent / 100;
            client.write_all(real.body.get(..end).unwrap_or_default())?;
            return Ok(false);
        }
        Action::Close => return Ok(false),
        Action::Reset | Action::ResetUpload => return reset(client),
        Action::Stall(time) => {
            shared.pause(time);
            return Ok(false);
        }
        Action::Drip(pieces, time) => {
            client.write_all(&real.head())?;
            let size = real.body.len().div_ceil(pieces.max(1)).max(1);
            for piece in real.body.chunks(size) {
                if !shared.pause(time) {
                    return Ok(false);
                }
                client.write_all(piece)?;
            }
        }
        Action::Away(time) => {
            shared.inner().away = Some(time);
            shared.wake();
            return Ok(false);
        }
        Action::Hold => {
            if shared.hold() == Release::Drop {
                return Ok(false);
            }
            real.send(client)?;
        }
        Action::Meanwhile(..) => real.send(client)?,
    }
    Ok(true)
}

/// Replaces `{token}` in the text of an error: some error responses from Salesforce repeat the token of the request.
fn with_token(action: Action, request: &Request) -> Action {
    match action {
        Action::Coded { status, code, text } if text.contains("{token}") => {
            let response = coded(&request.call(), status, code, &text.replace("{token}", &request.token()));
            Action::Response(response)
        }
        action => action,
    }
}

fn meanwhile(shared: &Shared, method: &str, path: &str, body: &str) {
    let url = format!("http://{}/emulator{path}", shared.org);
    let reply = http::call(method, &url, (!body.is_empty()).then_some(body)).expect("the org responds");
    assert!((200..300).contains(&reply.status), "{method} {path}: {} {}", reply.status, reply.body);
}

/// Closes a connection with RST.
fn reset(client: &TcpStream) -> Result<bool> {
    socket2::SockRef::from(client).set_linger(Some(Duration::ZERO))?;
    Ok(false)
}
