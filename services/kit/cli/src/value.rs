//! The syntax of values: Go durations, numbers, counts, URLs and quoted strings, as upstream reads and prints them.

mod count;
mod duration;
mod number;
mod quote;
mod url;
mod url_list;

pub use self::{
    count::{CountError, parse_count},
    duration::{
        DurationError, GoDuration, NegativeDuration, format_duration, parse_duration,
        parse_go_duration,
    },
    number::{NumberError, parse_bool, parse_int, parse_uint},
    quote::quote,
    url::{Url, UrlError},
    url_list::{UrlListError, parse_urls, split_host_port},
};
