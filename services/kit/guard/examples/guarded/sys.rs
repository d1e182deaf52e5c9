//! The one call of the example that has no safe form.

#![expect(
    unsafe_code,
    reason = "ptrace has no safe form in nix without its feature"
)]

use std::io;

/// Asks to be traced by the parent.
pub(crate) fn trace_me() -> io::Result<()> {
    let (nobody, nothing) = (0, 0_usize);
    // SAFETY: PTRACE_TRACEME reads none of its arguments.
    match unsafe { libc::ptrace(libc::PTRACE_TRACEME, nobody, nothing, nothing) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
