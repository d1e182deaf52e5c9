//! Makes Rust of the .proto files, without a protoc on the machine, and a table of what their annotations say.

#![expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script its folder through the environment"
)]

use std::{env, fs, io, path::PathBuf};

#[path = "build/annotations.rs"]
mod annotations;

const FOLDERS: [&str; 2] = ["proto", "proto/etcdserverpb"];

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed={folder}");
        for entry in fs::read_dir(folder)? {
            let path: PathBuf = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "proto")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut compiler = protox::Compiler::new([FOLDERS[0]]).map_err(io::Error::other)?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(&files)
        .map_err(io::Error::other)?;
    let descriptors = compiler.file_descriptor_set();
    let folder = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    fs::write(
        folder.join("descriptors.bin"),
        prost::Message::encode_to_vec(&descriptors),
    )?;
    let table = annotations::table(&compiler.descriptor_pool());
    fs::write(folder.join("annotations.rs"), table)?;
    tonic_prost_build::configure()
        .build_transport(false)
        // Keys and values are slices of the request that brought them.
        .bytes(".")
        .compile_fds(descriptors)
}
