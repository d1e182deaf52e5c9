//! Sandboxes as a container runtime sets them up around a program, made here by the program itself.

#![expect(
    unsafe_code,
    reason = "Landlock and seccomp have no safe calls without more dependencies"
)]

use std::io;

use nix::sys::prctl;

/// Forbids every TCP bind, as a Landlock rule set without a port does.
pub(crate) fn forbid_binding() -> io::Result<()> {
    const ACCESS_NET_BIND_TCP: u64 = 1;
    /// `struct landlock_ruleset_attr` of ABI 4.
    #[repr(C)]
    struct Attributes {
        handled_access_fs: u64,
        handled_access_net: u64,
    }
    prctl::set_no_new_privs()?;
    let attributes = Attributes {
        handled_access_fs: 0,
        handled_access_net: ACCESS_NET_BIND_TCP,
    };
    // SAFETY: the kernel reads the attributes, which live across the call, for exactly the size given.
    let rules = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            &raw const attributes,
            size_of::<Attributes>(),
            0,
        )
    };
    if rules < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: takes two numbers, the descriptor from above and no flags.
    match unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Makes the kernel look as if it had no IPv6: sockets of that family are refused with `EAFNOSUPPORT`.
pub(crate) fn hide_ipv6() -> io::Result<()> {
    const NUMBER: u32 = 0;
    const FIRST_ARGUMENT: u32 = 16;
    let load = |offset| statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, offset);
    let unless = |value: i64, skipped| {
        let value = u32::try_from(value).expect("system calls and families are small numbers");
        statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, skipped, value)
    };
    let answer = |value| statement(libc::BPF_RET | libc::BPF_K, 0, value);
    let refusal = libc::SECCOMP_RET_ERRNO | libc::EAFNOSUPPORT.unsigned_abs();
    let mut program = [
        load(NUMBER),
        unless(libc::SYS_socket, 3),
        load(FIRST_ARGUMENT),
        unless(libc::AF_INET6.into(), 1),
        answer(refusal),
        answer(libc::SECCOMP_RET_ALLOW),
    ];
    let length = u16::try_from(program.len()).expect("six statements");
    let program = libc::sock_fprog {
        len: length,
        filter: program.as_mut_ptr(),
    };
    prctl::set_no_new_privs()?;
    // SAFETY: the kernel copies the program, whose statements live across the call, for exactly its length.
    let set = unsafe {
        libc::prctl(
            libc::PR_SET_SECCOMP,
            libc::SECCOMP_MODE_FILTER,
            &raw const program,
        )
    };
    if set == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// One statement of a filter; a jump skips `otherwise` statements when its comparison fails.
fn statement(code: u32, otherwise: u8, value: u32) -> libc::sock_filter {
    let code = u16::try_from(code).expect("codes are small numbers");
    libc::sock_filter {
        code,
        jt: 0,
        jf: otherwise,
        k: value,
    }
}
