//! Who holds a TCP port: the socket's inode in `/proc/net/tcp{,6}`, then the process that has it open.
//!
//! Sees what `/proc` shows: processes of other users need root, processes outside the pid namespace stay hidden.

use std::{
    fmt,
    fs::{self, File},
    io::{BufRead, BufReader},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// A process that holds a port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Holder {
    /// Its id.
    pub pid: u32,
    /// Its name, as in `/proc/<pid>/comm`.
    pub command: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {} ({})", self.pid, self.command)
    }
}

/// Returns who listens on a TCP port of any address; none when nobody does or the process cannot be seen.
///
/// Costs a walk over `/proc`; meant for after a failure.
pub fn holder(port: u16) -> Option<Holder> {
    of(None, port)
}

/// Returns who holds a port in the way of `address` (none: of every address).
pub(crate) fn of(address: Option<IpAddr>, port: u16) -> Option<Holder> {
    let mut sockets: Vec<Socket> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .flat_map(|table| sockets_of(table))
        .filter(|socket| socket.port == port && overlaps(socket.address, address))
        .collect();
    // A listener is the usual holder; an outgoing connection may have been given the port too.
    sockets.sort_by_key(|socket| !socket.is_listening);
    sockets.iter().find_map(|socket| owner(socket.inode))
}

/// One line of the kernel's table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Socket {
    address: IpAddr,
    port: u16,
    is_listening: bool,
    inode: u64,
}

fn sockets_of(table: &str) -> impl Iterator<Item = Socket> + use<> {
    let lines = File::open(table)
        .ok()
        .map(|file| BufReader::new(file).lines().take(LINES_MAX));
    lines
        .into_iter()
        .flatten()
        .map_while(Result::ok)
        .filter_map(|line| parse(&line))
}

fn parse(line: &str) -> Option<Socket> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (address, port) = fields.next()?.split_once(':')?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?.parse().ok()?;
    Some(Socket {
        address: parse_address(address)?,
        port: u16::from_str_radix(port, 16).ok()?,
        is_listening: state == LISTEN,
        inode,
    })
}

/// Reads an address as the kernel prints it: words of 32 bits in the machine's byte order.
fn parse_address(hex: &str) -> Option<IpAddr> {
    let word = |index: usize| u32::from_str_radix(hex.get(index * 8..index * 8 + 8)?, 16).ok();
    match hex.len() {
        8 => Some(Ipv4Addr::from(word(0)?.to_ne_bytes()).into()),
        32 => {
            let mut bytes = [0; 16];
            for (index, part) in bytes.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(index)?.to_ne_bytes());
            }
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

fn overlaps(held: IpAddr, wanted: Option<IpAddr>) -> bool {
    wanted.is_none_or(|wanted| held.is_unspecified() || held == wanted)
}

/// Finds the process that has the socket open.
fn owner(inode: u64) -> Option<Holder> {
    if inode == 0 {
        return None; // a connection in TIME_WAIT belongs to nobody
    }
    let link = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut looked_at = 0_usize;
    pids.find(|pid| {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else {
            return false;
        };
        let mut open = descriptors
            .filter_map(Result::ok)
            .take(DESCRIPTORS_MAX.saturating_sub(looked_at));
        open.any(|descriptor| {
            looked_at += 1;
            fs::read_link(descriptor.path()).is_ok_and(|target| target.as_os_str() == link.as_str())
        })
    })
    .map(|pid| {
        let command = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        Holder {
            pid,
            command: command.trim_end().to_owned(),
        }
    })
}

/// Lines read of a socket table: a busy proxy has hundreds of thousands of connections.
const LINES_MAX: usize = 1_000_000;

/// Descriptors looked at over all processes, about a second of work.
const DESCRIPTORS_MAX: usize = 500_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINE_V4: &str = "   1: 0100007F:2383 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 123456 1 0000000000000000 100 0 0 10 0";
    const LINE_V6: &str = "   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 77 1";

    #[test]
    #[cfg(target_endian = "little")]
    fn lines_of_both_tables_are_read() {
        let v4 = Socket {
            address: Ipv4Addr::LOCALHOST.into(),
            port: 9091,
            is_listening: true,
            inode: 123_456,
        };
        assert_eq!(parse(LINE_V4), Some(v4));
        let v6 = Socket {
            address: Ipv6Addr::LOCALHOST.into(),
            port: 80,
            is_listening: false,
            inode: 77,
        };
        assert_eq!(parse(LINE_V6), Some(v6));
    }

    #[test]
    fn headers_and_torn_lines_are_skipped() {
        assert_eq!(
            parse(
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"
            ),
            None
        );
        for end in 0..LINE_V4.find("123456").unwrap() {
            assert_eq!(parse(&LINE_V4[..end]), None);
        }
    }

    #[test]
    fn a_wildcard_holder_is_in_everybodys_way_and_another_address_is_not() {
        let local: IpAddr = Ipv4Addr::LOCALHOST.into();
        let other: IpAddr = Ipv4Addr::new(10, 0, 0, 1).into();
        assert!(overlaps(Ipv6Addr::UNSPECIFIED.into(), Some(local)));
        assert!(overlaps(other, None));
        assert!(!overlaps(other, Some(local)));
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(line: String, address in "[0-9A-Fé]{0,33}") {
            let _ = parse(&line);
            let _ = parse(&format!("0: {address}:2383 x 0A a b c d e 7"));
        }
    }
}
