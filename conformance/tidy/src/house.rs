//! The crates of the house as cargo sees them: who depends on whom, with which features, and which are programs.

use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Why cargo could not say.
#[derive(Debug, thiserror::Error)]
pub enum HouseError {
    /// `cargo metadata` failed.
    #[error("cargo metadata")]
    Metadata(#[from] cargo_metadata::Error),
}

/// A dependency as written in a manifest.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// The crate depended on.
    pub name: String,
    /// A dev-dependency.
    pub only_tests: bool,
    /// The features switched on by the manifest.
    pub features: Vec<String>,
}

/// A crate of the house.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its manifest, relative to the root of the tree.
    pub manifest: String,
    /// What it depends on, ours and foreign.
    pub uses: Vec<Edge>,
    /// The cargo features it has.
    pub features: Vec<String>,
    /// Whether it builds a program.
    pub is_program: bool,
}

/// All crates of the house.
#[derive(Clone, Debug, Default)]
pub struct House {
    /// In the order of cargo.
    pub members: Vec<Member>,
}

impl House {
    /// Asks `cargo metadata` about the workspace at `root`. Reads manifests only; resolves and downloads nothing.
    ///
    /// # Errors
    /// [`HouseError`] when cargo refuses a manifest.
    pub fn open(root: &Path) -> Result<Self, HouseError> {
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .no_deps()
            .exec()?;
        let root = metadata.workspace_root.as_str();
        let members = metadata
            .packages
            .iter()
            .map(|package| member(package, root))
            .collect();
        Ok(Self { members })
    }

    /// Whether `name` is a crate of ours.
    pub fn is_member(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name == name)
    }

    /// Programs that carry a crypto provider: those with the feature `ring`.
    pub fn programs_with_a_provider(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| {
            member.is_program && member.features.iter().any(|feature| feature == "ring")
        })
    }
}

fn member(package: &Package, root: &str) -> Member {
    let edge = |dependency: &cargo_metadata::Dependency| Edge {
        name: dependency.name.clone(),
        only_tests: dependency.kind == DependencyKind::Development,
        features: dependency.features.clone(),
    };
    Member {
        name: package.name.to_string(),
        manifest: package
            .manifest_path
            .as_str()
            .trim_start_matches(root)
            .trim_start_matches('/')
            .to_owned(),
        uses: package.dependencies.iter().map(edge).collect(),
        features: package.features.keys().cloned().collect(),
        is_program: package.targets.iter().any(cargo_metadata::Target::is_bin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn the_real_house_has_its_crates_at_their_places() {
        let house = House::open(&tree::root()).unwrap();
        let tidy = house
            .members
            .iter()
            .find(|member| member.name == "conformance-tidy")
            .unwrap();
        assert_eq!(tidy.manifest, "conformance/tidy/Cargo.toml");
        assert!(tidy.uses.iter().any(|edge| edge.name == "proc-macro2"));
        assert!(house.is_member("crypto"));
    }
}
