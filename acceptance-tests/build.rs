//! Compiles `../proto/` to Rust: the tests use the same protocol as Terraform. The server side is for the provider
//! of `make bench` that does nothing.
#![expect(clippy::disallowed_macros, reason = "cargo reads a build script's stdout")]

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = [
        "../proto/tfplugin5.proto",
        "../proto/go-plugin/broker.proto",
        "../proto/go-plugin/controller.proto",
        "../proto/go-plugin/health.proto",
        "../proto/go-plugin/stdio.proto",
    ];
    let descriptors = protox::compile(files, ["../proto"])?;
    // Stubs: a server returns "unimplemented" for calls that it does not implement.
    tonic_prost_build::configure().generate_default_stubs(true).compile_fds(descriptors)?;
    for file in files {
        println!("cargo::rerun-if-changed={file}");
    }
    Ok(())
}
