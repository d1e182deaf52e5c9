//! The rights of the example, from words such as `listen=:80` or `replace=/data/store`.

use kit_guard::{
    preflight::Need,
    rights::{Connect, Listen, PathRight, Rights},
};

/// Splits `rights WORD... -- REST...`; without the first word there are no rights to speak of.
pub(crate) fn split<'a, 'b>(words: &'a [&'b str]) -> (Rights, &'a [&'b str]) {
    let mut rights = Rights {
        listen_origin: "--web.listen-address",
        ..Rights::default()
    };
    let ["rights", words @ ..] = words else {
        return (rights, words);
    };
    let end = words
        .iter()
        .position(|word| *word == "--")
        .expect("-- ends the rights");
    for word in &words[..end] {
        add(&mut rights, word);
    }
    (rights, &words[end + 1..])
}

fn add(rights: &mut Rights, word: &str) {
    let (kind, value) = word.split_once('=').unwrap_or((word, ""));
    match kind {
        "listen" => rights.listen.push(Listen::Tcp(value.to_owned())),
        "connect" if value == "anybody" => rights.connect = Connect::Anybody,
        "connect" => rights.connect = Connect::Ports(vec![value.parse().expect("a port")]),
        "executes" => rights.executes = true,
        "rebinds" => rights.rebinds_low_ports = true,
        "fips" => rights.is_fips = true,
        "calls" => {
            let list = std::fs::read_to_string(value).expect("a list of system calls");
            rights.system_calls = list.leak();
        }
        need => rights.paths.push(PathRight {
            path: value.into(),
            need: need_of(need),
            origin: "--file",
        }),
    }
}

pub(crate) fn need_of(word: &str) -> Need {
    match word {
        "read-file" => Need::ReadFile,
        "private-file" => Need::PrivateFile,
        "read-directory" => Need::ReadDirectory,
        "write-file" => Need::WriteFile,
        "replace-file" => Need::ReplaceFile,
        "write-directory" => Need::WriteDirectory,
        "create-directory" => Need::CreateDirectory,
        "lock-directory" => Need::LockDirectory,
        other => panic!("unknown need {other}"),
    }
}
