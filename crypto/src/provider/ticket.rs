//! Session tickets: the server's state, sealed for the client to keep.

use std::{fmt, sync::Arc};

use rustls::{Error, TicketRotator, crypto::GetRandomFailed, server::ProducesTickets};

use super::twin::RandomNonceKey;
use crate::{imp::aead::AES_256_GCM, random};

/// How long a key makes tickets, in seconds (6 h). It reads them for as long again.
pub(crate) const ROTATION_SECONDS: u32 = 6 * 60 * 60;

/// Returns tickets under keys that change every [`ROTATION_SECONDS`] and never leave the process.
pub(crate) fn rotating() -> Result<Arc<dyn ProducesTickets>, Error> {
    Ok(Arc::new(TicketRotator::new(ROTATION_SECONDS, generate)?))
}

fn generate() -> Result<Box<dyn ProducesTickets>, GetRandomFailed> {
    let mut material = zeroize::Zeroizing::new([0_u8; 32]);
    let mut name = [0; NAME_BYTES];
    random::fill(material.as_mut())
        .and_then(|()| random::fill(&mut name))
        .map_err(|_| GetRandomFailed)?;
    let key =
        RandomNonceKey::new(&AES_256_GCM, material.as_slice()).map_err(|_| GetRandomFailed)?;
    Ok(Box::new(Tickets { name, key }))
}

/// One key. A ticket is `name || nonce || ciphertext || tag`; the name tells a key's own tickets and is authenticated.
struct Tickets {
    name: [u8; NAME_BYTES],
    key: RandomNonceKey,
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        2 * ROTATION_SECONDS
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let sealed = self.key.seal(&self.name, plain.to_vec()).ok()?;
        Some([self.name.as_slice(), &sealed].concat())
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let sealed = cipher.strip_prefix(self.name.as_slice())?;
        self.key.open(&self.name, sealed).ok()
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets(***)")
    }
}

const NAME_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::generate;

    #[test]
    fn a_ticket_opens_under_its_own_key_only() {
        let (ours, other) = (generate().unwrap(), generate().unwrap());
        let ticket = ours.encrypt(b"session").unwrap();
        assert_eq!(
            ours.decrypt(&ticket).as_deref(),
            Some(b"session".as_slice())
        );
        assert_eq!(other.decrypt(&ticket), None);
    }

    #[test]
    fn a_changed_or_shortened_ticket_is_refused() {
        let tickets = generate().unwrap();
        let ticket = tickets.encrypt(b"session").unwrap();
        for at in 0..ticket.len() {
            let mut changed = ticket.clone();
            changed[at] ^= 1;
            assert_eq!(tickets.decrypt(&changed), None, "byte {at}");
            assert_eq!(tickets.decrypt(&ticket[..at]), None, "length {at}");
        }
    }

    #[test]
    fn two_tickets_of_one_session_differ() {
        let tickets = generate().unwrap();
        assert_ne!(tickets.encrypt(b"session"), tickets.encrypt(b"session"));
    }
}
