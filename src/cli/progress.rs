//! A progress bar on a terminal, for runs that take more than a second.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Progress {
    bar: ProgressBar,
    start: Instant,
    shown: OnceLock<()>,
}

impl Progress {
    pub(super) fn new(bytes: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(bytes as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {elapsed}")
        {
            bar.set_style(style);
        }
        Self {
            bar,
            start: Instant::now(),
            shown: OnceLock::new(),
        }
    }

    /// Counts bytes that are done.
    pub(super) fn step(&self, bytes: usize) {
        self.bar.inc(bytes as u64);
        if self.start.elapsed() > PATIENCE && super::run::on_terminal() {
            self.shown
                .get_or_init(|| self.bar.set_draw_target(ProgressDrawTarget::stderr()));
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
