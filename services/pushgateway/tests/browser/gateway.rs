//! The program under test, and clients that push to it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
};

/// A running Pushgateway; it ends with the value.
pub(crate) struct Gateway {
    process: Child,
    address: String,
    prefix: String,
}

impl Gateway {
    /// Starts the program on a free port and waits until it listens.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_pushgateway"))
            .arg("--web.listen-address=127.0.0.1:0")
            .args(flags)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let address = log
            .by_ref()
            .filter(|line| line.contains("Listening on"))
            .find_map(|line| {
                Some(
                    line.split_once("address=")?
                        .1
                        .split_whitespace()
                        .next()?
                        .to_owned(),
                )
            })
            .expect("the program listens");
        // Nobody reads the rest, but a full pipe would stop the program.
        thread::spawn(move || log.for_each(drop));
        let prefix = flags
            .iter()
            .find_map(|flag| flag.strip_prefix("--web.route-prefix="));
        Self {
            process,
            address,
            prefix: prefix.unwrap_or_default().to_owned(),
        }
    }

    /// Returns the URL of a path below the route prefix.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{}{path}", self.address, self.prefix)
    }

    /// Pushes to the group of that path and returns the status of the answer.
    pub(crate) fn push(&self, group: &str, body: &str) -> u16 {
        self.request("POST", &format!("/metrics/{group}"), body).0
    }

    /// Returns the page or the metrics as a client without a browser gets them.
    pub(crate) fn get(&self, path: &str) -> String {
        let (status, body) = self.request("GET", path, "");
        assert_eq!(status, 200, "{path}");
        body
    }

    fn request(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {}{path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.prefix,
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (
            head.split(' ').nth(1).unwrap().parse().unwrap(),
            body.to_owned(),
        )
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
