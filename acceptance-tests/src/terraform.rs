//! One run of the Terraform command line: in a separate process group, with its output captured, and interruptible
//! as in a terminal.

use crate::{interrupt, target};
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The version that `scripts/fetch-terraform` installs by default.
const PINNED: &str = "1.11.4";

/// The Terraform to run: `TERRAFORM` (a path, or a name on `PATH`) or the pinned version.
///
/// # Panics
/// Panics if the pinned version is required and not installed, because skipped tests would prove nothing.
#[must_use]
pub fn path() -> PathBuf {
    let root = repository();
    if let Some(own) = std::env::var_os("TERRAFORM").filter(|own| !own.is_empty()) {
        let own = PathBuf::from(own);
        return if own.components().count() > 1 { root.join(own) } else { own };
    }
    pinned()
}

/// The Terraform that `scripts/fetch-terraform` installs.
///
/// # Panics
/// Panics if it is not installed.
#[must_use]
pub fn pinned() -> PathBuf {
    let pinned = repository().join(".tools/terraform").join(PINNED).join("terraform");
    assert!(
        pinned.is_file(),
        "Terraform is not installed in {}: run `make test`, or `scripts/fetch-terraform` once; \
         or set TERRAFORM to your own Terraform",
        pinned.display()
    );
    pinned
}

/// Terraform or OpenTofu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    Terraform,
    OpenTofu,
}

impl Product {
    /// The registry of a provider source without a host.
    #[must_use]
    pub const fn registry(self) -> &'static str {
        match self {
            Self::Terraform => "registry.terraform.io",
            Self::OpenTofu => "registry.opentofu.org",
        }
    }

    /// The plan message for a resource that is removed from the state and remains in the org, as it appears in
    /// [`Run::words`].
    #[must_use]
    pub const fn forgets(self) -> &'static str {
        match self {
            Self::Terraform => "will no longer be managed by Terraform, but will not be destroyed",
            Self::OpenTofu => "will be removed from the Terraform state but will not be destroyed",
        }
    }
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

/// The product under test.
///
/// # Panics
/// Panics if the output of `version` does not name the product.
#[must_use]
pub fn product() -> Product {
    detected().0
}

/// The major and minor version of the product under test.
///
/// # Panics
/// Panics if the output of `version` does not contain the version.
#[must_use]
pub fn version() -> (u32, u32) {
    detected().1
}

/// The product and the version. Queried once, because hundreds of tests need them.
fn detected() -> (Product, (u32, u32)) {
    static DETECTED: OnceLock<(Product, (u32, u32))> = OnceLock::new();
    *DETECTED.get_or_init(|| {
        let output = Command::new(path()).arg("version").env("CHECKPOINT_DISABLE", "1").output();
        let text = output.expect("Terraform starts").stdout;
        let text = String::from_utf8_lossy(&text);
        let found = [Product::Terraform, Product::OpenTofu]
            .into_iter()
            .find_map(|product| Some((product, text.split_once(&format!("{product} v"))?.1)));
        let (product, number) = found.unwrap_or_else(|| panic!("neither Terraform nor OpenTofu: {text}"));
        let mut parts = number.split('.').map(str::parse::<u32>);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => (product, (major, minor)),
            _ => panic!("{product} has no version: {text}"),
        }
    })
}

/// The root of the repository.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in a folder of the repository")
}

/// The result of a command.
#[derive(Debug, Clone)]
pub struct Run {
    pub command: String,
    /// `None` if a signal terminated the command.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Run {
    /// The output without the frames that Terraform draws around diagnostics, in one line, so that tests find a
    /// sentence wherever Terraform wrapped it. `OpenTofu` is replaced by `Terraform`, so that a test needs only one
    /// text for both.
    #[must_use]
    pub fn words(&self) -> String {
        let all = format!("{}\n{}", self.stdout, self.stderr);
        let unframed: String =
            all.chars().map(|c| if matches!(c, '│' | '╷' | '╵') { ' ' } else { c }).collect();
        let one_line = unframed.split_whitespace().collect::<Vec<_>>().join(" ");
        one_line.replace("OpenTofu", "Terraform")
    }

    #[must_use]
    pub fn contains(&self, sentence: &str) -> bool {
        self.words().contains(sentence)
    }

    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }

    /// Asserts a failure with exit code 1 and this text in the output.
    #[track_caller]
    pub fn failed_with(self, sentence: &str) -> Self {
        assert_eq!(self.code, Some(1), "expected to fail: {self}");
        assert!(self.contains(sentence), "expected the words {sentence:?} in {self}");
        assert!(!self.contains("plugin crashed") && !self.contains("Plugin did not respond"), "{self}");
        self
    }

    #[track_caller]
    pub fn containing(self, sentence: &str) -> Self {
        assert!(self.contains(sentence), "expected the words {sentence:?} in {self}");
        self
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` ended with {:?} after {:?}\n{}\n{}",
            self.command, self.code, self.took, self.stdout, self.stderr
        )
    }
}

/// A running command.
pub struct Running {
    child: Child,
    command: String,
    started: Instant,
    time_limit: Duration,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

impl Running {
    /// Starts Terraform with only the given environment.
    ///
    /// # Panics
    /// Panics if Terraform does not start.
    #[must_use]
    pub fn start(directory: &Path, environment: &BTreeMap<String, String>, arguments: &[&str]) -> Self {
        Self::program(&path(), directory, environment, arguments)
    }

    /// Like [`Running::start`], but for a script that runs Terraform, or that runs beside Terraform.
    ///
    /// # Panics
    /// Panics if the script does not start.
    #[must_use]
    pub fn program(
        program: &Path,
        directory: &Path,
        environment: &BTreeMap<String, String>,
        arguments: &[&str],
    ) -> Self {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // In a separate group, an interrupt reaches Terraform and the provider, but not the tests.
            .process_group(0);
        // A script that was just copied may still be open in a process that another test is forking.
        let busy = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ExecutableFileBusy;
        let mut tries = 0;
        let spawned = loop {
            match command.spawn() {
                Err(error) if busy(&error) && tries < 50 => tries += 1,
                spawned => break spawned,
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut child =
            spawned.unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let command = format!("{name} {}", arguments.join(" "));
        Self { child, command, started: Instant::now(), time_limit: target::DEADLINE, stdout, stderr }
    }

    /// Sets the time limit.
    #[must_use]
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }

    /// The ID of Terraform's process and process group.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGINT to Terraform and its providers, as Ctrl-C in a terminal does.
    pub fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    /// Sends SIGKILL to the process group.
    pub fn kill(&self) {
        self.signal(rustix::process::Signal::KILL);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let group = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        let group = group.expect("a started process has an id");
        rustix::process::kill_process_group(group, signal).expect("the process group exists");
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until the command has exited.
    ///
    /// # Panics
    /// Panics if the command exceeds the time limit.
    #[track_caller]
    pub fn wait(mut self) -> Run {
        let deadline = self.started + self.time_limit;
        let mut is_interrupted = false;
        let status = loop {
            match self.child.try_wait().expect("a child can be waited for") {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    self.kill();
                    panic!("`{}` still ran after {:?}", self.command, self.time_limit);
                }
                None if interrupt::is_requested() && !is_interrupted => {
                    self.interrupt();
                    is_interrupted = true;
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        let took = self.started.elapsed();
        let stdout = self.stdout.join().expect("the reader of stdout");
        let stderr = self.stderr.join().expect("the reader of stderr");
        Run { command: self.command, code: status.code(), stdout, stderr, took }
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    let mut stream = stream.expect("the stream is piped");
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // The output that was read before an error is still useful.
        let _ended = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
