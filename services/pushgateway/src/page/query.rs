//! What a reader asked the page for: the query of its URL, read and written again. All of it works as plain links and forms.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Longest search text that is looked at, in characters.
const SEARCH_CHARS_MAX: usize = 500;

/// What stands in a query as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b'@');

/// The order of the groups.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Sort {
    /// By grouping key, as upstream.
    #[default]
    Key,
    Job,
    Newest,
    Oldest,
    Size,
}

impl Sort {
    pub(super) const ALL: [Self; 5] =
        [Self::Key, Self::Job, Self::Newest, Self::Oldest, Self::Size];

    /// Returns the value of the parameter.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Job => "job",
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Size => "size",
        }
    }

    /// Returns what the reader chooses.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Key => "Grouping key",
            Self::Job => "Job",
            Self::Newest => "Newest push first",
            Self::Oldest => "Oldest push first",
            Self::Size => "Most series first",
        }
    }
}

/// The parameters of the page.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Query {
    /// `q`: words that a group must have in its labels or metric names.
    pub(super) search: String,
    /// `sort`.
    pub(super) sort: Sort,
    /// `failed`: only groups whose last push was refused.
    pub(super) failed_only: bool,
    /// `page` of the groups, or of the families of the one group; the first is 0 here and 1 in the URL.
    pub(super) page: usize,
    /// `group`: the path of the one group to show.
    pub(super) group: Option<String>,
    /// `family`: the one family of that group to show.
    pub(super) family: Option<String>,
    /// `from`: position of the first series of that family to show.
    pub(super) from: u32,
}

impl Query {
    /// Reads a query. What makes no sense is left out: a page is better than an error.
    pub(super) fn parse(query: &str) -> Self {
        let mut parsed = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value);
            match name {
                "q" => parsed.search = value.trim().chars().take(SEARCH_CHARS_MAX).collect(),
                "sort" => {
                    parsed.sort = Sort::ALL
                        .into_iter()
                        .find(|sort| sort.word() == value)
                        .unwrap_or_default()
                }
                "failed" => parsed.failed_only = !value.is_empty(),
                "page" => parsed.page = value.parse().unwrap_or(1usize).saturating_sub(1),
                "group" => parsed.group = Some(value),
                "family" => parsed.family = Some(value),
                "from" => parsed.from = value.parse().unwrap_or_default(),
                _ => {}
            }
        }
        parsed
    }

    /// Returns the query as text, without what is as usual.
    pub(super) fn text(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, QUERY).to_string();
        let mut pairs = Vec::new();
        let mut put = |name: &str, value: String| pairs.push(format!("{name}={value}"));
        if !self.search.is_empty() {
            put("q", encode(&self.search));
        }
        if self.sort != Sort::default() {
            put("sort", self.sort.word().to_owned());
        }
        if self.failed_only {
            put("failed", "1".to_owned());
        }
        if let Some(group) = &self.group {
            put("group", encode(group));
        }
        if let Some(family) = &self.family {
            put("family", encode(family));
        }
        if self.from > 0 {
            put("from", self.from.to_string());
        }
        if self.page > 0 {
            put("page", (self.page + 1).to_string());
        }
        pairs.join("&")
    }

    /// Tells whether groups are left out.
    pub(super) const fn is_filter(&self) -> bool {
        !self.search.is_empty() || self.failed_only
    }
}

/// Decodes a value as HTML forms write it.
fn decode(value: &str) -> String {
    percent_decode_str(&value.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, written: &str) {
        let parsed = Query::parse(query);
        assert_eq!(parsed.text(), written);
        assert_eq!(Query::parse(written), parsed);
    }

    #[test]
    fn queries_are_read_as_forms_send_them_and_written_short() {
        check("", "");
        check("q=&sort=key&page=1", "");
        check(
            "q=a+b%26&sort=size&failed=1&page=3",
            "q=a%20b%26&sort=size&failed=1&page=3",
        );
        check(
            "group=job@base64/eA&family=m&from=100",
            "group=job@base64/eA&family=m&from=100",
        );
        check("group=a%2Bb%3D&q=%C3%A4", "q=%C3%A4&group=a%2Bb%3D");
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        check("page=0&sort=x&from=-1&foo&=&q", "");
        check("page=99999999999999999999999", "");
        assert_eq!(Query::parse("q=%FF").search, "\u{fffd}");
    }
}
