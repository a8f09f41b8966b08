//! The program: see `kubetemper --help`.

fn main() -> std::process::ExitCode {
    kubetemper::cli::main()
}
