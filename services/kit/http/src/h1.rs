//! What Go's HTTP/1 server takes and refuses, put before hyper's.
//!
//! hyper parses requests too, but refuses other ones than Go, in other words, and its `Uri` cannot hold every target.
//! [`screen::Screen`] lies between hyper and the stream: it lets heads through that Go takes, rewrites those that only
//! Go takes, and answers the others itself. `head` knows the rules for a head, `chunks` those for a chunked body.

mod chunks;
mod head;
pub(crate) mod screen;
pub(crate) mod targets;

/// Says whether every `%` of a path is followed by two hexadecimal digits, as Go demands.
pub(crate) fn has_good_escapes(path: &str) -> bool {
    head::has_good_escapes(path.as_bytes())
}

/// Judges bytes as a head, whole and cut off.
pub(crate) fn fuzz_head(data: &[u8]) {
    let _ = head::check_first_line(data);
    if let Some(end) = head::find_end(data, 0) {
        assert_eq!(head::find_end(data, end - 1), Some(end));
        let _ = head::examine(&data[..end]);
    }
}
