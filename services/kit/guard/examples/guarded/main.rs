//! A program as the guard sees one, for the integration tests: enters, does one thing, reports as a service would.
//!
//! Its output is the golden rule made visible: what is printed beyond upstream's own text comes from the guard.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its output is what the tests look at"
)]

mod deed;
mod hide;
mod rights;
mod sys;

use std::{
    error::Error,
    fs, io,
    net::TcpStream,
    path::Path,
    process::{Command, ExitCode},
};

use kit_guard::{
    Guard, Refusal, Rights,
    activation::{self, Listener},
    bind, preflight,
};

fn main() -> ExitCode {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test program without kit-cli, which sits on the same layer"
    )]
    let (arguments, lookup) = (
        std::env::args().skip(1).collect::<Vec<_>>(),
        |name: &str| std::env::var(name).ok(),
    );
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let words = match hinder(&words) {
        Ok(words) => words,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    if words.contains(&"late") {
        std::thread::spawn(std::thread::park);
    }
    let guard = match kit_guard::enter(&lookup) {
        Ok(guard) => guard,
        Err(refusal) => {
            eprintln!("{refusal}");
            return ExitCode::from(refusal.exit_code());
        }
    };
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .init();
    let (rights, words) = rights::split(words);
    if let Err(refusal) = confine(&guard, &rights, words) {
        eprintln!("{refusal}");
        return ExitCode::from(refusal.exit_code());
    }
    let outcome = run(words);
    drop(guard);
    outcome.map_or_else(
        |error| {
            eprintln!("{error}");
            if let Some(line) = kit_guard::explanation(&*error) {
                eprintln!("{line}");
            }
            ExitCode::from(kit_guard::exit_code(&*error).unwrap_or(1))
        },
        |()| ExitCode::SUCCESS,
    )
}

/// Makes the kernel look as if it lacked something, for `without CALL ARGUMENT-OR-* ERRNO WORDS...` and
/// `without-ports WORDS...`.
fn hinder<'a, 'b>(words: &'a [&'b str]) -> Result<&'a [&'b str], Box<dyn Error>> {
    Ok(match words {
        ["without-ports", rest @ ..] => {
            hide::ports()?;
            hinder(rest)?
        }
        ["without", call, argument, errno, rest @ ..] => {
            hide::call(call, argument.parse().ok(), errno.parse()?)?;
            hinder(rest)?
        }
        words => words,
    })
}

fn confine(guard: &Guard, rights: &Rights, words: &[&str]) -> Result<(), Refusal> {
    match words {
        ["supervise", ..] => guard.stay_unconfined(),
        _ => guard.confine(rights),
    }
}

fn run(words: &[&str]) -> Result<(), Box<dyn Error>> {
    match words {
        ["try", deeds @ ..] => {
            for deed in deeds {
                println!("{deed} {}", deed::outcome(deed));
            }
            kit_guard::ready();
        }
        ["bind", addresses @ ..] => {
            let listeners = addresses
                .iter()
                .map(|address| bind::tcp_address(address, "--web.listen-address"));
            for listener in listeners.collect::<Result<Vec<_>, _>>()? {
                println!("bound {}", listener.local_addr()?);
            }
            kit_guard::ready();
        }
        ["vsock", port] => println!(
            "bound {}",
            bind::vsock(port.parse()?, "--web.listen-address")?.local_address()?
        ),
        ["path", need, path] => {
            let found = preflight::check(Path::new(path), rights::need_of(need), "--file");
            println!(
                "{}",
                if found.is_ok() {
                    "usable"
                } else {
                    "not usable"
                }
            );
            for finding in found.findings() {
                println!("{finding}");
            }
            if let Some(error) = found.error() {
                let explain =
                    || preflight::explain(Path::new(path), rights::need_of(need), "--file", &error);
                println!(
                    "explained {}, again {}",
                    explain().is_some(),
                    explain().is_some()
                );
            }
        }
        ["space", path, bytes] => {
            let found = preflight::check_space(Path::new(path), bytes.parse()?, "--file");
            found
                .findings()
                .iter()
                .for_each(|finding| println!("{finding}"));
        }
        ["executable"] => preflight::executable()
            .findings()
            .iter()
            .for_each(|finding| println!("{finding}")),
        ["sockets"] => sockets()?,
        ["restart"] => restart()?,
        ["both"] => both_families()?,
        ["limits"] => print!("{}", fs::read_to_string("/proc/self/limits")?),
        ["descriptors", file] => {
            let targets = (0..=2).map(|number| fs::read_link(format!("/proc/self/fd/{number}")));
            let targets = targets
                .map(|target| Ok(target?.display().to_string()))
                .collect::<Result<Vec<_>, io::Error>>()?;
            fs::write(file, targets.join(" "))?;
        }
        ["idle" | "late"] => {}
        ["named", names @ ..] => match activation::by_name(names)? {
            None => println!("not mapped"),
            Some(named) => {
                for (name, listeners) in named {
                    println!("{name} {}", listeners.len());
                }
            }
        },
        ["supervise"] => println!("supervising"),
        ["watchdog"] => {
            println!("{:?}", kit_guard::notify::watchdog_interval());
            kit_guard::notify::alive();
        }
        other => return Err(format!("unknown words {other:?}").into()),
    }
    Ok(())
}

/// Lists the passed sockets, then what a child would see of them.
fn sockets() -> Result<(), Box<dyn Error>> {
    let all = activation::listeners()?;
    for activated in &all {
        let kind = match &activated.listener {
            Listener::Tcp(listener) => format!("tcp {}", listener.local_addr()?.ip()),
            Listener::Unix(_) => "unix".to_owned(),
            Listener::Vsock(_) => "vsock".to_owned(),
        };
        println!("{kind} {}", activated.name.as_deref().unwrap_or("-"));
    }
    let script = "for fd in 3 4; do if [ -e /proc/self/fd/$fd ]; then echo child has $fd; fi; done; env | grep ^LISTEN_";
    let child = Command::new("sh").args(["-c", script]).output()?;
    print!("{}", String::from_utf8(child.stdout)?);
    Ok(())
}

/// Binds a port again while a connection of the first listener is in TIME_WAIT.
fn restart() -> Result<(), Box<dyn Error>> {
    let listener = bind::tcp("127.0.0.1", 0, "--web.listen-address")?;
    listener.set_nonblocking(false)?;
    let address = listener.local_addr()?;
    let client = TcpStream::connect(address)?;
    let (server, _) = listener.accept()?;
    drop(server); // closes first: its side is the one that lingers
    drop(client);
    drop(listener);
    bind::tcp("127.0.0.1", address.port(), "--web.listen-address")?;
    println!("bound again");
    Ok(())
}

/// Connects to one listener over both families.
fn both_families() -> Result<(), Box<dyn Error>> {
    let listener = bind::tcp("", 0, "--web.listen-address")?;
    let port = listener.local_addr()?.port();
    TcpStream::connect(("127.0.0.1", port))?;
    TcpStream::connect(("::1", port))?;
    println!("4 and 6");
    Ok(())
}
