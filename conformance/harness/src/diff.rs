//! A line diff people can read: `-` was expected, `+` came instead, three lines of surroundings.

/// Lines around a difference.
const CONTEXT_LINES: usize = 3;

/// Texts with more lines than this are not aligned but shown by their first difference.
const ALIGNED_LINES_MAX: usize = 2_000;

/// Shows how `actual` differs from `expected`; empty when they are equal.
#[must_use]
pub fn lines(expected: &str, actual: &str) -> String {
    if expected == actual {
        return String::new();
    }
    let expected: Vec<&str> = expected.split('\n').collect();
    let actual: Vec<&str> = actual.split('\n').collect();
    let prefix = expected
        .iter()
        .zip(&actual)
        .take_while(|(left, right)| left == right)
        .count();
    if expected.len().max(actual.len()) - prefix > ALIGNED_LINES_MAX {
        let line = |lines: &[&str]| lines.get(prefix).map_or("(end)", |line| *line).to_owned();
        return format!(
            "at line {}:\n- {}\n+ {}\n",
            prefix + 1,
            line(&expected),
            line(&actual)
        );
    }
    render(&align(&expected, &actual))
}

/// One line of the alignment with its mark.
type Marked<'a> = (char, &'a str);

/// Aligns by the longest common subsequence.
fn align<'a>(expected: &[&'a str], actual: &[&'a str]) -> Vec<Marked<'a>> {
    let width = actual.len() + 1;
    let mut longest = vec![0_u32; (expected.len() + 1) * width];
    for i in (0..expected.len()).rev() {
        for j in (0..actual.len()).rev() {
            longest[i * width + j] = if expected[i] == actual[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut marked) = (0, 0, Vec::new());
    while i < expected.len() || j < actual.len() {
        if i < expected.len() && j < actual.len() && expected[i] == actual[j] {
            marked.push((' ', expected[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == actual.len()
            || (i < expected.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])
        {
            marked.push(('-', expected[i]));
            i += 1;
        } else {
            marked.push(('+', actual[j]));
            j += 1;
        }
    }
    marked
}

fn render(marked: &[Marked<'_>]) -> String {
    let near = |index: usize| {
        let from = index.saturating_sub(CONTEXT_LINES);
        marked[from..marked.len().min(index + CONTEXT_LINES + 1)]
            .iter()
            .any(|(mark, _)| *mark != ' ')
    };
    let (mut text, mut skipped) = (String::new(), false);
    for (index, (mark, line)) in marked.iter().enumerate() {
        if near(index) {
            text += &format!("{mark} {line}\n");
            skipped = false;
        } else if !skipped {
            text += "…\n";
            skipped = true;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(lines("a\nb", "a\nb"), "");
    }

    #[test]
    fn a_changed_line_stands_between_its_neighbours() {
        assert_eq!(
            lines("1\n2\n3\n4\n5\nold\n6", "1\n2\n3\n4\n5\nnew\n6"),
            "…\n  3\n  4\n  5\n- old\n+ new\n  6\n"
        );
    }

    #[test]
    fn missing_and_additional_lines_are_told_apart() {
        assert_eq!(lines("a\nb", "b"), "- a\n  b\n");
        assert_eq!(lines("b", "b\nc"), "  b\n+ c\n");
    }

    #[test]
    fn huge_texts_show_their_first_difference() {
        let huge = "x\n".repeat(5000);
        assert_eq!(
            lines(&huge, &format!("y\n{huge}")),
            "at line 1:\n- x\n+ y\n"
        );
    }
}
