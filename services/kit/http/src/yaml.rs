//! YAML text to a tree that knows its lines, and the error texts of Go's yaml package.
//!
//! yaml-rust2 scans and parses; what scalars mean (YAML 1.1: `yes`, `0x10`, `~`) follows Go's resolver.
//!
//! Source: go.yaml.in/yaml/v2 decode.go `parser`, resolve.go.

use std::collections::HashMap;

use yaml_rust2::{
    Event,
    parser::{MarkedEventReceiver, Parser, Tag},
    scanner::{Marker, ScanError, TScalarStyle},
};

mod resolve;

pub use self::resolve::Resolved;

/// A value and the line it begins on, from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it begins.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A text, whatever it means.
    Scalar {
        /// The text.
        text: String,
        /// Written without quotes or a block indicator.
        is_plain: bool,
        /// The short form of an explicit tag: `!!str`.
        tag: Option<String>,
    },
    /// Values, in order.
    Sequence(Vec<Node>),
    /// Keys with their values, in order; a key may come again.
    Mapping(Vec<(Node, Node)>),
}

/// Reads the first document of a text; none when it is empty.
///
/// # Errors
/// Go's text, without its `yaml: ` in front.
pub fn parse(text: &[u8]) -> Result<Option<Node>, String> {
    let text = decode(text)?;
    let mut builder = Builder::default();
    let parsed = Parser::new_from_str(text).load(&mut builder, false);
    if let Some(fault) = builder.fault {
        return Err(fault);
    }
    parsed.map_err(|error| syntax_error(text, &error))?;
    Ok(builder.document)
}

/// Checks what Go's reader checks before it scans.
fn decode(text: &[u8]) -> Result<&str, String> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let text = std::str::from_utf8(text).map_err(|error| {
        match text.get(error.valid_up_to()).copied() {
            Some(0xc2..=0xf4) if error.error_len().is_none() => "incomplete UTF-8 octet sequence",
            Some(0xc2..=0xf4) => "invalid trailing UTF-8 octet",
            _ => "invalid leading UTF-8 octet",
        }
    })?;
    let is_control = |it: char| (it < ' ' && !"\t\n\r".contains(it)) || it == '\x7f';
    if text.contains(is_control) {
        return Err("control characters are not allowed".to_owned());
    }
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let version = lines.next().and_then(|line| line.strip_prefix("%YAML "));
    if version.is_some_and(|version| version.trim() != "1.1") {
        return Err("found incompatible YAML document".to_owned());
    }
    Ok(text)
}

/// The scanner's words in the words of Go's, which says the problem only and counts lines its own way.
fn syntax_error(text: &str, error: &ScanError) -> String {
    const NO_TOKEN: &str = "found character that cannot start any token";
    let problem = match error.info().split_once(", ") {
        Some((context, problem)) if context.starts_with("while ") => problem,
        _ => error.info(),
    };
    let line = error.marker().line() - 1; // Go's lines count from 0
    let (problem, line) = match problem {
        "tabs disallowed in this context"
        | "tabs disallowed within this context (block indentation)" => (NO_TOKEN, line),
        other if other.starts_with("unexpected character: ") => (NO_TOKEN, line),
        "mapping values are not allowed in this context" => (problem, line),
        "simple key expected" | "simple key expect ':'" => ("could not find expected ':'", line),
        "found unexpected end of stream" => (problem, text.matches('\n').count()),
        "found unknown anchor" => return unknown_anchor(text, *error.marker()),
        // What follows is found by Go's parser, not its scanner: its line is the one before.
        "expected ',' or ']'" => ("did not find expected ',' or ']'", line.saturating_sub(1)),
        _ => (problem, line.saturating_sub(1)),
    };
    // Line 0 is not printed.
    if line == 0 && error.marker().line() == 1 {
        problem.to_owned()
    } else {
        format!("line {}: {problem}", line + 1)
    }
}

fn unknown_anchor(text: &str, mark: Marker) -> String {
    let line = text.lines().nth(mark.line() - 1).unwrap_or_default();
    let name = line.chars().skip(mark.col() + 1);
    let name: String = name
        .take_while(|it| it.is_ascii_alphanumeric() || "_-".contains(*it))
        .collect();
    format!("unknown anchor '{name}' referenced")
}

/// Builds the tree of the first document.
#[derive(Default)]
struct Builder {
    document: Option<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    node_count: usize,
    documents_ended: usize,
    fault: Option<String>,
}

/// A collection whose end has not come.
struct Open {
    line: usize,
    anchor: usize,
    is_mapping: bool,
    children: Vec<Node>,
}

impl MarkedEventReceiver for Builder {
    fn on_event(&mut self, event: Event, mark: Marker) {
        if self.fault.is_some() || self.documents_ended > 0 {
            return;
        }
        let line = mark.line();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let kind = Kind::Scalar {
                    text,
                    is_plain: style == TScalarStyle::Plain,
                    tag: tag.as_ref().map(short_tag),
                };
                self.put(Node { line, kind }, anchor);
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => self.put(node, 0),
                None => self.fault = Some("anchor value contains itself".to_owned()),
            },
            Event::SequenceStart(anchor, _) => self.open(line, anchor, false),
            Event::MappingStart(anchor, _) => self.open(line, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::DocumentEnd => self.documents_ended += 1,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart => {}
        }
    }
}

impl Builder {
    fn open(&mut self, line: usize, anchor: usize, is_mapping: bool) {
        if self.open.len() == DEPTH_MAX {
            self.fault = Some(format!("exceeded max depth of {DEPTH_MAX}"));
        }
        self.open.push(Open {
            line,
            anchor,
            is_mapping,
            children: Vec::new(),
        });
    }

    fn close(&mut self) {
        let Some(closed) = self.open.pop() else {
            return;
        };
        let kind = if closed.is_mapping {
            let mut children = closed.children.into_iter();
            let pairs = std::iter::from_fn(|| Some((children.next()?, children.next()?)));
            Kind::Mapping(pairs.collect())
        } else {
            Kind::Sequence(closed.children)
        };
        let line = closed.line;
        self.put(Node { line, kind }, closed.anchor);
    }

    fn put(&mut self, node: Node, anchor: usize) {
        self.node_count += node.count();
        if self.node_count > NODES_MAX {
            self.fault = Some("document contains excessive aliasing".to_owned()); // Go's text
            return;
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.document = Some(node),
        }
    }
}

impl Node {
    fn count(&self) -> usize {
        1 + match &self.kind {
            Kind::Scalar { .. } => 0,
            Kind::Sequence(items) => items.iter().map(Self::count).sum(),
            Kind::Mapping(pairs) => pairs.iter().map(|(k, v)| k.count() + v.count()).sum(),
        }
    }
}

fn short_tag(tag: &Tag) -> String {
    match tag.handle.as_str() {
        "tag:yaml.org,2002:" => format!("!!{}", tag.suffix),
        handle => format!("{handle}{}", tag.suffix),
    }
}

/// Collections inside each other; a web configuration has three levels, etcd's fewer.
const DEPTH_MAX: usize = 64;

/// Values in all, repetitions through aliases included.
const NODES_MAX: usize = 100_000;
