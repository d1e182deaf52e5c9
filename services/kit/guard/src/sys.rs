//! The system calls that `nix` and `std` do not offer in a safe form. Everything else of the crate is safe code.
//!
//! Leaves every decision to its callers: functions here make one call and translate its result.

#![expect(
    unsafe_code,
    reason = "raw system calls; each block states the promise it keeps"
)]

use std::{
    ffi::{CStr, CString},
    fs, io, iter, mem,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::{
        fd::{FromRawFd, OwnedFd, RawFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
    ptr, slice,
};

use nix::{
    errno::Errno,
    sys::signal::{SigHandler, Signal},
};

/// Removes variables from the environment.
///
/// # Errors
/// The number of threads when there is more than one, because another may be reading the environment.
pub(crate) fn unset_environment(names: &[&str]) -> Result<(), usize> {
    // Without /proc nobody can tell; being called first in `main` is then all there is to rely on.
    let threads = fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 {
        return Err(threads);
    }
    for name in names {
        // SAFETY: no other thread reads the environment: there is none, and none is started in between.
        unsafe { std::env::remove_var(name) };
    }
    Ok(())
}

/// Takes ownership of an inherited descriptor; `EBADF` when it is not open.
///
/// The caller asks for each number once: the descriptor closes when the result is dropped.
pub(crate) fn take_descriptor(number: RawFd) -> nix::Result<OwnedFd> {
    // SAFETY: F_GETFD only reads the flags of a descriptor number, open or not.
    Errno::result(unsafe { libc::fcntl(number, libc::F_GETFD) })?;
    // SAFETY: the descriptor is open (checked above) and was left to this process by the protocol of LISTEN_FDS,
    // under which nobody else in the process owns numbers from 3 up.
    let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
    // SAFETY: F_SETFD changes only the close-on-exec flag of a descriptor that is open and ours.
    Errno::result(unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    Ok(descriptor)
}

/// Gives a signal back what it does to a process that does nothing about it.
pub(crate) fn default_action(signal: Signal) -> nix::Result<()> {
    // SAFETY: no handler is installed, so none can do what a handler must not do.
    unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) }.map(drop)
}

/// Takes ownership of a descriptor that `accept4` just returned.
pub(crate) fn own_accepted(number: RawFd) -> OwnedFd {
    // SAFETY: the kernel handed out this number a moment ago, in the only caller, which keeps no other copy of it.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Returns whether the kernel marked this execution as crossing a privilege boundary (`AT_SECURE`).
pub(crate) fn is_secure_execution() -> bool {
    // SAFETY: getauxval only reads a value the kernel placed in memory at start.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Returns the extended attribute of a file, at most 256 bytes of it; none when the file has no such attribute.
pub(crate) fn extended_attribute(path: &Path, name: &CStr) -> Option<Vec<u8>> {
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut value = vec![0_u8; 256];
    // SAFETY: both strings end in NUL and the buffer is writable for the length given.
    let length = unsafe {
        libc::getxattr(
            path.as_ptr(),
            name.as_ptr(),
            value.as_mut_ptr().cast(),
            value.len(),
        )
    };
    value.truncate(usize::try_from(length).ok()?);
    Some(value)
}

/// Drops one capability from the bounding set of the calling thread; `EINVAL` for one the kernel does not know.
pub(crate) fn drop_from_bounding_set(number: libc::c_ulong) -> nix::Result<()> {
    let unused: libc::c_ulong = 0;
    // SAFETY: takes numbers only.
    let dropped = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, unused, unused, unused) };
    Errno::result(dropped).map(drop)
}

/// Takes from uid 0 its special meaning for the calling thread and what it executes, for good. Needs `CAP_SETPCAP`.
pub(crate) fn lock_securebits() -> nix::Result<()> {
    const NO_ROOT: libc::c_ulong = 0b11;
    const NO_SETUID_FIXUP: libc::c_ulong = 0b11 << 2;
    /// Off, and never on again.
    const KEEP_CAPS_LOCKED: libc::c_ulong = 1 << 5;
    const NO_AMBIENT_RAISE: libc::c_ulong = 0b11 << 6;
    let bits = NO_ROOT | NO_SETUID_FIXUP | KEEP_CAPS_LOCKED | NO_AMBIENT_RAISE;
    let unused: libc::c_ulong = 0;
    // SAFETY: takes numbers only.
    let set = unsafe { libc::prctl(libc::PR_SET_SECUREBITS, bits, unused, unused, unused) };
    Errno::result(set).map(drop)
}

/// Returns the Landlock version of the kernel; none when it has none or forbids asking.
pub(crate) fn landlock_abi() -> Option<i64> {
    const VERSION: libc::c_long = 1;
    let nothing: *const libc::c_void = ptr::null();
    // SAFETY: with the version flag the call takes a null attribute of length 0 and only returns a number.
    let abi =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, nothing, 0_usize, VERSION) };
    (abi > 0).then_some(abi)
}

/// Resolves a host name through the system's resolver, in its order, each address once; the zone of an address stays.
///
/// # Errors
/// The resolver's own words, or none when it says that the name does not exist.
pub(crate) fn resolve(host: &str) -> Result<Vec<(IpAddr, u32)>, Option<String>> {
    let host = CString::new(host).map_err(|_| None)?;
    // SAFETY: addrinfo is plain data for which all zero bits are valid and mean "no hint".
    let mut hints: libc::addrinfo = unsafe { mem::zeroed() };
    hints.ai_socktype = libc::SOCK_STREAM;
    let mut list: *mut libc::addrinfo = ptr::null_mut();
    // SAFETY: host ends in NUL, hints is initialised, and list receives a chain that is freed below.
    let code =
        unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &raw const hints, &raw mut list) };
    if code != 0 {
        return Err(resolver_words(code));
    }
    // SAFETY: each entry of the chain stays valid until freeaddrinfo.
    let entries = iter::successors(unsafe { list.as_ref() }, |entry| unsafe {
        entry.ai_next.as_ref()
    });
    let mut addresses: Vec<(IpAddr, u32)> = entries.filter_map(address_of).collect();
    // SAFETY: list came from getaddrinfo and no reference into it is left.
    unsafe { libc::freeaddrinfo(list) };
    addresses.dedup();
    Ok(addresses)
}

fn address_of(entry: &libc::addrinfo) -> Option<(IpAddr, u32)> {
    match entry.ai_family {
        libc::AF_INET => {
            // SAFETY: for this family ai_addr points to a sockaddr_in.
            let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in>().as_ref() }?;
            Some((
                Ipv4Addr::from(address.sin_addr.s_addr.to_ne_bytes()).into(),
                0,
            ))
        }
        libc::AF_INET6 => {
            // SAFETY: for this family ai_addr points to a sockaddr_in6.
            let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in6>().as_ref() }?;
            Some((
                Ipv6Addr::from(address.sin6_addr.s6_addr).into(),
                address.sin6_scope_id,
            ))
        }
        _ => None,
    }
}

fn resolver_words(code: libc::c_int) -> Option<String> {
    match code {
        libc::EAI_NONAME | libc::EAI_NODATA => None,
        libc::EAI_SYSTEM => Some(io::Error::last_os_error().to_string()),
        // SAFETY: gai_strerror returns a constant string for every code.
        _ => Some(
            unsafe { CStr::from_ptr(libc::gai_strerror(code)) }
                .to_string_lossy()
                .into_owned(),
        ),
    }
}

/// Lets go of the resident pages of code and constants, of the program and its libraries. They are the kernel's copies of
/// files; what is used again is mapped again from there.
pub(crate) fn release_code_pages() {
    // SAFETY: `release_object` has the type the call wants, keeps nothing and does not unwind.
    unsafe { libc::dl_iterate_phdr(Some(release_object), ptr::null_mut()) };
}

unsafe extern "C" fn release_object(
    object: *mut libc::dl_phdr_info,
    _size: usize,
    _data: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: libc passes a record that is valid during the callback.
    let object = unsafe { &*object };
    // SAFETY: so are its headers, `dlpi_phnum` of them.
    let headers = unsafe { slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()) };
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
            continue;
        }
        // Whole pages of this segment only.
        let start = (object.dlpi_addr + header.p_vaddr).next_multiple_of(PAGE_BYTES);
        let end = (object.dlpi_addr + header.p_vaddr + header.p_filesz) & !(PAGE_BYTES - 1);
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or(0);
        // SAFETY: the segment is mapped from a file, for reading only, and nothing was ever written to it: its pages come
        // back with the same bytes. Where the kernel refuses (locked memory, the vdso), nothing changes.
        unsafe { libc::madvise(start as *mut libc::c_void, length, libc::MADV_DONTNEED) };
    }
    0
}

/// The smallest page of the platforms we build for.
const PAGE_BYTES: u64 = 4096;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::release_code_pages;

    /// Kilobytes of files that are resident in this process.
    fn resident_files() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssFile:"));
        line.unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap()
    }

    #[test]
    fn code_that_ran_leaves_memory_and_runs_again() {
        let before = resident_files();
        release_code_pages();
        let after = resident_files();
        assert!(after < before, "{after} kB, and {before} kB before");
    }
}
