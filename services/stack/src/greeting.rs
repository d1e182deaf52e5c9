//! What a person reads when all is ready: where things are, and lines to copy and paste.

use std::{fmt::Write, path::Path};

use crate::plan::Plan;

/// Renders the greeting.
#[must_use]
pub fn greeting<'a>(
    page: &str,
    plans: impl Iterator<Item = &'a Plan> + Clone,
    stop: &str,
) -> String {
    let names = plans.clone().map(|plan| plan.service.name.len());
    let width = names.chain([STATUS_PAGE.len()]).max().unwrap_or(0);
    let mut text = String::from("All is ready.\n\n");
    let _ = writeln!(text, "  {STATUS_PAGE:width$}  {page}");
    for plan in plans.clone() {
        let _ = writeln!(text, "  {:width$}  {}", plan.service.name, plan.url());
    }
    for (does, line) in plans.flat_map(Plan::first_steps) {
        let _ = write!(text, "\n{}:\n  {line}\n", capitalized(does));
    }
    let _ = write!(text, "\nStop:\n  {stop}\n");
    text
}

/// Returns the line that stops everything, with paths as short as they can be here.
#[must_use]
pub fn stop_line(program: &Path, data_dir: &Path, here: &Path) -> String {
    let near = |path: &Path| match path.strip_prefix(here) {
        Ok(inside) => format!("./{}", inside.display()),
        Err(_) => path.display().to_string(),
    };
    format!(
        "{} down --data-dir {}",
        quoted(&near(program)),
        quoted(&near(data_dir))
    )
}

/// Quotes a word for the shell when it needs it.
fn quoted(word: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+@:".contains(character);
    if word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

const STATUS_PAGE: &str = "status page";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalog::CATALOG, data_dir::DataDir};

    #[test]
    fn the_greeting_has_the_page_the_services_and_lines_to_paste() {
        let data = DataDir::new("/data".into());
        let plan = Plan::new(
            &CATALOG[0],
            Some("127.0.0.1:19091"),
            &data,
            Path::new("/bin"),
            &[],
        );
        let text = greeting(
            "http://127.0.0.1:9000",
            std::iter::once(&plan),
            "stack down",
        );
        assert_eq!(
            text,
            "All is ready.\n\n  \
             status page  http://127.0.0.1:9000\n  \
             pushgateway  http://127.0.0.1:19091\n\n\
             Push a first metric:\n  \
             echo 'first_metric 42' | curl --data-binary @- http://127.0.0.1:19091/metrics/job/first\n\n\
             Scrape it:\n  curl -s http://127.0.0.1:19091/metrics | grep first_metric\n\n\
             Stop:\n  stack down\n"
        );
    }

    #[test]
    fn paths_of_the_stop_line_are_short_and_safe_to_paste() {
        let line = |data| {
            stop_line(
                Path::new("/src/target/stack"),
                Path::new(data),
                Path::new("/src"),
            )
        };
        assert_eq!(
            line("/src/casemate-data"),
            "./target/stack down --data-dir ./casemate-data"
        );
        assert_eq!(
            line("/my data/it's"),
            r"./target/stack down --data-dir '/my data/it'\''s'"
        );
    }
}
