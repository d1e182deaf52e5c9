//! One question for SRV records and its answer, as RFC 1035 and RFC 2782 write them.
//!
//! An answer comes from the network: every length is checked, a name follows a bounded number of pointers, and what does not
//! repeat the question's number and name is somebody else's.

use std::io;

/// A question with its number.
#[derive(Clone, Debug)]
pub(super) struct Question {
    name: String,
    bytes: Vec<u8>,
}

/// A server that a record names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Server {
    priority: u16,
    weight: u16,
    pub(super) host: String,
    pub(super) port: u16,
}

/// What came back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// The servers, the preferred first; none when there is no such name.
    Servers(Vec<Server>),
    /// More than a datagram holds: to be asked again over a connection.
    Truncated,
    /// An answer to another question.
    Foreign,
}

impl Question {
    /// Writes the question for a name.
    pub(super) fn new(name: &str) -> io::Result<Self> {
        let mut bytes = crypto::random::bytes::<2>().to_vec();
        // Recursion wanted; one question, nothing else.
        bytes.extend_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        for label in name.trim_end_matches('.').split('.') {
            let length = u8::try_from(label.len()).ok();
            let Some(length @ 1..=LABEL_BYTES_MAX) = length else {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "no such host"));
            };
            bytes.push(length);
            bytes.extend_from_slice(label.as_bytes());
        }
        bytes.push(0);
        bytes.extend_from_slice(&[0, SRV, 0, INTERNET]);
        Ok(Self {
            name: format!("{}.", name.trim_end_matches('.')),
            bytes,
        })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads the answer to this question.
    pub(super) fn read(&self, message: &[u8]) -> io::Result<Answer> {
        let mut reader = Reader { message, at: 0 };
        let head = reader.take(HEAD_BYTES)?;
        let is_answer = head[2] & 0x80 != 0;
        if head[..2] != self.bytes[..2] || !is_answer {
            return Ok(Answer::Foreign);
        }
        if head[2] & 0x02 != 0 {
            return Ok(Answer::Truncated);
        }
        let (questions, records) = (word(&head[4..6]), word(&head[6..8]));
        for _ in 0..questions {
            let name = reader.name()?;
            reader.take(4)?;
            if !name.eq_ignore_ascii_case(&self.name) {
                return Ok(Answer::Foreign);
            }
        }
        match head[3] & 0x0f {
            0 => {}
            NO_SUCH_NAME => return Ok(Answer::Servers(Vec::new())),
            _ => return Err(io::Error::other("server misbehaving")), // Go's text
        }
        let mut servers = Vec::new();
        for _ in 0..records {
            servers.extend(reader.record()?);
        }
        servers.sort_by_key(|server| (server.priority, u16::MAX - server.weight));
        Ok(Answer::Servers(servers))
    }
}

struct Reader<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let end = self.at + count;
        let bytes = self.message.get(self.at..end).ok_or_else(malformed)?;
        self.at = end;
        Ok(bytes)
    }

    /// Reads a record; none when it is of another kind.
    fn record(&mut self) -> io::Result<Option<Server>> {
        self.name()?;
        let head = self.take(10)?;
        let (kind, length) = (word(&head[..2]), usize::from(word(&head[8..10])));
        let end = self.at + length;
        if kind != u16::from(SRV) {
            self.take(length)?;
            return Ok(None);
        }
        let data = self.take(6)?;
        let server = Server {
            priority: word(&data[..2]),
            weight: word(&data[2..4]),
            port: word(&data[4..6]),
            host: self.name()?,
        };
        if self.at != end {
            return Err(malformed());
        }
        Ok(Some(server))
    }

    /// Reads a name, following pointers to what stands earlier.
    fn name(&mut self) -> io::Result<String> {
        let mut name = String::new();
        let mut jumped_from = None;
        for _ in 0..LABELS_MAX {
            let length = self.take(1)?[0];
            match length {
                0 => {
                    if let Some(at) = jumped_from {
                        self.at = at;
                    }
                    return Ok(if name.is_empty() {
                        ".".to_owned()
                    } else {
                        name
                    });
                }
                1..=LABEL_BYTES_MAX => {
                    let label = self.take(usize::from(length))?;
                    name.push_str(std::str::from_utf8(label).map_err(|_| malformed())?);
                    name.push('.');
                }
                0xc0.. => {
                    let low = self.take(1)?[0];
                    jumped_from.get_or_insert(self.at);
                    self.at = usize::from(length & 0x3f) << 8 | usize::from(low);
                }
                _ => return Err(malformed()),
            }
        }
        Err(malformed())
    }
}

fn word(bytes: &[u8]) -> u16 {
    u16::from_be_bytes([bytes[0], bytes[1]])
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "cannot unmarshal DNS message") // Go's text
}

const HEAD_BYTES: usize = 12;
const LABEL_BYTES_MAX: u8 = 63;
/// Labels and pointers of a name; more are a loop.
const LABELS_MAX: usize = 128;
const SRV: u8 = 33;
const INTERNET: u8 = 1;
const NO_SUCH_NAME: u8 = 3;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An answer to `question` with these flags and records, each a priority, a weight, a port and a host's label.
    fn answer(question: &Question, flags: [u8; 2], records: &[(u16, u16, u16, &str)]) -> Vec<u8> {
        let mut message = question.bytes().to_vec();
        message[2..4].copy_from_slice(&flags);
        message[7] = u8::try_from(records.len()).unwrap();
        for (priority, weight, port, host) in records {
            // The owner is a pointer to the question's name, as servers write it.
            message.extend_from_slice(&[0xc0, 12, 0, SRV, 0, INTERNET, 0, 0, 0, 60]);
            let length = 6 + 1 + host.len() + 2;
            message.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
            for number in [priority, weight, port] {
                message.extend_from_slice(&number.to_be_bytes());
            }
            message.push(u8::try_from(host.len()).unwrap());
            message.extend_from_slice(host.as_bytes());
            // Behind `_etcd-client._tcp`, the domain.
            message.extend_from_slice(&[0xc0, 12 + 13 + 5]);
        }
        message
    }

    fn question() -> Question {
        Question::new("_etcd-client._tcp.example.com").unwrap()
    }

    #[test]
    fn servers_come_by_priority_and_weight() {
        let question = question();
        let records = [(2, 0, 1, "c"), (1, 1, 2, "b"), (1, 9, 3, "a")];
        let found = question.read(&answer(&question, [0x81, 0x80], &records));
        let Ok(Answer::Servers(servers)) = found else {
            panic!("{found:?}");
        };
        let hosts: Vec<_> = servers
            .iter()
            .map(|server| (server.host.as_str(), server.port))
            .collect();
        assert_eq!(
            hosts,
            [
                ("a.example.com.", 3),
                ("b.example.com.", 2),
                ("c.example.com.", 1)
            ]
        );
    }

    #[test]
    fn no_such_name_is_no_servers_and_other_failures_are_told() {
        let question = question();
        let none = question
            .read(&answer(&question, [0x81, 0x83], &[]))
            .unwrap();
        assert_eq!(none, Answer::Servers(Vec::new()));
        let failed = question.read(&answer(&question, [0x81, 0x82], &[]));
        assert_eq!(failed.unwrap_err().to_string(), "server misbehaving");
        let cut = question
            .read(&answer(&question, [0x83, 0x80], &[]))
            .unwrap();
        assert_eq!(cut, Answer::Truncated);
    }

    #[test]
    fn answers_to_other_questions_are_not_taken() {
        let (mine, other) = (
            question(),
            Question::new("_etcd-client._tcp.example.org").unwrap(),
        );
        let mut message = answer(&other, [0x81, 0x80], &[]);
        assert_eq!(
            other.read(&mine.bytes).unwrap(),
            Answer::Foreign,
            "a question"
        );
        message[..2].copy_from_slice(&mine.bytes[..2]);
        assert_eq!(
            mine.read(&message).unwrap(),
            Answer::Foreign,
            "another name"
        );
    }

    #[test]
    fn names_that_point_at_themselves_end() {
        let question = question();
        let mut message = answer(&question, [0x81, 0x80], &[(1, 1, 1, "a")]);
        let owner = question.bytes().len();
        message[owner + 1] = u8::try_from(owner).unwrap();
        assert!(question.read(&message).is_err());
    }

    #[test]
    fn names_that_cannot_be_asked_for_are_refused() {
        assert!(Question::new("a..b").is_err());
        assert!(Question::new(&"a".repeat(64)).is_err());
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(flips in prop::collection::vec((0_usize..200, any::<u8>()), 0..8)) {
            let question = question();
            let mut message = answer(&question, [0x81, 0x80], &[(1, 2, 3, "host"), (4, 5, 6, "other")]);
            for (at, byte) in flips {
                let at = at % message.len();
                message[at] = byte;
            }
            drop(question.read(&message));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let question = question();
            let message = [&question.bytes()[..2], &bytes].concat();
            drop(question.read(&message));
        }
    }
}
