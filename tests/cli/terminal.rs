//! Runs the program on a pseudo-terminal, as a person does.

use std::io::{Read as _, Write as _};
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};

use super::support::Folder;

const PATIENCE: Duration = Duration::from_secs(60);

/// A run with which one talks.
pub(super) struct Talk {
    pty: Arc<Pty>,
    child: Child,
    chunks: Receiver<Vec<u8>>,
    /// What was printed and not yet waited for.
    rest: String,
}

impl Talk {
    pub(super) fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(24, 100)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubetemper"))
            .args(arguments)
            .current_dir(folder.root())
            .env("NO_COLOR", "1");
        for name in ["CI", "PRE_COMMIT", "GIT_INDEX_FILE", "GIT_DIR"] {
            command = command.env_remove(name);
        }
        let child = command.spawn(pts).unwrap();
        let (pty, (sender, chunks)) = (Arc::new(pty), channel());
        let reader = Arc::clone(&pty);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The terminal fails when the other end is closed.
            while let Ok(count @ 1..) = (&*reader).read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            pty,
            child,
            chunks,
            rest: String::new(),
        }
    }

    /// Waits for a text. Returns all that was printed up to it.
    pub(super) fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.rest.find(text) {
                let after = self.rest.split_off(at + text.len());
                return std::mem::replace(&mut self.rest, after);
            }
            match self.chunks.recv_timeout(PATIENCE) {
                Ok(chunk) => self.rest.push_str(&String::from_utf8_lossy(&chunk)),
                Err(error) => panic!("{error}: no {text:?} in {:?}", self.rest),
            }
        }
    }

    /// Waits for the next question. Returns its words.
    pub(super) fn question(&mut self) -> String {
        self.until("[y,n,a,k,q,?] ")
    }

    pub(super) fn say(&mut self, line: &str) {
        (&*self.pty)
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
    }

    /// Types Control-D.
    pub(super) fn end_input(&self) {
        (&*self.pty).write_all(&[4]).unwrap();
    }

    /// Answers all questions that are left. Returns all words, and the exit status.
    pub(super) fn finish(mut self, answer: impl Fn(&str) -> &'static str) -> (i32, String) {
        let mut all = String::new();
        loop {
            // The next question may have come together with what was waited for.
            while let Some(at) = self.rest.find("[y,n,a,k,q,?] ") {
                let after = self.rest.split_off(at + "[y,n,a,k,q,?] ".len());
                let question = std::mem::replace(&mut self.rest, after);
                self.say(answer(&question));
                all.push_str(&question);
            }
            match self.chunks.recv_timeout(PATIENCE) {
                Ok(chunk) => self.rest.push_str(&String::from_utf8_lossy(&chunk)),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(error) => panic!("{error}: {all}{}", self.rest),
            }
        }
        all.push_str(&self.rest);
        assert!(!all.contains("panicked"), "{all}");
        (self.child.wait().unwrap().code().unwrap(), all)
    }

    /// Says nothing more. Returns the last words, and the exit status.
    pub(super) fn end(self) -> (i32, String) {
        self.finish(|question| panic!("another question: {question}"))
    }

    /// Ends the program where it is.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
