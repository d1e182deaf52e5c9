//! Bodies both ways: what a handler gets ([`RequestBody`], [`read`]) and what it answers ([`Body`]).

mod read;
mod request;
mod response;

pub use self::{
    read::{ReadError, read},
    request::{BodyError, RequestBody},
    response::{Body, Chunks},
};
