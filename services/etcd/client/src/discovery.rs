//! Endpoints from DNS: the SRV records a domain has for its cluster.
//!
//! Servers of names are those of `/etc/resolv.conf`, asked one after another. `discovery/message.rs` writes the question and
//! reads the answer.
//!
//! Source: etcd v3.7 client/pkg/srv/srv.go, `GetClient`.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use crate::discovery::message::{Answer, Question};

mod message;

/// Why a domain names no endpoints.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// Neither of the two services was found.
    #[error("dns lookup errors: {https} and {http}")]
    Lookup {
        /// About the service of servers with TLS.
        https: String,
        /// About the service of servers without.
        http: String,
    },
}

/// Returns the endpoints of a domain, those with TLS first. A `service` other than the empty one is a suffix of the records'
/// names.
///
/// # Errors
/// [`DiscoveryError`].
pub async fn discover(domain: &str, service: &str) -> Result<Vec<String>, DiscoveryError> {
    let servers = name_servers(&std::fs::read_to_string(RESOLV_CONF).unwrap_or_default());
    let suffix = match service {
        "" => String::new(),
        name => format!("-{name}"),
    };
    let look = async |kind: &str| {
        let name = format!("_etcd-client{kind}{suffix}._tcp.{domain}");
        lookup(&servers, &name).await
    };
    let (https, http) = (look("-ssl").await, look("").await);
    if let (Err(https), Err(http)) = (&https, &http) {
        return Err(DiscoveryError::Lookup {
            https: https.clone(),
            http: http.clone(),
        });
    }
    let urls = |scheme: &str, found: Result<Vec<message::Server>, String>| {
        let url = |server: message::Server| format!("{scheme}://{}:{}", server.host, server.port);
        found.unwrap_or_default().into_iter().map(url).collect()
    };
    let (secure, plain): (Vec<String>, Vec<String>) = (urls("https", https), urls("http", http));
    Ok([secure, plain].concat())
}

/// Asks the servers of names for a service until one knows.
async fn lookup(servers: &[SocketAddr], name: &str) -> Result<Vec<message::Server>, String> {
    let mut problem = format!("lookup {name}: no such host");
    for server in servers {
        // Go's texts.
        match timeout(ANSWER_WITHIN, ask(*server, name)).await {
            Ok(Ok(found)) if !found.is_empty() => return Ok(found),
            Ok(Ok(_)) => return Err(format!("lookup {name} on {server}: no such host")),
            Ok(Err(error)) => problem = format!("lookup {name} on {server}: {error}"),
            Err(_) => problem = format!("lookup {name} on {server}: i/o timeout"),
        }
    }
    Err(problem)
}

async fn ask(server: SocketAddr, name: &str) -> io::Result<Vec<message::Server>> {
    let question = Question::new(name)?;
    let any = match server {
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    socket.send(question.bytes()).await?;
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let length = socket.recv(&mut buffer).await?;
        match question.read(&buffer[..length])? {
            Answer::Servers(servers) => return Ok(servers),
            Answer::Truncated => break,
            // Somebody else's, or a forgery.
            Answer::Foreign => {}
        }
    }
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.bytes().len()).map_err(io::Error::other)?;
    stream.write_u16(length).await?;
    stream.write_all(question.bytes()).await?;
    let mut buffer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut buffer).await?;
    match question.read(&buffer)? {
        Answer::Servers(servers) => Ok(servers),
        Answer::Truncated | Answer::Foreign => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Returns the servers of names that a configuration lists; the machine's own when it lists none.
fn name_servers(configuration: &str) -> Vec<SocketAddr> {
    let address = |line: &str| {
        let mut words = line.split_whitespace();
        let address = (words.next()? == "nameserver").then(|| words.next())??;
        address.parse::<IpAddr>().ok()
    };
    let mut listed: Vec<IpAddr> = configuration.lines().filter_map(address).collect();
    if listed.is_empty() {
        listed.push(Ipv4Addr::LOCALHOST.into());
    }
    listed
        .into_iter()
        .take(SERVERS_MAX)
        .map(|address| SocketAddr::new(address, PORT))
        .collect()
}

const RESOLV_CONF: &str = "/etc/resolv.conf";
const PORT: u16 = 53;
/// As many as resolvers ask.
const SERVERS_MAX: usize = 3;
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const DATAGRAM_BYTES_MAX: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_of_names_are_those_of_the_configuration() {
        let text = "# x\nsearch a\nnameserver 10.0.0.1\nnameserver ::1\nnameserver bad\n";
        let expected = ["10.0.0.1:53", "[::1]:53"].map(|text| text.parse().unwrap());
        assert_eq!(name_servers(text), expected);
        assert_eq!(name_servers(""), ["127.0.0.1:53".parse().unwrap()]);
    }
}
