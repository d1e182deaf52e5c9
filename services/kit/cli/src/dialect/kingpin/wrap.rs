//! Go's text wrapping, which kingpin's help goes through: lines as even as possible, rather ending at punctuation.
//!
//! Source: Go go/doc/comment/text.go, `wrap`, by Hirschberg and Larmore, "The least weight subsequence problem", 1985.

/// Cost of ending a line at something else than punctuation.
const PENALTY: i64 = 64;

/// Columns when the caller leaves none.
const DEFAULT_WIDTH: i64 = 80;

/// A weight: first by how far lines are too long, then by how uneven they are.
type Score = (i64, i64);

/// Wraps one paragraph. A width of 0 means 80, a negative one a single line.
pub(super) fn wrap(paragraph: &str, width: i64) -> Vec<String> {
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let max = if width == 0 { DEFAULT_WIDTH } else { width };
    if max < 0 || words.is_empty() {
        return vec![words.join(" ")];
    }
    let text = Paragraph::new(&words, max);
    let breaks = text.breaks();
    breaks
        .windows(2)
        .map(|line| words[line[0]..line[1]].join(" "))
        .collect()
}

struct Paragraph<'a> {
    words: &'a [&'a str],
    /// Characters before each word, separating spaces included, and after the last.
    totals: Vec<i64>,
    max: i64,
}

impl<'a> Paragraph<'a> {
    fn new(words: &'a [&'a str], max: i64) -> Self {
        let lengths = words
            .iter()
            .map(|word| i64::try_from(word.chars().count()).unwrap_or(i64::MAX) + 1);
        let totals = std::iter::once(0).chain(lengths.scan(0, |total, length| {
            *total += length;
            Some(*total)
        }));
        Self {
            words,
            totals: totals.collect(),
            max,
        }
    }

    /// Returns the weight of a line of the words `from..to`. The last line may be short for nothing.
    fn weight(&self, from: usize, to: usize) -> Score {
        let length = self.totals[to] - 1 - self.totals[from];
        if to == self.words.len() && length <= self.max {
            return (0, 0);
        }
        let ends_well = self.words[to - 1].ends_with(['.', ',', ':', ';']);
        let penalty = if ends_well { 0 } else { PENALTY };
        let unevenness = (self.max - length) * (self.max - length);
        if length > self.max {
            (unevenness, penalty)
        } else {
            (0, unevenness + penalty)
        }
    }

    /// Returns the index of the first word of each line, and the number of words last.
    ///
    /// The names are those of the paper: `f` best weight of the words before, `g` the weight through a break.
    fn breaks(&self) -> Vec<usize> {
        let n = self.words.len();
        let mut f: Vec<Score> = vec![(0, 0)];
        let mut best_left = vec![0];
        let mut candidates = vec![0];
        let mut first = 0;
        for m in 1..n {
            f.push(self.g(&f, candidates[first], m));
            best_left.push(candidates[first]);
            let retires = |candidates: &[usize], first: usize| {
                candidates.len() - first > 1
                    && self.g(&f, candidates[first + 1], m + 1)
                        <= self.g(&f, candidates[first], m + 1)
            };
            while retires(&candidates, first) {
                first += 1;
            }
            while let [.., before, last] = candidates[first..]
                && self.bridge(&f, before, last, m)
            {
                candidates.pop();
            }
            let last = *candidates.last().expect("the first candidate stays");
            if self.g(&f, m, n) < self.g(&f, last, n) {
                candidates.push(m);
                // Not in the paper; two-word paragraphs need it.
                if candidates.len() - first == 2 && retires(&candidates, first) {
                    first += 1;
                }
            }
        }
        best_left.push(candidates[first]);
        let mut breaks = vec![n];
        while let Some(&at @ 1..) = breaks.last() {
            breaks.push(best_left[at]);
        }
        breaks.reverse();
        breaks
    }

    fn g(&self, f: &[Score], from: usize, to: usize) -> Score {
        let (high, low) = self.weight(from, to);
        (f[from].0 + high, f[from].1 + low)
    }

    /// Returns whether a break at `b` is never better than one at `a` or `c`.
    fn bridge(&self, f: &[Score], a: usize, b: usize, c: usize) -> bool {
        let overtaken = (c..=self.words.len()).find(|&end| self.g(f, a, end) > self.g(f, b, end));
        overtaken.is_none_or(|end| self.g(f, c, end) <= self.g(f, b, end))
    }
}
