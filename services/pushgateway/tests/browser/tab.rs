//! A tab: going somewhere, clicking, typing, and looking at what is there.

use serde_json::{Value, json};

use crate::chromium::Chromium;

/// The only tab of a browser. Whatever the page's script throws, or its policy refuses, fails the test at the end.
pub(crate) struct Tab {
    browser: Chromium,
    session: String,
    has_script: bool,
}

/// A key as the browser wants it: name, code, number, text.
pub(crate) type Key = (&'static str, &'static str, u32, &'static str);

pub(crate) const TAB: Key = ("Tab", "Tab", 9, "");
pub(crate) const ENTER: Key = ("Enter", "Enter", 13, "\r");
pub(crate) const ESCAPE: Key = ("Escape", "Escape", 27, "");
pub(crate) const SLASH: Key = ("/", "Slash", 191, "/");

/// Collects what goes wrong on a page, from before its first line.
const WATCH: &str = "window.problems = [];\
    addEventListener('error', (event) => problems.push(String(event.message ?? event.target.src)), true);\
    addEventListener('unhandledrejection', (event) => problems.push(String(event.reason)));\
    addEventListener('securitypolicyviolation', (event) => problems.push(event.violatedDirective));";

impl Tab {
    /// Opens a browser with one tab; `None` when there is no browser.
    pub(crate) fn open() -> Option<Self> {
        let mut browser = Chromium::start()?;
        let target = browser
            .call(
                None,
                "Target.createTarget",
                &json!({ "url": "about:blank" }),
            )
            .unwrap();
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser
            .call(None, "Target.attachToTarget", &attach)
            .unwrap();
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let mut tab = Self {
            browser,
            session,
            has_script: true,
        };
        tab.call("Page.enable", &json!({}));
        tab.call(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({ "source": WATCH }),
        );
        tab.resize(1280, 900);
        Some(tab)
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        let answer = self.browser.call(Some(&self.session), method, params);
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Goes to a URL and waits until all is loaded.
    pub(crate) fn go(&mut self, url: &str) {
        self.loading(|tab| drop(tab.call("Page.navigate", &json!({ "url": url }))));
    }

    /// Reloads the page.
    pub(crate) fn reload(&mut self) {
        self.loading(|tab| drop(tab.call("Page.reload", &json!({}))));
    }

    /// Does what makes the browser go elsewhere, and waits until it is there.
    pub(crate) fn loading(&mut self, act: impl FnOnce(&mut Self)) {
        self.browser.forget_events();
        act(self);
        self.browser.event("Page.loadEventFired");
    }

    /// Switches scripts off, as some readers do.
    pub(crate) fn without_script(&mut self) {
        self.has_script = false;
        self.call(
            "Emulation.setScriptExecutionDisabled",
            &json!({ "value": true }),
        );
    }

    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Makes the system prefer `light` or `dark` colours.
    pub(crate) fn prefer(&mut self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", &features);
    }

    /// Returns the value of an expression.
    #[track_caller]
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        self.try_eval(expression)
            .unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    fn try_eval(&mut self, expression: &str) -> Result<Value, String> {
        let params =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self
            .browser
            .call(Some(&self.session), "Runtime.evaluate", &params)?;
        match answer.get("exceptionDetails") {
            Some(details) => Err(details["exception"]["description"].to_string()),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// Waits until a condition holds.
    #[track_caller]
    pub(crate) fn wait(&mut self, condition: &str) {
        let poll = format!(
            "new Promise((done, fail) => {{ let tries = 3000; const look = () => {{ \
             if ({condition}) done(true); else if (--tries) setTimeout(look, 10); else fail(new Error('never')); }}; look(); }})"
        );
        loop {
            match self.try_eval(&poll) {
                Ok(_) => return,
                // The page went elsewhere meanwhile; the condition may hold there.
                Err(error) if error.contains("navigated") || error.contains("destroyed") => {}
                Err(error) => panic!("waiting for {condition}: {error}\n{}", self.text("body")),
            }
        }
    }

    /// Returns the text of the first element, as it is seen.
    #[track_caller]
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let text = self.eval(&format!(
            "document.querySelector({}).innerText",
            Value::from(selector)
        ));
        text.as_str().unwrap().to_owned()
    }

    /// Returns how many elements there are.
    pub(crate) fn count(&mut self, selector: &str) -> u64 {
        self.eval(&format!(
            "document.querySelectorAll({}).length",
            Value::from(selector)
        ))
        .as_u64()
        .unwrap()
    }

    /// Clicks on the first element where it is seen.
    #[track_caller]
    pub(crate) fn click(&mut self, selector: &str) {
        let place = self.eval(&format!(
            "(() => {{ const it = document.querySelector({}); it.scrollIntoView({{ block: 'center', behavior: 'instant' }}); \
             const {{ x, y, width, height }} = it.getClientRects()[0]; \
             const top = document.elementFromPoint(x + width / 2, y + height / 2); \
             return it.contains(top) ? [x + width / 2, y + height / 2] : String(top?.outerHTML); }})()",
            Value::from(selector)
        ));
        let (Some(x), Some(y)) = (place[0].as_f64(), place[1].as_f64()) else {
            panic!("{selector} is covered by {place}");
        };
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    /// Presses and releases a key.
    pub(crate) fn press(&mut self, (key, code, number, text): Key) {
        for kind in ["keyDown", "keyUp"] {
            let mut event =
                json!({ "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// Types into what has the focus.
    pub(crate) fn write(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        if self.has_script && !std::thread::panicking() {
            assert_eq!(
                self.eval("window.problems ?? []"),
                json!([]),
                "nothing goes wrong on the page"
            );
        }
    }
}
