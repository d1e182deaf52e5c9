//! The versions that the .proto files tell with `etcd_version_*`, as a table of what a raft entry can hold.

use std::fmt::Write as _;

use protox::prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
};

/// What an entry holds; its row is the first.
const ROOT: &str = "etcdserverpb.InternalRaftRequest";

/// Writes the rows of all messages and enums that can be reached through fields that are not repeated: as upstream, which
/// does not look into lists.
pub(crate) fn table(pool: &DescriptorPool) -> String {
    let root = pool
        .get_message_by_name(ROOT)
        .expect("the .proto files define it");
    let mut rows = Rows {
        pool,
        messages: vec![root],
        enums: Vec::new(),
    };
    let mut messages = String::new();
    let mut next = 0;
    while let Some(message) = rows.messages.get(next).cloned() {
        let version = rows.version("etcd_version_msg", &message.options());
        let fields: String = message.fields().map(|field| rows.field(&field)).collect();
        let _ = writeln!(
            messages,
            "Message {{ version: {version}, fields: &[{fields}] }},"
        );
        next += 1;
    }
    let enums: String = rows.enums.iter().map(|of| rows.values(of)).collect();
    format!("const MESSAGES: &[Message] = &[{messages}];\nconst ENUMS: &[Enum] = &[{enums}];\n")
}

struct Rows<'a> {
    pool: &'a DescriptorPool,
    messages: Vec<MessageDescriptor>,
    enums: Vec<EnumDescriptor>,
}

impl Rows<'_> {
    fn field(&mut self, field: &FieldDescriptor) -> String {
        let kind = match field.kind() {
            _ if field.is_list() => "Kind::Other".to_owned(),
            Kind::Message(message) => {
                format!("Kind::Message({})", position(&mut self.messages, message))
            }
            Kind::Enum(of) => format!("Kind::Enum({})", position(&mut self.enums, of)),
            _ => "Kind::Other".to_owned(),
        };
        let version = self.version("etcd_version_field", &field.options());
        format!(
            "Field {{ number: {}, version: {version}, has_presence: {}, kind: {kind} }}, ",
            field.number(),
            field.supports_presence(),
        )
    }

    fn values(&self, of: &EnumDescriptor) -> String {
        let version = self.version("etcd_version_enum", &of.options());
        let value = |value: protox::prost_reflect::EnumValueDescriptor| {
            let version = self.version("etcd_version_enum_value", &value.options());
            format!("({}, {version}), ", value.number())
        };
        let values: String = of.values().map(value).collect();
        format!("Enum {{ version: {version}, values: &[{values}] }},\n")
    }

    /// The minor version that an option tells: all are `3.x`. 0 where there is none.
    fn version(&self, option: &str, options: &DynamicMessage) -> u64 {
        let extension = self
            .pool
            .get_extension_by_name(&format!("versionpb.{option}"))
            .expect("versionpb.proto defines it");
        if !options.has_extension(&extension) {
            return 0;
        }
        let told = options.get_extension(&extension);
        told.as_str()
            .and_then(|text| text.strip_prefix("3."))
            .and_then(|minor| minor.parse().ok())
            .unwrap_or_else(|| panic!("{option} is not 3.x: {told}"))
    }
}

/// Where it stands among those known; at the end if it is new.
fn position<T: PartialEq>(known: &mut Vec<T>, one: T) -> usize {
    known.iter().position(|of| *of == one).unwrap_or_else(|| {
        known.push(one);
        known.len() - 1
    })
}
