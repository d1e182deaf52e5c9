//! Messages of etcd as JSON, and JSON as messages: read from the .proto files at run time, so that nothing of a member is
//! linked. A field with a wrong number shows at once, since upstream reads the same bytes.

use std::path::Path;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::Value;

const FILES: [&str; 7] = [
    "etcdserverpb/kv.proto",
    "etcdserverpb/watch.proto",
    "etcdserverpb/lease.proto",
    "etcdserverpb/auth.proto",
    "etcdserverpb/cluster.proto",
    "etcdserverpb/maintenance.proto",
    "v3electionpb.proto",
];
const LOCKS: &str = "v3lockpb.proto";

/// What every method takes and gives.
#[derive(Clone, Debug)]
pub struct Schema(DescriptorPool);

impl Schema {
    /// Reads the files of `services/etcd/api/proto`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read() -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services/etcd/api/proto");
        let read = || -> Result<DescriptorPool, protox::Error> {
            let mut compiler = protox::Compiler::new([&folder])?;
            compiler.include_imports(true);
            compiler.open_files(FILES.iter().chain([&LOCKS]).map(|file| folder.join(file)))?;
            Ok(compiler.descriptor_pool())
        };
        read().map(Self).map_err(|error| format!("{error:?}"))
    }

    /// Returns the bytes of a request.
    ///
    /// # Panics
    /// When the request does not fit the method: a mistake of the script.
    #[must_use]
    pub fn encode(&self, method: &str, request: &Value) -> Bytes {
        let (input, _) = self.messages(method);
        let message = DynamicMessage::deserialize(input, request)
            .unwrap_or_else(|error| panic!("{method} {request}: {error}"));
        message.encode_to_vec().into()
    }

    /// Returns a reply as JSON: 64-bit numbers as numbers, bytes as base64, nothing that is zero.
    #[must_use]
    pub fn decode(&self, method: &str, reply: &Bytes) -> Value {
        let (_, output) = self.messages(method);
        let options = SerializeOptions::new()
            .stringify_64_bit_integers(false)
            .use_proto_field_name(true);
        let message = match DynamicMessage::decode(output, reply.clone()) {
            Ok(message) => message,
            Err(error) => return Value::String(format!("not a reply: {error}")),
        };
        message
            .serialize_with_options(serde_json::value::Serializer, &options)
            .unwrap_or_else(|error| Value::String(error.to_string()))
    }

    fn messages(&self, method: &str) -> (MessageDescriptor, MessageDescriptor) {
        let (service, name) = method.split_once('/').expect("service and method");
        let service = self.0.get_service_by_name(service).expect("a service");
        let found = service
            .methods()
            .find(|method| method.name() == name)
            .unwrap_or_else(|| panic!("no method {name}"));
        (found.input(), found.output())
    }
}
