//! Members and endpoints in a frame.
//!
//! Source: github.com/olekukonko/tablewriter v1, as upstream sets it: header centred in capitals, rows to the right.

use std::fmt::Write;

use crate::{
    Failure,
    print::{Reply, columns, unsupported},
};

pub(super) fn render(reply: &Reply<'_>) -> Result<Vec<u8>, Failure> {
    let (header, rows): (&[&str], columns::Rows) = match reply {
        Reply::MemberList(answer) => (&columns::MEMBERS, columns::members(answer)),
        Reply::EndpointHealth(endpoints) => (&columns::HEALTH, columns::health(endpoints)),
        Reply::EndpointStatus(endpoints) => (&columns::STATUS, columns::status(endpoints)),
        Reply::EndpointHashKv(endpoints) => (&columns::HASHKV, columns::hashkv(endpoints)),
        _ => return Err(unsupported("table")),
    };
    Ok(frame(header, &rows).into_bytes())
}

fn frame(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header
        .iter()
        .map(|title| title.replace('_', " ").to_uppercase())
        .collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .fold(header[column].chars().count(), usize::max)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let rule = |left: char, between: char, right: char| {
        let lines: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
        format!("{left}{}{right}\n", lines.join(&between.to_string()))
    };
    let mut text = rule('┌', '┬', '┐');
    push_row(
        &mut text,
        header
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:^width$}")),
    );
    if !rows.is_empty() {
        text.push_str(&rule('├', '┼', '┤'));
    }
    for row in rows {
        push_row(
            &mut text,
            row.iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:>width$}")),
        );
    }
    text.push_str(&rule('└', '┴', '┘'));
    text
}

fn push_row(text: &mut String, cells: impl Iterator<Item = String>) {
    for cell in cells {
        write!(text, "│ {cell} ").expect("writing to a string does not fail");
    }
    text.push_str("│\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_centred_and_cells_stand_to_the_right() {
        let rows = [vec!["a".to_owned(), "123456".to_owned()]];
        assert_eq!(
            frame(&["id", "hash_x"], &rows),
            "┌────┬────────┐\n│ ID │ HASH X │\n├────┼────────┤\n│  a │ 123456 │\n└────┴────────┘\n"
        );
        assert_eq!(frame(&["a"], &[]), "┌───┐\n│ A │\n└───┘\n");
    }
}
