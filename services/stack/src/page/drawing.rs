//! Small plots as SVG in the page: a line, what it is and its newest number.

use std::fmt::Write;

use super::html::Escaped;
use crate::plot::{Line, POINTS_MAX};

/// Draws the measures of a service, if it has any.
pub(super) fn plots(out: &mut String, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    out.push_str("<h3>Activity</h3><div class=\"plots\">");
    for line in lines {
        let newest = line.points.last().copied().flatten();
        let newest = newest.map_or_else(|| super::UNKNOWN.to_owned(), |it| line.measure.show(it));
        let _ = write!(
            out,
            "<figure><figcaption>{} <b>{newest}</b></figcaption>\
             <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">\
             <path d=\"{}\"/></svg></figure>",
            Escaped(&line.title),
            Escaped(&described(line)),
            path(&line.points)
        );
    }
    out.push_str("</div>");
}

const WIDTH: usize = 240;
const HEIGHT: usize = 40;

/// Says in words what the line shows, for those who do not see it.
fn described(line: &Line) -> String {
    let known = || line.points.iter().copied().flatten();
    let (low, high) = (
        known().fold(f64::MAX, f64::min),
        known().fold(0.0, f64::max),
    );
    if low > high {
        return format!("{}: nothing yet", line.title);
    }
    let show = |number| line.measure.show(number);
    format!("{}: between {} and {}", line.title, show(low), show(high))
}

/// Returns the line, the newest point at the right edge; it has gaps where nothing was known.
fn path(points: &[Option<f64>]) -> String {
    let high = points.iter().copied().flatten().fold(0.0, f64::max);
    let (step, margin) = (WIDTH as f64 / (POINTS_MAX - 1) as f64, 1.5);
    let room = HEIGHT as f64 - 2.0 * margin;
    let first = POINTS_MAX - points.len().min(POINTS_MAX);
    let mut path = String::new();
    let mut pen = 'M';
    for (at, point) in (first..).zip(points) {
        let Some(point) = point else {
            pen = 'M';
            continue;
        };
        let share = if high > 0.0 { point / high } else { 0.0 };
        let (x, y) = (at as f64 * step, margin + room * (1.0 - share));
        let _ = write!(path, "{pen}{x:.1} {y:.1}");
        pen = 'L';
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Measure;

    #[test]
    fn the_line_ends_at_the_right_edge_and_breaks_where_nothing_was_known() {
        let drawn = path(&[Some(0.0), None, Some(5.0), Some(10.0)]);
        assert_eq!(drawn, "M233.9 38.5M238.0 20.0L240.0 1.5");
        assert_eq!(path(&[]), "");
        assert_eq!(path(&[Some(0.0)]), "M240.0 38.5");
    }

    #[test]
    fn a_plot_says_in_words_what_it_shows() {
        let line = |points| Line {
            title: "Puts".to_owned(),
            measure: Measure::PerSecond,
            points,
        };
        let mut out = String::new();
        plots(
            &mut out,
            &[line(vec![Some(1.0), Some(3.0)]), line(vec![None])],
        );
        assert!(out.contains("Puts <b>3.0/s</b>"), "{out}");
        assert!(
            out.contains("aria-label=\"Puts: between 1.0/s and 3.0/s\""),
            "{out}"
        );
        assert!(out.contains("aria-label=\"Puts: nothing yet\""), "{out}");
        out.clear();
        plots(&mut out, &[]);
        assert_eq!(out, "");
    }
}
