//! Runs the program under ptrace and interferes at one of its system calls that write.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Event, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// What is done to the program.
pub(super) enum Act<'a> {
    /// It gets a signal.
    Send(Signal),
    /// The system call is not made, and fails.
    Fail(Errno),
    /// Something else happens meanwhile.
    Meanwhile(&'a dyn Fn()),
}

/// When: before or after the n-th system call that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) call: usize,
    pub(super) after: bool,
}

/// What a run came to.
pub(super) struct Traced {
    /// The system calls that write, by name, up to the end.
    pub(super) calls: Vec<&'static str>,
    pub(super) status: WaitStatus,
    pub(super) stderr: String,
}

/// Runs the program in a folder; `None` where tracing is not permitted.
pub(super) fn run(
    folder: &Path,
    arguments: &[&str],
    plan: Option<&(Point, Act<'_>)>,
) -> Option<Traced> {
    // It waits until it is traced.
    let mut child = Command::new("sh")
        .args(["-c", "kill -STOP $$; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_kubetemper"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    waitpid(pid, Some(WaitPidFlag::WUNTRACED)).unwrap();
    let options =
        Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACEEXEC | Options::PTRACE_O_EXITKILL;
    if ptrace::seize(pid, options).is_err() {
        child.kill().unwrap();
        child.wait().unwrap();
        return None;
    }
    // Else the threads that it starts would stop as it did.
    kill(pid, Signal::SIGCONT).unwrap();
    let (calls, status) = follow(pid, plan);
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    Some(Traced {
        calls,
        status,
        stderr,
    })
}

/// Follows the main thread, which is the one that writes.
fn follow(pid: Pid, plan: Option<&(Point, Act<'_>)>) -> (Vec<&'static str>, WaitStatus) {
    let mut calls = Vec::new();
    let (mut started, mut inside): (bool, Option<Option<&str>>) = (false, None);
    loop {
        let mut signal = None;
        match waitpid(pid, Some(WaitPidFlag::__WALL)).unwrap() {
            WaitStatus::PtraceEvent(_, _, event) if event == Event::PTRACE_EVENT_EXEC as i32 => {
                // The next stop is the end of this call.
                (started, inside) = (true, Some(None));
            }
            WaitStatus::PtraceSyscall(_) if started => {
                let after = inside.is_some();
                let name = inside.take().unwrap_or_else(|| writes(pid));
                if !after {
                    inside = Some(name);
                    calls.extend(name);
                }
                let here = Point {
                    call: calls.len(),
                    after,
                };
                if let Some((point, act)) = plan
                    && name.is_some()
                {
                    interfere(pid, *point, here, act);
                }
            }
            WaitStatus::Stopped(_, other) => signal = Some(other),
            end @ (WaitStatus::Exited(..) | WaitStatus::Signaled(..)) => return (calls, end),
            _ => {}
        }
        // After SIGKILL there is nothing to go on with.
        let _ = ptrace::syscall(pid, signal);
    }
}

fn interfere(pid: Pid, point: Point, here: Point, act: &Act<'_>) {
    let at_call = point.call == here.call;
    match act {
        Act::Send(signal) if point == here => kill(pid, *signal).unwrap(),
        Act::Meanwhile(act) if point == here => act(),
        Act::Fail(errno) if at_call => {
            let mut registers = ptrace::getregs(pid).unwrap();
            if here.after {
                registers.rax = (-i64::from(*errno as i32)).cast_unsigned();
            } else {
                registers.orig_rax = u64::MAX;
            }
            ptrace::setregs(pid, registers).unwrap();
        }
        _ => {}
    }
}

/// The name of the system call that the program is about to make, if it changes files.
fn writes(pid: Pid) -> Option<&'static str> {
    let registers = ptrace::getregs(pid).unwrap();
    let creates = registers.rdx & u64::from(libc::O_CREAT.cast_unsigned()) != 0;
    let is_stream = registers.rdi <= 2;
    match i64::try_from(registers.orig_rax).ok()? {
        libc::SYS_openat if creates => Some("openat"),
        libc::SYS_write | libc::SYS_writev | libc::SYS_pwrite64 if !is_stream => Some("write"),
        libc::SYS_fsync | libc::SYS_fdatasync => Some("fsync"),
        libc::SYS_chmod | libc::SYS_fchmod | libc::SYS_fchmodat => Some("chmod"),
        libc::SYS_chown | libc::SYS_fchown | libc::SYS_fchownat => Some("chown"),
        libc::SYS_rename | libc::SYS_renameat | libc::SYS_renameat2 => Some("rename"),
        libc::SYS_link | libc::SYS_linkat => Some("link"),
        libc::SYS_unlink | libc::SYS_unlinkat => Some("unlink"),
        libc::SYS_truncate | libc::SYS_ftruncate => Some("truncate"),
        _ => None,
    }
}
