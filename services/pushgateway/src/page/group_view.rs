//! One group with what it holds: all its families, or one family in full. Never more than fits a page.

use std::sync::Arc;

use super::{
    View,
    card::{self, NAME_CHARS_MAX},
    empty::put_no_group,
    family::{self, Room},
    group_path,
    html::Html,
    overview::put_pager,
    query::Query,
};
use crate::store::{
    group::{Group, GroupFamily},
    state::State,
};

/// Most families on one page.
const FAMILIES_PER_PAGE: usize = 200;

/// Rows of tables on a page of a group, all families together.
const ROWS_OF_GROUP_MAX: usize = 1000;

/// Most series that one family shows among others.
const SERIES_AMONG_OTHERS_MAX: u32 = 50;

/// Rows on a page of one family.
const ROWS_OF_FAMILY_MAX: usize = 2000;

/// Most series on a page of one family.
const SERIES_ALONE_MAX: u32 = 500;

/// Appends the group of that path, and tells whether there is one.
pub(super) fn put(html: &mut Html, view: &View, state: &State, path: &str, query: &Query) -> bool {
    html.raw("<nav class=\"trail\" aria-label=\"Way back\"><a href=\"")
        .text(view.base())
        .raw("/\">All groups</a>");
    let key = group_path::parse(path, view.name_scheme());
    let Some(group) = key.and_then(|key| state.group(&key)) else {
        html.raw("</nav>\n<h2 id=\"metrics-title\" class=\"unseen\">Group</h2>\n<div id=\"main\">");
        put_no_group(html);
        html.raw("</div>\n");
        return false;
    };
    let one = query.family.as_ref().and_then(|name| group.family(name));
    if one.is_some() {
        let whole = Query {
            group: Some(path.to_owned()),
            ..Query::default()
        };
        html.raw(" <a href=\"")
            .text(&view.link(&whole))
            .raw("\">All metrics of this group</a>");
    }
    html.raw("</nav>\n<h2 id=\"metrics-title\" class=\"unseen\">Group</h2>\n<div id=\"main\">\n");
    card::put_open(html, view, group, |html| match one {
        Some(family) => put_family(html, view, family, query),
        None => put_families(html, view, group, query),
    });
    html.raw("</div>\n");
    true
}

fn put_families(html: &mut Html, view: &View, group: &Arc<Group>, query: &Query) {
    let pages = group.families.len().div_ceil(FAMILIES_PER_PAGE).max(1);
    let page = query.page.min(pages - 1);
    let mut room = Room {
        rows: ROWS_OF_GROUP_MAX,
        series: SERIES_AMONG_OTHERS_MAX,
    };
    for family in group
        .families
        .iter()
        .skip(page * FAMILIES_PER_PAGE)
        .take(FAMILIES_PER_PAGE)
    {
        let alone = Query {
            group: query.group.clone(),
            family: Some(family.name.to_string()),
            ..Query::default()
        };
        // A longer name does not fit an address.
        let link = (family.name.len() <= NAME_CHARS_MAX).then(|| view.link(&alone));
        family::put(html, family, &mut room, link.as_deref());
    }
    let here = Query {
        group: query.group.clone(),
        ..Query::default()
    };
    put_pager(html, view, &here, page, pages);
}

fn put_family(html: &mut Html, view: &View, family: &Arc<GroupFamily>, query: &Query) {
    let mut room = Room {
        rows: ROWS_OF_FAMILY_MAX,
        series: SERIES_ALONE_MAX,
    };
    let next = family::put_alone(html, family, &mut room, query.from);
    let at = |from| {
        view.link(&Query {
            from,
            page: 0,
            ..query.clone()
        })
    };
    let total = family.metrics.len();
    if query.from == 0 && next >= total {
        return;
    }
    html.raw("<nav class=\"pager\" aria-label=\"Series\">");
    if query.from > 0 {
        html.raw("<a href=\"")
            .text(&at(0))
            .raw("\">First series</a>");
    }
    html.raw("<span>")
        .count(query.from.min(total) as usize + 1)
        .raw("–")
        .count(next as usize)
        .raw(" of ");
    html.count(total as usize).raw(" series</span>");
    if next < total {
        html.raw("<a rel=\"next\" href=\"")
            .text(&at(next))
            .raw("\">Next series</a>");
    }
    html.raw("</nav>\n");
}
