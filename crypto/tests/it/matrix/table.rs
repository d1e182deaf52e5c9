//! The cells of the matrix, and the outcome section 5 of the specification gives each of them.

use super::Result;

/// Whom we meet.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Peer {
    OpenSsl,
    Go,
    Python,
    /// As a client only.
    Curl,
}

impl Peer {
    pub(crate) const ALL: [Self; 4] = [Self::OpenSsl, Self::Go, Self::Python, Self::Curl];
}

/// What we are.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Side {
    Server,
    Client,
}

/// The kind of the keys both sides show.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Key {
    Rsa2048,
    P256,
    P384,
    P521,
    Ed25519,
}

impl Key {
    pub(crate) const ALL: [Self; 5] = [
        Self::Rsa2048,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Ed25519,
    ];
}

/// One combination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) side: Side,
    pub(crate) peer: Peer,
    /// `1.2` or `1.3`; the peer is held to it.
    pub(crate) version: &'static str,
    pub(crate) key: Key,
    /// The client shows a certificate, and the server demands one.
    pub(crate) mutual: bool,
}

impl Cell {
    /// The cells with this peer.
    pub(crate) fn all(peer: Peer) -> impl Iterator<Item = Self> {
        let sides = if peer == Peer::Curl {
            &[Side::Server][..]
        } else {
            &[Side::Server, Side::Client]
        };
        sides.iter().flat_map(move |side| {
            ["1.2", "1.3"].into_iter().flat_map(move |version| {
                Key::ALL.into_iter().flat_map(move |key| {
                    [false, true].map(|mutual| Self {
                        side: *side,
                        peer,
                        version,
                        key,
                        mutual,
                    })
                })
            })
        })
    }
}

/// What must come of a cell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// A request and its answer travel; a demanded client certificate is seen.
    Works,
    /// We do not get as far as a handshake: our own key is refused with these words.
    OwnKeyRefused(&'static str),
    /// We do not take the peer's key, for this reason.
    PeerKeyRefused(&'static str),
    /// The peer finds no way to sign that we accept, and says so with the alert `handshake_failure`.
    NothingInCommon,
}

impl Outcome {
    pub(crate) fn is_met_by(self, result: &Result) -> bool {
        match (self, result) {
            (Self::Works, Ok(_)) => true,
            (Self::OwnKeyRefused(words), Err(error)) => error == words,
            (Self::PeerKeyRefused(words), Err(error)) => {
                error.strip_prefix("tls: failed to verify certificate: ") == Some(words)
            }
            (Self::NothingInCommon, Err(error)) => error == "remote error: tls: handshake failure",
            _ => false,
        }
    }
}

/// The table: everything works, except P-521 on ring, which cannot sign with it nor check what others signed.
pub(crate) fn expected(cell: &Cell) -> Outcome {
    const NO_P521: &str = "provider ring does not implement P-521; build with aws-lc or fips";
    if (crypto::provider().name(), cell.key) != ("ring", Key::P521) {
        return Outcome::Works;
    }
    match (cell.side, cell.mutual, cell.peer, cell.version) {
        (Side::Server, ..) | (_, true, ..) => Outcome::OwnKeyRefused(NO_P521),
        // TLS 1.2 names the hash and leaves the curve open, and Go takes it at its word.
        (_, _, Peer::Go, "1.2") => Outcome::PeerKeyRefused(NO_P521),
        _ => Outcome::NothingInCommon,
    }
}
