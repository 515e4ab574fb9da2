//! Every RPC of the descriptor set, and request messages filled in by the names of their fields.

use std::collections::BTreeMap;

use memex_proto::DESCRIPTORS;
use prost::Message as _;
use prost::encoding::{encode_key, encode_varint};
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// One RPC.
#[derive(Debug, Clone)]
pub struct Rpc {
    /// `Service/Method`.
    pub name: String,
    /// `/package.Service/Method`.
    pub path: String,
    /// The full name of its request, with the leading dot.
    pub request: String,
}

/// The package: its RPCs and messages.
#[derive(Debug)]
pub struct Package {
    /// Every RPC, by name.
    pub rpcs: Vec<Rpc>,
    messages: BTreeMap<String, DescriptorProto>,
}

impl Package {
    /// What memory-api serves.
    ///
    /// # Panics
    /// Where the descriptor set is none.
    pub fn read() -> Self {
        let set = FileDescriptorSet::decode(DESCRIPTORS).expect("the descriptors are what the build wrote");
        let mut package = Self { rpcs: Vec::new(), messages: BTreeMap::new() };
        for file in set.file {
            for service in &file.service {
                for method in &service.method {
                    let name = format!("{}/{}", service.name(), method.name());
                    let path = format!("/{}.{name}", file.package());
                    package.rpcs.push(Rpc { name, path, request: method.input_type().to_owned() });
                }
            }
            for message in file.message_type {
                package
                    .messages
                    .insert(format!(".{}.{}", file.package.as_deref().unwrap_or(""), message.name()), message);
            }
        }
        package.rpcs.sort_by(|one, other| one.name.cmp(&other.name));
        package
    }

    /// The names of a request's texts, those of messages within it included.
    pub fn texts(&self, message: &str) -> Vec<String> {
        let mut names = Vec::new();
        for field in self.fields(message) {
            match field.r#type() {
                Type::String => names.push(field.name().to_owned()),
                Type::Message => names.extend(self.texts(field.type_name())),
                _ => {}
            }
        }
        names
    }

    /// The names of a request's ids, whatever their type, those of messages within it included.
    pub fn ids(&self, message: &str) -> Vec<String> {
        let mut names = Vec::new();
        for field in self.fields(message) {
            if field.r#type() == Type::Message {
                names.extend(self.ids(field.type_name()));
            } else if field.name().ends_with("_id") || field.name().ends_with("_ids") {
                names.push(field.name().to_owned());
            }
        }
        names
    }

    /// A message with its texts and numbers as `text` and `number` say; `None` leaves a field out, and so does 0 a message.
    /// Of a choice the first alternative is taken.
    pub fn fill(
        &self,
        message: &str,
        text: &dyn Fn(&str) -> Option<String>,
        number: &dyn Fn(&str) -> Option<u64>,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut chosen = Vec::new();
        for field in self.fields(message) {
            if let Some(choice) = field.oneof_index.filter(|_| !field.proto3_optional()) {
                if chosen.contains(&choice) {
                    continue;
                }
                chosen.push(choice);
            }
            match field.r#type() {
                Type::String => {
                    text(field.name()).into_iter().for_each(|text| delimited(&mut bytes, field, text.as_bytes()));
                }
                Type::Message if number(field.name()) != Some(0) => {
                    let inner = self.fill(field.type_name(), text, number);
                    if !inner.is_empty() {
                        delimited(&mut bytes, field, &inner);
                    }
                }
                Type::Int32 | Type::Int64 | Type::Bool | Type::Enum => {
                    number(field.name()).into_iter().for_each(|number| {
                        encode_key(tag(field), prost::encoding::WireType::Varint, &mut bytes);
                        encode_varint(number, &mut bytes);
                    });
                }
                _ => {}
            }
        }
        bytes
    }

    fn fields(&self, message: &str) -> impl Iterator<Item = &FieldDescriptorProto> {
        // Maps and the well-known types are not of the package's own level, and stay empty.
        self.messages.get(message).filter(|_| message.starts_with(".memex.")).into_iter().flat_map(|found| &found.field)
    }
}

fn delimited(bytes: &mut Vec<u8>, field: &FieldDescriptorProto, content: &[u8]) {
    encode_key(tag(field), prost::encoding::WireType::LengthDelimited, bytes);
    encode_varint(content.len() as u64, bytes);
    bytes.extend_from_slice(content);
}

fn tag(field: &FieldDescriptorProto) -> u32 {
    u32::try_from(field.number()).unwrap_or(0)
}
