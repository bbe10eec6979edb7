//! Compiles `../proto/` to Rust: the tests use the same protocol as Terraform. The providers in `bench/` and `safe/`
//! use the server side.
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
    // The stubs return "unimplemented" for calls that a server does not implement.
    tonic_prost_build::configure().generate_default_stubs(true).compile_fds(descriptors)?;
    for file in files {
        println!("cargo::rerun-if-changed={file}");
    }
    Ok(())
}
