//! What this program was built from.
//!
//! Source: prometheus/common version/info.go.

use crypto::Provider;

/// The facts of a build, under the names the Prometheus family shows them by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BuildInfo {
    /// Version of upstream that is replaced, and ours: `1.11.3+casemate.0.1.0`.
    pub version: String,
    /// Git commit; `unknown` when the build did not know it.
    pub revision: &'static str,
    /// Git branch; may be empty.
    pub branch: &'static str,
    /// Who built it; empty unless set by the build.
    pub build_user: &'static str,
    /// Date of the commit as `20060102-15:04:05`, in UTC; may be empty.
    pub build_date: &'static str,
    /// The compiler, as `rustc-1.95.0`; shown where upstream shows Go's version.
    pub toolchain: &'static str,
    /// Operating system and processor in Go's words, as `linux/amd64`.
    pub platform: &'static str,
    /// The crypto provider and, in FIPS builds, its module.
    pub tags: String,
}

impl BuildInfo {
    /// Returns the facts of this build for a program that replaces the given version of its upstream.
    #[must_use]
    pub fn replacing(upstream_version: &str) -> Self {
        Self {
            version: format!("{upstream_version}+casemate.{}", env!("CARGO_PKG_VERSION")),
            revision: env!("CASEMATE_REVISION"),
            branch: env!("CASEMATE_BRANCH"),
            build_user: env!("CASEMATE_BUILD_USER"),
            build_date: env!("CASEMATE_BUILD_DATE"),
            toolchain: env!("CASEMATE_TOOLCHAIN"),
            platform: env!("CASEMATE_PLATFORM"),
            tags: tags(),
        }
    }

    /// Returns the operating system in Go's words.
    #[must_use]
    pub fn goos(&self) -> &'static str {
        self.platform.split('/').next().unwrap_or_default()
    }

    /// Returns the processor in Go's words.
    #[must_use]
    pub fn goarch(&self) -> &'static str {
        self.platform.split('/').nth(1).unwrap_or_default()
    }

    /// Returns what `--version` prints, without a newline at the end.
    #[must_use]
    pub fn version_text(&self, program: &str) -> String {
        let Self {
            version,
            revision,
            branch,
            build_user,
            build_date,
            toolchain,
            platform,
            tags,
        } = self;
        // Upstream's layout; tools parse the keys.
        format!(
            "{program}, version {version} (branch: {branch}, revision: {revision})\n\
             \x20 build user:       {build_user}\n\
             \x20 build date:       {build_date}\n\
             \x20 go version:       {toolchain}\n\
             \x20 platform:         {platform}\n\
             \x20 tags:             {tags}"
        )
    }

    /// Returns the facts of the source, as logged at the start.
    #[must_use]
    pub fn info(&self) -> String {
        format!(
            "(version={}, branch={}, revision={})",
            self.version, self.branch, self.revision
        )
    }

    /// Returns the facts of the build, as logged at the start.
    #[must_use]
    pub fn context(&self) -> String {
        let Self {
            build_user,
            build_date,
            toolchain,
            platform,
            tags,
            ..
        } = self;
        format!(
            "(go={toolchain}, platform={platform}, user={build_user}, date={build_date}, tags={tags})"
        )
    }
}

/// Returns the provider and, when it is the validated one, its module: `aws-lc-fips,AWS-LC-FIPS-3.1.0`. No blanks: the
/// build context names the tags between others.
fn tags() -> String {
    let provider = crypto::provider();
    match provider {
        Provider::AwsLcFips => {
            format!("{},{}", provider.name(), crypto::report().module_version()).replace(' ', "-")
        }
        Provider::Ring | Provider::AwsLc => provider.name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> BuildInfo {
        BuildInfo {
            revision: "abc",
            branch: "main",
            build_user: "me",
            build_date: "20260101-00:00:00",
            toolchain: "rustc-1.95.0",
            platform: "linux/amd64",
            tags: "ring".to_owned(),
            ..BuildInfo::replacing("1.11.3")
        }
    }

    #[test]
    fn the_version_text_has_upstreams_layout() {
        let info = BuildInfo {
            version: "1.11.3+casemate.0.1.0".to_owned(),
            ..info()
        };
        let expected = "\
pushgateway, version 1.11.3+casemate.0.1.0 (branch: main, revision: abc)
  build user:       me
  build date:       20260101-00:00:00
  go version:       rustc-1.95.0
  platform:         linux/amd64
  tags:             ring";
        assert_eq!(info.version_text("pushgateway"), expected);
        assert_eq!(
            info.info(),
            "(version=1.11.3+casemate.0.1.0, branch=main, revision=abc)"
        );
        let context =
            "(go=rustc-1.95.0, platform=linux/amd64, user=me, date=20260101-00:00:00, tags=ring)";
        assert_eq!(info.context(), context);
    }

    #[test]
    fn this_build_knows_its_toolchain_and_platform() {
        let info = BuildInfo::replacing("1.11.3");
        assert!(
            info.version.starts_with("1.11.3+casemate."),
            "{}",
            info.version
        );
        assert!(info.toolchain.starts_with("rustc-1."), "{}", info.toolchain);
        assert_eq!(info.goos(), std::env::consts::OS);
        assert!(
            ["amd64", "arm64"].contains(&info.goarch()),
            "{}",
            info.platform
        );
    }
}
