//! HTML under construction. Markup is text of this program; everything else enters escaped, whatever it holds.

use crate::answer::escape_html;

/// A piece of HTML.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Appends markup.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Appends text: content, or the inside of a quoted attribute.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(&escape_html(text));
        self
    }

    /// Appends the start of a text that may be long and need not be UTF-8, and how much of it is missing.
    pub(super) fn start_of(&mut self, text: &[u8], chars_max: usize) -> &mut Self {
        let text = String::from_utf8_lossy(text);
        let Some((end, _)) = text.char_indices().nth(chars_max) else {
            return self.text(&text);
        };
        let missing = text[end..].chars().count();
        self.text(&text[..end]).raw("<span class=\"cut\">… ");
        self.text(&with_commas(missing))
            .raw(" more characters</span>")
    }

    /// Appends what fits a short attribute: the start of a text, without a word about the rest.
    pub(super) fn start_only(&mut self, text: &str, chars_max: usize) -> &mut Self {
        let end = text
            .char_indices()
            .nth(chars_max)
            .map_or(text.len(), |(end, _)| end);
        self.text(&text[..end])
    }

    /// Appends a count with a comma between thousands.
    pub(super) fn count(&mut self, count: usize) -> &mut Self {
        self.text(&with_commas(count))
    }

    /// Appends a count and the word for what is counted.
    pub(super) fn counted(
        &mut self,
        count: usize,
        one: &'static str,
        many: &'static str,
    ) -> &mut Self {
        self.count(count)
            .raw(" ")
            .raw(if count == 1 { one } else { many })
    }

    /// Returns the text of it all.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Returns a count with a comma between thousands.
pub(super) fn with_commas(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let mut html = Html::default();
        html.raw("<b title=\"")
            .text("\" onclick=\"x")
            .raw("\">")
            .start_of(b"<script>\xff&'", 99)
            .raw("</b>");
        assert_eq!(
            html.finish(),
            "<b title=\"&#34; onclick=&#34;x\">&lt;script&gt;\u{fffd}&amp;&#39;</b>"
        );
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let mut html = Html::default();
        html.start_of("äöüß".as_bytes(), 2)
            .raw("|")
            .start_of("äö".as_bytes(), 2);
        assert_eq!(
            html.finish(),
            "äö<span class=\"cut\">… 2 more characters</span>|äö"
        );
    }

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(with_commas),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
