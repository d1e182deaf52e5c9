//! All groups: the search form, how many there are, their cards, and the way to further pages.

use super::{
    View, card,
    empty::{put_first_push, put_nothing_found},
    html::Html,
    listing::{GROUPS_PER_PAGE, Listing},
    query::{Query, Sort},
};
use crate::store::state::State;

/// Appends the overview.
pub(super) fn put(html: &mut Html, view: &View, state: &State, query: &Query) {
    let listing = Listing::new(state, query);
    html.raw("<h2 id=\"metrics-title\" class=\"unseen\">Metrics</h2>\n");
    put_form(html, view, query);
    html.raw("<div id=\"main\" class=\"results\">\n");
    put_counts(html, view, state, &listing);
    if state.groups.is_empty() {
        put_first_push(html, view);
    } else if listing.found == 0 {
        put_nothing_found(html, view, query);
    }
    for found in &listing.shown {
        card::put_closed(html, view, found);
    }
    put_pager(html, view, query, listing.page, listing.pages);
    put_announcement(html, query, &listing);
    html.raw("</div>\n");
}

fn put_form(html: &mut Html, view: &View, query: &Query) {
    html.raw("<form id=\"find\" role=\"search\" method=\"get\" action=\"")
        .text(view.base())
        .raw("/\">\n");
    html.raw(
        "<label class=\"search\"><span class=\"unseen\">Search labels and metric names</span>",
    );
    html.raw("<input type=\"search\" name=\"q\" placeholder=\"Search labels and metric names\" autocomplete=\"off\" ");
    html.raw("autocapitalize=\"off\" spellcheck=\"false\" aria-keyshortcuts=\"/\" value=\"")
        .text(&query.search);
    html.raw("\"></label>\n<label class=\"sort\"><span>Sort by</span> <select name=\"sort\">");
    for sort in Sort::ALL {
        html.raw("<option value=\"")
            .raw(sort.word())
            .raw(if sort == query.sort {
                "\" selected>"
            } else {
                "\">"
            });
        html.raw(sort.label()).raw("</option>");
    }
    html.raw("</select></label>\n<label class=\"only\"><input type=\"checkbox\" name=\"failed\" value=\"1\"");
    html.raw(if query.failed_only { " checked" } else { "" })
        .raw("> Failed only</label>\n");
    html.raw("<button class=\"without-script\">Show</button>\n</form>\n");
}

fn put_counts(html: &mut Html, view: &View, state: &State, listing: &Listing<'_>) {
    html.raw("<div class=\"counts\"><p><span><b>")
        .count(state.groups.len())
        .raw("</b> ");
    html.raw(if state.groups.len() == 1 {
        "group"
    } else {
        "groups"
    })
    .raw("</span> <span><b>")
    .count(state.series);
    html.raw("</b> series</span>");
    if listing.failed > 0 {
        let failed = view.link(&Query {
            failed_only: true,
            ..Query::default()
        });
        html.raw(" <a class=\"badge failed\" href=\"")
            .text(&failed)
            .raw("\">")
            .count(listing.failed)
            .raw(" failed</a>");
    }
    html.raw("</p>");
    if view.admin_api {
        let groups = state.groups.len();
        html.raw("<button type=\"button\" id=\"delete-all\" class=\"danger needs-script\"");
        html.raw(if groups == 0 { " disabled" } else { "" })
            .raw(">Delete All ")
            .count(groups)
            .raw(" Groups</button>");
    }
    html.raw("</div>\n");
}

/// Appends the way to the pages before and after, if there are any.
pub(super) fn put_pager(html: &mut Html, view: &View, query: &Query, page: usize, pages: usize) {
    if pages < 2 {
        return;
    }
    let at = |page| {
        view.link(&Query {
            page,
            ..query.clone()
        })
    };
    html.raw("<nav class=\"pager\" aria-label=\"Pages\">");
    if page > 0 {
        html.raw("<a href=\"").text(&at(0)).raw("\">First</a>");
        html.raw("<a rel=\"prev\" href=\"")
            .text(&at(page - 1))
            .raw("\">Previous</a>");
    }
    html.raw("<span aria-current=\"page\">Page ")
        .count(page + 1)
        .raw(" of ")
        .count(pages)
        .raw("</span>");
    if page + 1 < pages {
        html.raw("<a rel=\"next\" href=\"")
            .text(&at(page + 1))
            .raw("\">Next</a>");
        html.raw("<a href=\"")
            .text(&at(pages - 1))
            .raw("\">Last</a>");
    }
    html.raw("</nav>\n");
}

/// Says in words which groups are shown; the script reads it out after a search.
fn put_announcement(html: &mut Html, query: &Query, listing: &Listing<'_>) {
    if listing.found == 0 {
        html.raw("<p class=\"shown unseen\">No group matches</p>\n");
        return;
    }
    let first = listing.page * GROUPS_PER_PAGE + 1;
    html.raw("<p class=\"shown\">")
        .count(first)
        .raw("–")
        .count(first + listing.shown.len() - 1)
        .raw(" of ");
    html.counted(listing.found, "group", "groups")
        .raw(if query.is_filter() { " found" } else { "" })
        .raw("</p>\n");
}
