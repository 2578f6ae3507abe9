//! What systemd, or whoever started the watch, is told: ready, alive, stopping (`sd_notify`).

use super::environment;
use std::os::unix::net::UnixDatagram;

/// The service manager that started this process, where there is one (`sd_notify`).
pub struct Manager(Option<(UnixDatagram, std::os::unix::net::SocketAddr)>);

impl Manager {
    /// The one that the environment names.
    pub fn of_this_process() -> Self {
        Self(environment::filled("NOTIFY_SOCKET").and_then(|place| Self::at(&place)))
    }

    fn at(place: &str) -> Option<(UnixDatagram, std::os::unix::net::SocketAddr)> {
        use std::os::unix::net::SocketAddr;
        let address = match place.strip_prefix('@') {
            #[cfg(target_os = "linux")]
            Some(name) => {
                use std::os::linux::net::SocketAddrExt;
                SocketAddr::from_abstract_name(name).ok()?
            }
            #[cfg(not(target_os = "linux"))]
            Some(_) => return None,
            None => SocketAddr::from_pathname(place).ok()?,
        };
        let socket = UnixDatagram::unbound().ok()?;
        // A manager that does not listen holds nothing up.
        socket.set_nonblocking(true).ok()?;
        Some((socket, address))
    }

    /// Says something, in the words of `sd_notify`.
    pub fn say(&self, text: &str) {
        if let Some((socket, address)) = &self.0
            && let Err(error) = socket.send_to_addr(text.as_bytes(), address)
        {
            tracing::debug!(%error, "the service manager does not listen");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_manager_hears_what_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        Manager(Manager::at(path.to_str().unwrap())).say("READY=1\nWATCHDOG=1");
        let mut heard = [0; 64];
        let length = socket.recv(&mut heard).unwrap();
        assert_eq!(&heard[..length], b"READY=1\nWATCHDOG=1");
        // Nobody listens, or there is no manager at all.
        Manager(Manager::at("/nowhere/notify")).say("READY=1");
        Manager(None).say("READY=1");
    }
}
