//! Rust source as a flat list of tokens, so that a check never trips over a comment or a string. Each token knows its
//! line and whether it stands in test code.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One token of Rust source.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    /// The identifier, the literal as written, a bracket, or a punctuation (`::` is one token).
    pub text: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Inside an item under `#[cfg(test)]` or a function under `#[test]`.
    pub in_test: bool,
}

/// Lexes `source`; `None` when it is not Rust.
pub fn of(source: &str) -> Option<Vec<Token>> {
    let stream: TokenStream = source.parse().ok()?;
    let mut tokens = Vec::new();
    flatten(stream, false, &mut tokens);
    Some(tokens)
}

/// Positions where the blank-separated tokens of `pattern` stand next to each other, as in `TcpListener :: bind`.
pub fn find(tokens: &[Token], pattern: &str) -> Vec<usize> {
    let pattern: Vec<&str> = pattern.split(' ').collect();
    let stands_at = |window: &[Token]| {
        window
            .iter()
            .zip(&pattern)
            .all(|(token, wanted)| token.text == *wanted)
    };
    tokens
        .windows(pattern.len())
        .enumerate()
        .filter(|(_, window)| stands_at(window))
        .map(|(index, _)| index)
        .collect()
}

/// The identifiers that a path brings in right after `prefix`: the next one, or every one of the brace group of a `use`.
pub fn names_after(tokens: &[Token], prefix: &str) -> Vec<Token> {
    let length = prefix.split(' ').count();
    let mut names = Vec::new();
    for start in find(tokens, prefix) {
        match tokens.get(start + length) {
            Some(brace) if brace.text == "{" => {
                let group = tokens[start + length + 1..]
                    .iter()
                    .take_while(|token| token.text != "}");
                names.extend(group.filter(|token| is_name(&token.text)).cloned());
            }
            Some(name) if is_name(&name.text) => names.push(name.clone()),
            _ => {}
        }
    }
    names
}

/// The text of a string literal token, without its quotes and with nothing unescaped; `None` for any other token.
pub fn string_of(token: &Token) -> Option<&str> {
    token.text.strip_prefix('"')?.strip_suffix('"')
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Appends the tokens of `stream`. An attribute that mentions `test` makes everything to the end of its item test code.
fn flatten(stream: TokenStream, in_test: bool, tokens: &mut Vec<Token>) {
    let mut item_in_test = in_test;
    let mut joined = String::new();
    let mut after_hash = false;
    for tree in stream {
        let line = tree.span().start().line;
        let hash_before = std::mem::take(&mut after_hash);
        match tree {
            TokenTree::Group(group) => {
                let attribute = hash_before && group.delimiter() == Delimiter::Bracket;
                if attribute && marks_test(&group.stream()) {
                    item_in_test = true;
                }
                let (open, close) = brackets(group.delimiter());
                push(tokens, open, line, item_in_test);
                flatten(group.stream(), item_in_test, tokens);
                push(tokens, close, group.span_close().start().line, item_in_test);
                if group.delimiter() == Delimiter::Brace {
                    item_in_test = in_test;
                }
            }
            TokenTree::Punct(punct) => {
                after_hash = punct.as_char() == '#';
                joined.push(punct.as_char());
                let colons = joined == ":" && punct.spacing() == Spacing::Joint;
                if !colons {
                    push(tokens, &std::mem::take(&mut joined), line, item_in_test);
                }
                if punct.as_char() == ';' {
                    item_in_test = in_test;
                }
            }
            other => push(tokens, &other.to_string(), line, item_in_test),
        }
    }
}

/// Whether an attribute's content is `test`, `tokio::test(...)`, or a `cfg` that holds in tests alone.
fn marks_test(attribute: &TokenStream) -> bool {
    let mut tokens = Vec::new();
    flatten(attribute.clone(), false, &mut tokens);
    let words: Vec<_> = tokens.iter().map(|token| token.text.as_str()).collect();
    match words.as_slice() {
        ["cfg", condition @ ..] => {
            condition.contains(&"test")
                && !condition.contains(&"not")
                && !condition.contains(&"any")
        }
        ["test", ..] | [_, "::", "test", ..] => true,
        _ => false,
    }
}

fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

fn push(tokens: &mut Vec<Token>, text: &str, line: usize, in_test: bool) {
    if !text.is_empty() {
        tokens.push(Token {
            text: text.to_owned(),
            line,
            in_test,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        of(source)
            .unwrap()
            .into_iter()
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn comments_vanish_and_strings_stay_one_token() {
        assert_eq!(
            texts("a::b(/* unsafe */ \"c::d\") // e"),
            ["a", "::", "b", "(", "\"c::d\"", ")"]
        );
    }

    #[test]
    fn lines_are_counted_from_one() {
        let tokens = of("fn a() {}\n\nfn b() {}").unwrap();
        let b = tokens.iter().find(|token| token.text == "b").unwrap();
        assert_eq!(b.line, 3);
    }

    #[test]
    fn items_under_cfg_test_are_test_code_and_their_neighbours_are_not() {
        let source = "
            #[cfg(test)] mod tests { fn a() {} }
            fn b() {}
            #[tokio::test] async fn c() { d }
            #[cfg(not(test))] fn e() {}
            #[cfg_attr(test, derive(Debug))] struct F;";
        let tokens = of(source).unwrap();
        let in_test = |name: &str| {
            tokens
                .iter()
                .find(|token| token.text == name)
                .unwrap()
                .in_test
        };
        assert!(in_test("a") && in_test("c") && in_test("d"));
        assert!(!in_test("b") && !in_test("e") && !in_test("F"));
    }

    #[test]
    fn names_come_from_paths_and_from_use_groups() {
        let tokens = of("use std::env::{self, var}; fn a() { env::args(); }").unwrap();
        let names: Vec<_> = names_after(&tokens, "env ::")
            .into_iter()
            .map(|token| token.text)
            .collect();
        assert_eq!(names, ["self", "var", "args"]);
    }

    #[test]
    fn what_is_not_rust_does_not_lex() {
        assert!(of("fn a( {").is_none());
    }
}
