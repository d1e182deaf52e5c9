//! Lines of a case file and the small pieces they are made of: blocks, header lines, words, times.

use std::time::Duration;

use super::Block;

/// A position in the lines of a file.
pub(super) struct Reader<'a> {
    pub(super) lines: Vec<&'a str>,
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn peek(&self) -> Option<&'a str> {
        self.lines.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<&'a str> {
        let line = self.peek()?;
        self.at += 1;
        Some(line)
    }

    /// Moves over blank lines and remarks (`> …`).
    pub(super) fn skip_remarks(&mut self) {
        while self
            .peek()
            .is_some_and(|line| line.trim().is_empty() || line.starts_with('>'))
        {
            self.at += 1;
        }
    }

    /// Takes the indented lines that follow; a blank line belongs to them when another indented line comes after it.
    pub(super) fn block(&mut self) -> Block {
        let mut block = Block::new();
        loop {
            let ahead = self.lines[self.at..]
                .iter()
                .take_while(|line| line.is_empty())
                .count();
            match self
                .lines
                .get(self.at + ahead)
                .and_then(|line| line.strip_prefix("    "))
            {
                Some(line) if ahead == 0 || !block.is_empty() => {
                    block.extend(std::iter::repeat_n(String::new(), ahead));
                    block.push(line.to_owned());
                    self.at += ahead + 1;
                }
                _ => return block,
            }
        }
    }
}

/// Splits `Name: value`; the name is letters, digits and dashes.
pub(super) fn header_line(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plain && (value.is_empty() || value.starts_with(' '))).then(|| (name, value.trim_start()))
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let number = text
        .strip_suffix('s')
        .and_then(|number| number.parse().ok());
    number
        .map(Duration::from_secs)
        .ok_or_else(|| format!("`{text}` is no number of seconds such as 5s"))
}

/// Splits at blanks; single or double quotes hold blanks together, without escapes.
pub(super) fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() {
        return Err(format!("a quote is left open in `{text}`"));
    }
    Ok(words)
}
