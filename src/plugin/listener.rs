//! The socket for Terraform: a Unix socket in a private directory, or TCP on the loopback interface if Unix sockets or
//! a suitable directory are not available. Not here: TLS and gRPC.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use super::Environment;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub network: &'static str,
    pub text: String,
}

/// A byte stream to a client.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

pub enum Listener {
    #[cfg(unix)]
    Unix(unix::Socket),
    Tcp(TcpListener),
}

/// Removes the Unix socket and its directory on drop. Separate from the listener, because the accept task shares the
/// listener and may still run when the process exits.
pub struct Cleanup(#[expect(dead_code, reason = "only used for its drop")] Option<tempfile::TempDir>);

impl Listener {
    /// Binds the preferred socket of the platform. On Unix, falls back to a TCP port only if connections are
    /// `authenticated`, because every user of the machine can connect to a port.
    pub async fn bind(environment: &Environment, authenticated: bool) -> io::Result<(Listener, Cleanup)> {
        #[cfg(unix)]
        match unix::Socket::bind(environment) {
            Ok((socket, directory)) => return Ok((Listener::Unix(socket), Cleanup(Some(directory)))),
            Err(error) if !authenticated => return Err(error),
            Err(error) => {
                tracing::info!(%error, "cannot create a Unix socket; listening on a loopback port instead");
            }
        }
        #[cfg(not(unix))]
        let _ = authenticated;
        Ok((Listener::bind_tcp(environment).await?, Cleanup(None)))
    }

    /// Binds the first free port of Terraform's range, or any free port if there is no range.
    pub async fn bind_tcp(environment: &Environment) -> io::Result<Listener> {
        let port = |name| environment.get(name).and_then(|text| text.parse::<u16>().ok()).unwrap_or(0);
        let (min, max) = (port("PLUGIN_MIN_PORT"), port("PLUGIN_MAX_PORT"));
        // Windows also rejects ports that Hyper-V reserves, with another error than for ports in use.
        let mut last = io::ErrorKind::AddrInUse;
        for port in min..=max.max(min) {
            match TcpListener::bind(("127.0.0.1", port)).await {
                Ok(listener) => return Ok(Listener::Tcp(listener)),
                Err(error) => last = error.kind(),
            }
        }
        Err(io::Error::new(last, format!("no free port from {min} to {max}: {last}")))
    }

    pub fn address(&self) -> io::Result<Address> {
        match self {
            #[cfg(unix)]
            Listener::Unix(socket) => Ok(Address { network: "unix", text: socket.path()? }),
            Listener::Tcp(listener) => {
                Ok(Address { network: "tcp", text: listener.local_addr()?.to_string() })
            }
        }
    }

    pub async fn accept(&self) -> io::Result<Box<dyn Io>> {
        match self {
            #[cfg(unix)]
            Listener::Unix(socket) => Ok(Box::new(socket.accept().await?)),
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::Permissions;
    use std::io;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};

    use tempfile::TempDir;
    use tokio::net::{UnixListener, UnixStream};

    use super::Environment;
    use crate::plugin::handshake::fits_handshake_line;

    /// The longest socket path that all platforms support.
    const LONGEST_PATH: usize = 103;
    const NAME: &str = "s.sock";
    /// Alternative directories, because the TMPDIR of a CI runner can be missing or read-only.
    const FALLBACKS: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

    /// A Unix socket. Its directory is created with mode 0700, so that only the owner can access the socket, unless a
    /// group is specified.
    pub struct Socket {
        listener: UnixListener,
        path: PathBuf,
    }

    impl Socket {
        pub fn bind(environment: &Environment) -> io::Result<(Socket, TempDir)> {
            let wanted = environment
                .get("PLUGIN_UNIX_SOCKET_DIR")
                .filter(|parent| !parent.is_empty())
                .map_or_else(std::env::temp_dir, PathBuf::from);
            let (listener, path, directory) = bind_in(&wanted).or_else(|error| {
                let mut others = FALLBACKS.iter().map(Path::new).filter(|other| *other != wanted);
                // Report the error for the preferred directory.
                others.find_map(|other| bind_in(other).ok()).ok_or(error)
            })?;
            if let Some(group) = environment.get("PLUGIN_UNIX_SOCKET_GROUP").filter(|group| !group.is_empty())
            {
                share_with(&group, directory.path(), &path)?;
            }
            Ok((Socket { listener, path }, directory))
        }

        pub fn path(&self) -> io::Result<String> {
            match self.path.to_str() {
                Some(text) => Ok(text.to_owned()),
                None => Err(io::Error::other("the path of the temporary directory is not UTF-8")),
            }
        }

        pub async fn accept(&self) -> io::Result<UnixStream> {
            self.listener.accept().await.map(|(stream, _)| stream)
        }
    }

    fn bind_in(parent: &Path) -> io::Result<(UnixListener, PathBuf, TempDir)> {
        if !parent.to_str().is_some_and(fits_handshake_line) {
            let shown = parent.display().to_string();
            return Err(io::Error::other(format!(
                "the path {shown:?} has a character that is not allowed in the handshake line"
            )));
        }
        let directory = private_directory(parent)?;
        let path = directory.path().join(NAME);
        if path.as_os_str().len() > LONGEST_PATH {
            return Err(io::Error::other(format!("{} is too long for a socket path", path.display())));
        }
        let listener = UnixListener::bind(&path)?;
        Ok((listener, path, directory))
    }

    fn private_directory(parent: &Path) -> io::Result<TempDir> {
        tempfile::Builder::new()
            .prefix("plugin")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)
    }

    /// Gives a group access to the directory and the socket, as go-plugin does for a host that runs as another user.
    fn share_with(group: &str, directory: &Path, socket: &Path) -> io::Result<()> {
        let id = match group.parse() {
            Ok(id) => id,
            Err(_) => group_id(&std::fs::read_to_string("/etc/group")?, group)
                .ok_or_else(|| io::Error::other(format!("there is no group {group:?}")))?,
        };
        for (path, mode) in [(socket, 0o660), (directory, 0o710)] {
            std::os::unix::fs::chown(path, None, Some(id))?;
            std::fs::set_permissions(path, Permissions::from_mode(mode))?;
        }
        Ok(())
    }

    /// The ID of a group, from a string in the format of `/etc/group`.
    fn group_id(groups: &str, name: &str) -> Option<u32> {
        groups.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_group_is_found_by_its_name() {
            let groups = "root:x:0:\nstaff:x:50:me,you\n";
            assert_eq!(group_id(groups, "staff"), Some(50));
            assert_eq!(group_id(groups, "sta"), None);
        }

        #[tokio::test]
        async fn the_directory_is_private_and_removed_on_drop() {
            let parent = tempfile::tempdir().unwrap();
            let path = parent.path().to_str().unwrap().to_owned();
            let environment =
                Environment::new(move |name| (name == "PLUGIN_UNIX_SOCKET_DIR").then(|| path.clone()));
            let (socket, guard) = Socket::bind(&environment).unwrap();
            let directory = socket.path.parent().unwrap().to_owned();
            assert_eq!(directory.parent().unwrap(), parent.path());
            let mode = std::fs::metadata(&directory).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
            drop(guard);
            assert!(!directory.exists());
        }

        #[tokio::test]
        async fn an_unusable_directory_is_replaced() {
            let parent = tempfile::tempdir().unwrap();
            let long = parent.path().join("x".repeat(100));
            std::fs::create_dir(&long).unwrap();
            let barred = parent.path().join("a|b");
            std::fs::create_dir(&barred).unwrap();
            for unusable in [
                long.to_str().unwrap(),
                barred.to_str().unwrap(),
                "/nowhere/at/all",
                "/dev/null",
                "/proc/self",
            ] {
                let unusable = unusable.to_owned();
                let environment = Environment::new(move |name| {
                    (name == "PLUGIN_UNIX_SOCKET_DIR").then(|| unusable.clone())
                });
                assert!(Socket::bind(&environment).unwrap().0.path.starts_with("/tmp"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tcp_uses_the_first_free_port_of_the_range_on_loopback() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let environment = Environment::new(move |name| match name {
            "PLUGIN_MIN_PORT" => Some(port.to_string()),
            "PLUGIN_MAX_PORT" => Some(port.saturating_add(20).to_string()),
            _ => None,
        });
        let address = Listener::bind_tcp(&environment).await.unwrap().address().unwrap();
        assert_eq!(address.network, "tcp");
        assert!(address.text.starts_with("127.0.0.1:"), "{}", address.text);
        assert_ne!(address.text, format!("127.0.0.1:{port}"));
    }

    #[tokio::test]
    async fn tcp_uses_any_port_without_a_range() {
        let environment = Environment::new(|_| None);
        let listener = Listener::bind_tcp(&environment).await.unwrap();
        assert_ne!(listener.address().unwrap().text, "127.0.0.1:0");
    }
}
