//! The status page: one HTML document that needs no script. Everything that is not ours is escaped.
//!
//! `page/style.css` and `page/refresh.js` are served beside it; the script only fetches the page again.

use std::fmt::Write;

use crate::{
    crypto_report::CryptoReport,
    page::html::Escaped,
    quantity,
    status::{Health, ServiceStatus, Status},
};

mod drawing;
mod html;

/// The style sheet.
pub const STYLE: &str = include_str!("page/style.css");

/// The script that keeps the page fresh.
pub const REFRESH: &str = include_str!("page/refresh.js");

/// Renders the page.
#[must_use]
pub fn render(status: &Status) -> String {
    let mut out = String::with_capacity(8 << 10);
    out.push_str(HEAD);
    let _ = write!(
        out,
        "<title>{} · Casemate</title></head>\n<body>",
        summary(status)
    );
    header(&mut out, status);
    out.push_str("<main>");
    status
        .services
        .iter()
        .for_each(|each| service(&mut out, each));
    out.push_str("</main>");
    footer(&mut out, status);
    out
}

const HEAD: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
    <meta name=\"color-scheme\" content=\"light dark\">\
    <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"style.css\">\
    <noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>\
    <script src=\"refresh.js\" defer></script>";

fn summary(status: &Status) -> String {
    let all = status.services.len();
    let healthy = status
        .services
        .iter()
        .filter(|service| service.health == Health::Healthy)
        .count();
    let noun = if all == 1 { "service" } else { "services" };
    match healthy {
        _ if healthy == all => format!("{all} {noun} healthy"),
        _ => format!("{healthy} of {all} {noun} healthy"),
    }
}

fn header(out: &mut String, status: &Status) {
    let supervisor = &status.supervisor;
    let class = if status.is_healthy() {
        "healthy"
    } else {
        "unhealthy"
    };
    let _ = write!(
        out,
        "<header><div class=\"bar\"><h1>Casemate</h1><p class=\"pill {class}\">{}</p></div>",
        summary(status)
    );
    out.push_str("<dl class=\"facts\">");
    fact(out, "Supervisor", &format!("stack {}", supervisor.version));
    fact(out, "PID", &supervisor.pid.to_string());
    fact(out, "Memory", &memory(supervisor.memory_bytes));
    fact(out, "Uptime", &quantity::seconds(supervisor.uptime_seconds));
    fact(out, "Data", &supervisor.data_dir.display().to_string());
    out.push_str("</dl></header>");
}

fn footer(out: &mut String, status: &Status) {
    let machine = Escaped(&status.taken_at);
    let human = status.taken_at.replace('T', " ").replace('Z', " UTC");
    let _ = writeln!(
        out,
        "<footer><p>As of <time datetime=\"{machine}\">{}</time> · <a href=\"api/status\">as JSON</a></p></footer>\
         </body></html>",
        Escaped(&human)
    );
}

fn service(out: &mut String, service: &ServiceStatus) {
    let (name, word) = (Escaped(&service.name), service.health.word());
    let _ = write!(
        out,
        "<section class=\"service {word}\" aria-labelledby=\"{name}\"><div class=\"bar\"><h2 id=\"{name}\">{name}</h2>\
         <p class=\"pill {word}\">{word}</p><p class=\"about\">{}</p><a class=\"url\" href=\"{url}\">{url}</a></div>",
        Escaped(&service.about),
        url = Escaped(&service.url),
    );
    if !service.detail.is_empty() {
        let _ = write!(out, "<p class=\"detail\">{}</p>", Escaped(&service.detail));
    }
    out.push_str("<div class=\"columns\"><div><h3>Process</h3><dl class=\"facts\">");
    fact(
        out,
        "Version",
        service.version.as_deref().unwrap_or(UNKNOWN),
    );
    fact(
        out,
        "PID",
        &service
            .pid
            .map_or_else(|| UNKNOWN.to_owned(), |pid| pid.to_string()),
    );
    fact(out, "Memory", &memory(service.memory_bytes));
    fact(
        out,
        "Uptime",
        &service
            .uptime_seconds
            .map_or_else(|| UNKNOWN.to_owned(), quantity::seconds),
    );
    fact(out, "Restarts", &service.restarts.to_string());
    if let Some(end) = &service.last_end {
        fact(out, "Last run", end);
    }
    out.push_str("</dl></div><div><h3>Crypto</h3>");
    crypto(out, service.crypto.as_ref());
    out.push_str("</div></div>");
    drawing::plots(out, &service.plots);
    first_steps(out, service);
    log(out, service);
    out.push_str("</section>");
}

fn crypto(out: &mut String, report: Option<&CryptoReport>) {
    let Some(report) = report else {
        out.push_str("<p class=\"quiet\">No report yet.</p>");
        return;
    };
    let module = &report.module;
    out.push_str("<dl class=\"facts\">");
    fact(
        out,
        "Module",
        format!("{} {}", module.name, module.version).trim(),
    );
    fact(out, "Provider", &report.provider);
    fact(out, "Mode", &report.mode);
    fact(
        out,
        "Certificate",
        module.certificate.as_deref().unwrap_or("none"),
    );
    fact(out, "Validation", &module.status);
    out.push_str("</dl>");
}

fn first_steps(out: &mut String, service: &ServiceStatus) {
    if service.first_steps.is_empty() {
        return;
    }
    out.push_str("<h3>Try it</h3><dl class=\"steps\">");
    for step in &service.first_steps {
        let _ = write!(
            out,
            "<dt>{}</dt><dd><code>{}</code></dd>",
            Escaped(&step.does),
            Escaped(&step.command)
        );
    }
    out.push_str("</dl>");
}

fn log(out: &mut String, service: &ServiceStatus) {
    let name = Escaped(&service.name);
    let _ = write!(
        out,
        "<h3>Log</h3><pre class=\"log\" tabindex=\"0\" aria-label=\"Last log lines of {name}\"><code>"
    );
    if service.log_lines.is_empty() {
        out.push_str("Nothing yet.");
    }
    for line in &service.log_lines {
        let _ = write!(out, "<span{}>{}\n</span>", level(line), Escaped(line));
    }
    let _ = write!(
        out,
        "</code></pre><p class=\"quiet\">More with <code>stack logs {name} -f</code>, or in <code>{}</code></p>",
        Escaped(&service.log.display().to_string())
    );
}

/// Marks a line of trouble, in the two formats our services log in.
fn level(line: &str) -> &'static str {
    let is_at = |level: &str| {
        line.contains(&format!("level={level} "))
            || line.contains(&format!("\"level\":\"{level}\""))
    };
    match () {
        () if is_at("error") => " class=\"error\"",
        () if is_at("warn") => " class=\"warn\"",
        () => "",
    }
}

fn fact(out: &mut String, name: &str, value: &str) {
    let value = if value.is_empty() { UNKNOWN } else { value };
    let _ = write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", Escaped(value));
}

fn memory(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| UNKNOWN.to_owned(), quantity::bytes)
}

const UNKNOWN: &str = "–";

#[cfg(test)]
mod tests;
