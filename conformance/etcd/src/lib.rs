//! Two members of etcd asked the same, and one ended over and over: what random scripts find that cases do not.
//!
//! Links no crate of a member: programs are black boxes, and messages are read by the .proto files at run time.

pub mod arguments;
pub mod crash;
pub mod differential;
pub mod disk;
pub mod grpc;
pub mod hostile;
pub mod http;
pub mod member;
pub mod normal;
pub mod random;
pub mod schema;
pub mod script;
pub mod side;
pub mod told;
