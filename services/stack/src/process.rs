//! Processes by more than their number: a pid is given to another process one day, a start time is not.
//!
//! Everything here is read from `/proc`; nothing is remembered.

use std::{
    fs, io, thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::signal::{self, Signal},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};

/// How often the end of a process is looked for; those waited for here are not our children, so nobody tells us.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// One particular process of this boot of this machine.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ProcessId {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since boot.
    pub start_ticks: u64,
}

impl ProcessId {
    /// Returns the process that has this number now; one that ended still has it until it is waited for.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        read_stat(pid).map(|stat| Self {
            pid,
            start_ticks: stat.start_ticks,
        })
    }

    /// Returns this process itself.
    ///
    /// # Errors
    /// When `/proc` is not there.
    pub fn own() -> io::Result<Self> {
        Self::of(std::process::id()).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "/proc/self/stat is not readable")
        })
    }

    /// Returns whether the process still lives. One that ended and was not waited for does not.
    #[must_use]
    pub fn is_alive(self) -> bool {
        read_stat(self.pid)
            .is_some_and(|stat| stat.start_ticks == self.start_ticks && !stat.has_ended)
    }

    /// Waits up to `patience` for its end. Returns whether it ended.
    #[must_use]
    pub fn ends_within(self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.is_alive() {
            if Instant::now() > deadline {
                return false;
            }
            thread::sleep(LOOK_EVERY);
        }
        true
    }

    /// Sends a signal, if it is still the same process. Returns whether it was there.
    ///
    /// # Errors
    /// When it belongs to somebody else.
    pub fn signal(self, signal: Signal) -> io::Result<bool> {
        if !self.is_alive() {
            return Ok(false);
        }
        match signal::kill(nix_pid(self.pid), signal) {
            Ok(()) => Ok(true),
            Err(Errno::ESRCH) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Sends SIGKILL to the process group it leads.
    pub fn kill_group(self) {
        // Nobody left in the group is the usual case, and fine.
        let _ = signal::killpg(nix_pid(self.pid), Signal::SIGKILL);
    }

    /// Returns its resident memory in bytes, if it lives.
    #[must_use]
    pub fn memory_bytes(self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        resident_bytes(&status)
    }
}

/// Returns the id of this boot: start times of different boots do not compare.
///
/// # Errors
/// When `/proc` is not there.
pub fn boot_id() -> io::Result<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|text| text.trim().to_owned())
}

fn nix_pid(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).expect("the kernel's pids fit 22 bits"))
}

struct Stat {
    start_ticks: u64,
    has_ended: bool,
}

fn read_stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Reads fields 3 and 22 of `/proc/<pid>/stat`. The name in field 2 may hold anything, `)` too.
fn parse_stat(stat: &str) -> Option<Stat> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let has_ended = matches!(fields.next()?, "Z" | "X");
    Some(Stat {
        start_ticks: fields.nth(18)?.parse().ok()?,
        has_ended,
    })
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn this_process_is_alive_and_has_memory() {
        let own = ProcessId::own().unwrap();
        assert!(own.is_alive());
        assert!(own.memory_bytes().unwrap() > 100_000);
    }

    #[test]
    fn another_start_time_is_another_process() {
        let mut other = ProcessId::own().unwrap();
        other.start_ticks += 1;
        assert!(!other.is_alive());
        assert!(!other.signal(Signal::SIGTERM).unwrap());
    }

    #[test]
    fn a_process_that_was_killed_and_waited_for_is_gone() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let id = ProcessId::of(child.id()).unwrap();
        assert!(id.signal(Signal::SIGKILL).unwrap());
        child.wait().unwrap();
        assert!(!id.is_alive());
        assert!(!id.signal(Signal::SIGKILL).unwrap());
    }

    #[test]
    fn the_end_of_a_process_is_waited_for_and_not_longer_than_asked() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let id = ProcessId::of(child.id()).unwrap();
        assert!(!id.ends_within(Duration::from_millis(1)));
        // Without its input it ends, and is not waited for.
        drop(child.stdin.take());
        assert!(id.ends_within(Duration::from_secs(60)));
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_ended_and_was_not_waited_for_is_not_alive() {
        assert!(
            parse_stat("7 (a) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0")
                .unwrap()
                .has_ended
        );
    }

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let stat = "7 (a) b) (c) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 2 3";
        assert_eq!(parse_stat(stat).unwrap().start_ticks, 4711);
        assert!(parse_stat("7 (a) S 1").is_none());
        assert!(parse_stat("").is_none());
    }

    #[test]
    fn resident_memory_is_in_kilobytes() {
        assert_eq!(
            resident_bytes("Name:\tx\nVmRSS:\t    1024 kB\n"),
            Some(1 << 20)
        );
        assert_eq!(resident_bytes("Name:\tx\n"), None);
    }
}
