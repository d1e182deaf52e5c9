//! The syntax of values: Go durations, counts, URLs and quoted strings, as upstream reads and prints them.

mod count;
mod duration;
mod quote;
mod url;

pub use self::{
    count::{CountError, parse_count},
    duration::{DurationError, GoDuration, NegativeDuration, format_duration, parse_duration},
    quote::quote,
    url::{Url, UrlError},
};
