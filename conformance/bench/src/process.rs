//! A process under measurement: what it has used, what it holds, and its end.

use std::{
    fs, io,
    process::{Child, Command, ExitStatus},
};

/// A running process. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self, String> {
        let program = command.get_program().to_owned();
        let child = command.spawn();
        child
            .map(Self)
            .map_err(|error| format!("{}: {error}", program.display()))
    }

    fn read(&self, file: &str) -> Result<String, String> {
        let path = format!("/proc/{}/{file}", self.0.id());
        fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
    }

    /// Returns how it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().ok().flatten()
    }

    /// Returns resident memory in bytes, mapped pages included.
    pub(crate) fn resident_bytes(&self) -> Result<f64, String> {
        self.status_bytes("VmRSS:")
    }

    /// Returns the most that was resident since the start or [`Self::forget_peak`], in bytes.
    pub(crate) fn peak_bytes(&self) -> Result<f64, String> {
        self.status_bytes("VmHWM:")
    }

    /// Lets the peak begin anew.
    pub(crate) fn forget_peak(&self) -> Result<(), String> {
        const RESET_PEAK: &str = "5"; // proc_pid_clear_refs(5)
        let path = format!("/proc/{}/clear_refs", self.0.id());
        fs::write(&path, RESET_PEAK).map_err(|error| format!("{path}: {error}"))
    }

    fn status_bytes(&self, name: &str) -> Result<f64, String> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes: f64 = line
            .ok_or_else(|| format!("no {name}"))?
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .map_err(|_| format!("{name} is no number"))?;
        Ok(kibibytes * 1024.0)
    }

    /// Returns the processor time that its threads have used, in seconds, to the nanosecond. Threads that ended are left out.
    pub(crate) fn processor_seconds(&self) -> Result<f64, String> {
        let threads = format!("/proc/{}/task", self.0.id());
        let mut nanoseconds = 0.0;
        for thread in fs::read_dir(threads).map_err(|error| error.to_string())? {
            let path = thread.map_err(|error| error.to_string())?.path();
            let text = match fs::read_to_string(path.join("schedstat")) {
                // It has ended since; such threads are few and did little.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                read => read.map_err(|error| format!("{}: {error}", path.display()))?,
            };
            let used = text
                .split(' ')
                .next()
                .and_then(|word| word.parse::<f64>().ok());
            nanoseconds += used.ok_or("no number in schedstat")?;
        }
        Ok(nanoseconds / 1e9)
    }

    /// Returns user and system time of all its threads, those that ended too, in seconds, to 10 ms.
    pub(crate) fn user_and_system_seconds(&self) -> Result<f64, String> {
        const TICKS_A_SECOND: f64 = 100.0; // USER_HZ, the same on every Linux
        let stat = self.read("stat")?;
        // The second field is the name in brackets, which may hold anything.
        let after = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = after.split_ascii_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
        let (user, system) = ticks(11).zip(ticks(12)).ok_or("no times in stat")?;
        Ok((user + system) / TICKS_A_SECOND)
    }

    /// Ends the program as an operator does, and waits for it.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        let killed = Command::new("kill").arg(self.0.id().to_string()).status();
        killed
            .and_then(|_| self.0.wait())
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
