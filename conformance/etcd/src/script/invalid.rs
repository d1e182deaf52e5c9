//! What is no request: bytes cut short, of a wrong kind, too long, for methods that are not there; and JSON that is none.

use super::{State, Step};

/// All of them have bytes or messages as their fields 1 and 2, if any. Where a known field is of another kind than it must be,
/// upstream skips it, and we refuse the request: that is told in the README, and not asked here.
const METHODS: [&str; 8] = [
    "etcdserverpb.KV/Put",
    "etcdserverpb.KV/Range",
    "etcdserverpb.KV/Txn",
    "etcdserverpb.KV/DeleteRange",
    "etcdserverpb.Auth/UserAdd",
    "etcdserverpb.Auth/RoleGrantPermission",
    "etcdserverpb.Maintenance/Status",
    "v3lockpb.Lock/Unlock",
];

/// A field that is cut off, a wrong wire type, group ends, a number of ten bytes and more, text that is not UTF-8, field 0,
/// fields nobody knows, nested messages that are none, bytes longer than what follows.
const BODIES: [&[u8]; 16] = [
    b"\x0a",
    b"\x0a\x05ab",
    b"\xe5\x12\x01\x02\x03\x04",
    b"\x0c",
    b"\xe3\x12\xe4\x12",
    b"\xe3\x12",
    b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\x0a\x02\xff\xfe",
    b"\x00\x01",
    b"\xf8\x7f\x05",
    b"\x12\x03\x0a\x07a",
    b"\x0a\x81\x80\x80\x80\x10a",
    b"\x0e\x01",
    b"\x0f\x01",
    b"\x82\x7d\x00",
    b"",
];

const PATHS: [&str; 6] = [
    "etcdserverpb.KV/Nothing",
    "etcdserverpb.Nobody/Range",
    "nothing",
    "",
    "etcdserverpb.KV/",
    "grpc.health.v1.Health/Check",
];

impl State {
    pub(super) fn invalid(&mut self) -> Step {
        let mut path = self.random.one(&METHODS).to_owned();
        let mut is_framed = true;
        let body = match self.random.below(40) {
            0 => {
                path = self.random.one(&PATHS).to_owned();
                Vec::new()
            }
            1 => put_of(1_572_864 + self.random.below(20_000), &mut path),
            2 if self.random.chance(30) => put_of(2_200_000, &mut path),
            3 => {
                is_framed = false;
                self.random.one(&[
                    b"".to_vec(),
                    b"\x00".to_vec(),
                    b"\x00\x00\x00\x00\x05ab".to_vec(),
                    b"\x01\x00\x00\x00\x01a".to_vec(),
                    b"\x02\x00\x00\x00\x00".to_vec(),
                    b"\x00\xff\xff\xff\xff".to_vec(),
                    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00".to_vec(),
                ])
            }
            4..14 => (0..self.random.below(12))
                .map(|_| self.random.one(&[0, 1, 2, 5, 10, 18, 127, 255]))
                .collect(),
            _ => {
                let mut body = self.random.one(&BODIES).to_vec();
                if self.random.chance(30) {
                    body.extend(self.random.one(&BODIES));
                }
                body
            }
        };
        Step::Raw {
            path,
            body,
            is_framed,
        }
    }

    pub(super) fn odd_json(&mut self, user: Option<String>) -> Step {
        let path = self.random.one(&[
            "/v3/kv/put",
            "/v3/kv/range",
            "/v3/kv/txn",
            "/v3/lease/timetolive",
            "/v3/auth/user/add",
            "/v3/nothing",
        ]);
        let body = self.random.one(&[
            "",
            "{",
            "[]",
            "null",
            "1",
            "\"a\"",
            "{} {}",
            "{}x",
            r#"{"key": 1}"#,
            r#"{"key": "a"}"#,
            r#"{"key": "a!"}"#,
            r#"{"key": "YQ"}"#,
            r#"{"key": "-_8="}"#,
            r#"{"key": null, "range_end": null}"#,
            r#"{"unknown": {"a": [1, 2]}, "key": "YQ=="}"#,
            r#"{"rangeEnd": "YQ==", "key": "YQ=="}"#,
            r#"{"key": "YQ==", "key": "Yg=="}"#,
            r#"{"key": "YQ==", "limit": "1"}"#,
            r#"{"key": "YQ==", "limit": 1.0}"#,
            r#"{"key": "YQ==", "limit": 1.5}"#,
            r#"{"key": "YQ==", "limit": 1e2}"#,
            r#"{"key": "YQ==", "limit": "x"}"#,
            r#"{"key": "YQ==", "limit": true}"#,
            r#"{"key": "YQ==", "limit": 99999999999999999999}"#,
            r#"{"key": "YQ==", "sort_order": "ASCEND"}"#,
            r#"{"key": "YQ==", "sort_order": "SIDEWAYS"}"#,
            r#"{"key": "YQ==", "sort_order": 77}"#,
            r#"{"key": "YQ==", "serializable": "true"}"#,
            r#"{"key": "YQ==", "serializable": 1}"#,
            r#"{"compare": {}}"#,
            r#"{"compare": [{"target": "VALUE"}]}"#,
            r#"{"success": [{"request_put": {}, "request_range": {}}]}"#,
            r#"{"success": [null]}"#,
            r#"{"name": "a\u0000b", "options": null}"#,
            "{\"name\": \"a\nb\"}",
            r#"{"ID": "0x1"}"#,
            r#"{"ID": "1", "keys": true}"#,
            r#"{"ID": " 1"}"#,
            r#"{"ID": -1}"#,
            r#"{"key": "YQ==",}"#,
            r#"{'key': "YQ=="}"#,
            "{\"key\": \"YQ==\"}\n\n",
        ]);
        Step::Json {
            path,
            body: body.to_owned(),
            user,
        }
    }
}

/// A put whose value is that long.
fn put_of(length: usize, path: &mut String) -> Vec<u8> {
    "etcdserverpb.KV/Put".clone_into(path);
    let mut body = b"\x0a\x01a\x12".to_vec();
    let mut left = length;
    while left >= 0x80 {
        body.push(u8::try_from(left & 0x7f).unwrap_or(0) | 0x80);
        left >>= 7;
    }
    body.push(u8::try_from(left).unwrap_or(0));
    body.resize(body.len() + length, b'x');
    body
}
