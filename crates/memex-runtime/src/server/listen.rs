//! Where a server listens, and its refusal to be heard in plain text beyond this machine.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::tls::ServerTls;
use crate::in_flight::InFlight;
use crate::settings::{Given, Mistakes, env_flag};

/// Where a server listens. Flatten it into a command's arguments.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Listening")]
pub struct ServerArgs {
    /// Address and port to listen on, such as 127.0.0.1:50061; port 0 takes any that is free
    #[arg(long, env = "MEMEX_LISTEN", value_name = "ADDRESS:PORT", default_value = "", hide_default_value = true)]
    pub listen: Given<SocketAddr>,
    /// Listen beyond loopback although nothing encrypts the connection: only where the network does, as a service mesh
    /// or a proxy that ends TLS
    #[arg(
        long,
        env = "MEMEX_ALLOW_PLAINTEXT",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub allow_plaintext: Option<String>,
}

/// How much a server does at once. Flatten it into a command's arguments.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Listening")]
pub struct LoadArgs {
    /// Calls in flight at most, 1 to 100000, over all connections; the surplus is refused at once [default: 512]
    #[arg(long, env = "MEMEX_MAX_IN_FLIGHT", value_name = "COUNT", default_value = "", hide_default_value = true)]
    pub max_in_flight: Given<usize>,
}

impl LoadArgs {
    /// How many calls may be in flight.
    pub fn calls_in_flight(&self, mistakes: &mut Mistakes) -> usize {
        let setting = "--max-in-flight / MEMEX_MAX_IN_FLIGHT";
        mistakes.number(setting, &self.max_in_flight, InFlight::CALLS, 1..=100_000)
    }
}

/// Where a server hears its clients, and what encrypts what they say.
#[derive(Debug)]
pub struct Listening {
    /// Where.
    pub listener: TcpListener,
    /// Nothing: plain text.
    pub tls: Option<ServerTls>,
}

impl From<TcpListener> for Listening {
    fn from(listener: TcpListener) -> Self {
        Self { listener, tls: None }
    }
}

/// A server could not begin to listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address reaches beyond loopback and nobody said that plain text may. A bad setting.
    #[error(
        "refusing to listen on {0}: it can be reached from other machines, and tokens and memory would cross the network \
         unencrypted. Give --tls-cert and --tls-key, listen on 127.0.0.1 or [::1], or, where the network encrypts (a \
         service mesh, a proxy that ends TLS), pass --allow-plaintext or set MEMEX_ALLOW_PLAINTEXT=true"
    )]
    Plaintext(SocketAddr),
    /// The operating system refused, mostly because something else listens there.
    #[error("cannot listen on {address}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl ServerArgs {
    const LISTEN: &str = "--listen / MEMEX_LISTEN";
    const ALLOW_PLAINTEXT: &str = "--allow-plaintext / MEMEX_ALLOW_PLAINTEXT";

    /// See [`address`].
    pub fn address(&self, default: SocketAddr, may_leave: bool, mistakes: &mut Mistakes) -> SocketAddr {
        address(Self::LISTEN, &self.listen, default, may_leave, mistakes)
    }

    /// Whether it may listen beyond loopback; a mistake where the switch cannot be read.
    pub fn allows_plaintext(&self, mistakes: &mut Mistakes) -> bool {
        env_flag(Self::ALLOW_PLAINTEXT, self.allow_plaintext.as_deref(), false, mistakes)
    }
}

/// The address to listen on, `default` where none was given; a mistake in `setting` where it cannot be read, or reaches
/// beyond loopback although it may not: `may_leave` is true with TLS, or where plain text is allowed.
pub fn address(
    setting: &str,
    given: &Given<SocketAddr>,
    default: SocketAddr,
    may_leave: bool,
    mistakes: &mut Mistakes,
) -> SocketAddr {
    let address = match given {
        Given::Nothing => default,
        Given::Read(address) => *address,
        Given::Unreadable(text) => {
            mistakes.add(setting, format_args!("must be ADDRESS:PORT such as {default}, is {text:?}"));
            default
        }
    };
    if let Err(refused) = permit(address, may_leave) {
        mistakes.add(setting, refused);
    }
    address
}

/// Listens on `address`; port 0 takes any that is free (ask `TcpListener::local_addr`).
///
/// # Errors
/// [`BindError::Plaintext`] beyond loopback without `allow_plaintext`, [`BindError::Listen`] where the system refuses.
pub async fn bind(address: SocketAddr, allow_plaintext: bool) -> Result<TcpListener, BindError> {
    permit(address, allow_plaintext)?;
    TcpListener::bind(address).await.map_err(|source| BindError::Listen { address, source })
}

fn permit(address: SocketAddr, allow_plaintext: bool) -> Result<(), BindError> {
    let loopback = address.ip().to_canonical().is_loopback();
    if loopback || allow_plaintext { Ok(()) } else { Err(BindError::Plaintext(address)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::ServerTlsArgs;

    const DEFAULT: &str = "127.0.0.1:0";

    fn mistakes_of(args: &ServerArgs) -> String {
        let mut mistakes = Mistakes::new();
        let allow_plaintext = args.allows_plaintext(&mut mistakes);
        args.address(DEFAULT.parse().unwrap(), allow_plaintext, &mut mistakes);
        mistakes.into_result().err().map(|all| all.to_string()).unwrap_or_default()
    }

    #[tokio::test]
    async fn beyond_loopback_it_listens_only_when_told() {
        for beyond in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:192.0.2.1]:0"] {
            let refused = bind(beyond.parse().unwrap(), false).await.unwrap_err();
            assert!(matches!(refused, BindError::Plaintext(_)), "{beyond}: {refused}");
            assert!(refused.to_string().contains("--allow-plaintext or set MEMEX_ALLOW_PLAINTEXT=true"), "{refused}");
        }
        bind("0.0.0.0:0".parse().unwrap(), true).await.unwrap();
    }

    #[tokio::test]
    async fn on_loopback_port_0_takes_one_that_is_free() {
        let listener = bind(DEFAULT.parse().unwrap(), false).await.unwrap();
        assert_ne!(listener.local_addr().unwrap().port(), 0);
        // An IPv4 loopback address in IPv6 clothes is loopback.
        permit("[::ffff:127.0.0.1]:0".parse().unwrap(), false).unwrap();
    }

    #[test]
    fn beyond_loopback_tls_is_leave_enough_and_half_of_it_is_a_mistake() {
        let tls = ServerTlsArgs { tls_cert: Some("/nonexistent/cert.pem".into()), ..ServerTlsArgs::default() };
        let args = ServerArgs { listen: "0.0.0.0:1".parse().unwrap(), ..ServerArgs::default() };
        let mut mistakes = Mistakes::new();
        args.address(DEFAULT.parse().unwrap(), tls.wanted(), &mut mistakes);
        assert!(mistakes.is_empty(), "{mistakes}");
        assert!(tls.load(&mut mistakes).is_none());
        assert!(mistakes.to_string().contains("--tls-key / MEMEX_TLS_KEY: must be given too"), "{mistakes}");
    }

    #[test]
    fn bad_listen_settings_are_mistakes_together() {
        let mistakes =
            mistakes_of(&ServerArgs { listen: "here".parse().unwrap(), allow_plaintext: Some("yes".into()) });
        assert!(mistakes.starts_with("2 settings cannot be used:"), "{mistakes}");
        let listen = "--listen / MEMEX_LISTEN: must be ADDRESS:PORT such as 127.0.0.1:0, is \"here\"";
        assert!(mistakes.contains(listen), "{mistakes}");
        assert!(mistakes.contains("--allow-plaintext / MEMEX_ALLOW_PLAINTEXT: must be true, false"), "{mistakes}");
        let beyond = mistakes_of(&ServerArgs { listen: "0.0.0.0:50061".parse().unwrap(), ..ServerArgs::default() });
        assert!(beyond.contains("refusing to listen on 0.0.0.0:50061"), "{beyond}");
        assert_eq!(mistakes_of(&ServerArgs::default()), "");
    }

    #[test]
    fn the_switch_may_stand_alone_on_the_command_line() {
        #[derive(clap::Parser)]
        struct Command {
            #[command(flatten)]
            server: ServerArgs,
        }
        let args = <Command as clap::Parser>::parse_from(["serve", "--allow-plaintext", "--listen", "0.0.0.0:1"]);
        assert_eq!(mistakes_of(&args.server), "");
    }
}
