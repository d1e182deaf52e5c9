//! Bodies both ways: what a handler gets ([`RequestBody`], [`read`], [`read_decoded`]) and what it answers ([`Body`]).

mod decode;
mod read;
mod request;
mod response;

pub(crate) use self::request::Leftover;
pub use self::{
    decode::{DecodeError, Decoded, Encoding, decode, read_decoded},
    read::{ReadError, read},
    request::{BodyError, RequestBody},
    response::{Body, Chunks, Live},
};
