//! The files behind the page: style, script and icons, part of the program. The page names each with a checksum of its content,
//! so browsers may keep them for good and still see every new one.

use http::{HeaderValue, StatusCode, header};
use kit_http::{Body, Response, error_response};

use crate::answer;

/// A file below `static/`.
#[derive(Debug)]
pub(super) struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: &'static [u8],
}

/// What browsers are told to do with a file: ask for it once.
const KEEP: &str = "public, max-age=31536000, immutable";

/// Every file. Style and script are written in several and sent in one.
static ASSETS: [Asset; 5] = [
    Asset {
        name: "page.css",
        content_type: "text/css",
        content: concat!(
            include_str!("assets/tokens.css"),
            include_str!("assets/layout.css"),
            include_str!("assets/controls.css"),
            include_str!("assets/cards.css"),
            include_str!("assets/tables.css"),
        )
        .as_bytes(),
    },
    Asset {
        name: "early.js",
        content_type: SCRIPT,
        content: include_bytes!("assets/early.js"),
    },
    Asset {
        name: "page.js",
        content_type: SCRIPT,
        content: concat!(
            include_str!("assets/document.js"),
            include_str!("assets/clock.js"),
            include_str!("assets/cards.js"),
            include_str!("assets/search.js"),
            include_str!("assets/delete.js"),
            include_str!("assets/copy.js"),
            include_str!("assets/start.js"),
        )
        .as_bytes(),
    },
    Asset {
        name: "favicon.svg",
        content_type: "image/svg+xml",
        content: include_bytes!("assets/favicon.svg"),
    },
    Asset {
        name: "favicon.ico",
        content_type: "image/x-icon",
        content: include_bytes!("assets/favicon.ico"),
    },
];

const SCRIPT: &str = "application/javascript";

impl Asset {
    /// Returns the file of a name that this program uses.
    pub(super) fn named(name: &'static str) -> &'static Self {
        Self::find(name).expect("the page names no file that is not there")
    }

    fn find(name: &str) -> Option<&'static Self> {
        ASSETS.iter().find(|asset| asset.name == name)
    }

    /// Returns what changes whenever the content does.
    pub(super) fn version(&self) -> String {
        format!("{:08x}", crc32fast::hash(self.content))
    }
}

/// Returns the file at a path below `static/`.
pub(crate) fn asset(path: &str) -> Response {
    let Some(asset) = Asset::find(path) else {
        return error_response(StatusCode::NOT_FOUND, "404 page not found"); // upstream's text
    };
    let body = Body::from(bytes::Bytes::from_static(asset.content));
    let mut response = answer::with_type(StatusCode::OK, asset.content_type, body);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(KEEP));
    response.headers_mut().insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sent_with_their_type_and_others_are_not_found() {
        let css = asset("page.css");
        assert_eq!(css.status(), StatusCode::OK);
        assert_eq!(css.headers()["content-type"], "text/css");
        assert_eq!(
            asset("page.js").headers()["content-type"],
            "application/javascript"
        );
        assert_eq!(
            asset("favicon.ico").headers()["content-type"],
            "image/x-icon"
        );
        for path in ["", "/", "page.css/", "../page.rs", "PAGE.CSS"] {
            assert_eq!(asset(path).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
