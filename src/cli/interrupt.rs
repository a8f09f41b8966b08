//! Ends the program between two files, never within one, when the user or the system asks for it.

#[cfg(unix)]
pub(super) use of_unix::shielded;

#[cfg(unix)]
mod of_unix {
    use std::io;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Arc, OnceLock};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::{flag, low_level};

    struct Signals {
        /// Nothing is being written: a signal does what it does to any program.
        free: Arc<AtomicBool>,
        /// The signal that came while something was; 0 if none.
        pending: Arc<AtomicUsize>,
    }

    static SIGNALS: OnceLock<Option<Signals>> = OnceLock::new();

    impl Signals {
        fn watch() -> io::Result<Self> {
            let signals = Self {
                free: Arc::new(AtomicBool::new(true)),
                pending: Arc::new(AtomicUsize::new(0)),
            };
            for signal in [SIGINT, SIGTERM, SIGHUP] {
                flag::register_conditional_default(signal, Arc::clone(&signals.free))?;
                let number = usize::try_from(signal).unwrap_or_default();
                flag::register_usize(signal, Arc::clone(&signals.pending), number)?;
            }
            Ok(signals)
        }
    }

    /// Writes a file. A signal that comes meanwhile ends the program after it, in the way of that signal.
    pub(in super::super) fn shielded<T>(write: impl FnOnce() -> T) -> T {
        // Where signals cannot be had, a temporary file may stay: no reason to write nothing.
        let Some(signals) = SIGNALS.get_or_init(|| Signals::watch().ok()) else {
            return write();
        };
        signals.free.store(false, Ordering::SeqCst);
        let written = write();
        signals.free.store(true, Ordering::SeqCst);
        if let Ok(signal @ 1..) = i32::try_from(signals.pending.load(Ordering::SeqCst)) {
            // It fails only for signals that have no way to end a program.
            let _ = low_level::emulate_default_handler(signal);
        }
        written
    }
}

/// Writes a file.
#[cfg(not(unix))]
pub(super) fn shielded<T>(write: impl FnOnce() -> T) -> T {
    write()
}
