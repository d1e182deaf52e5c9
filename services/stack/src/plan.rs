//! What will run: a row of the catalog with its address, folder and program filled in.

use std::path::{Path, PathBuf};

use crate::{catalog::Service, data_dir::DataDir};

/// One service as it will be started.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The row.
    pub service: &'static Service,
    /// Where it listens, `host:port`.
    pub address: String,
    /// Its program.
    pub program: PathBuf,
    /// Its folder for data.
    pub folder: PathBuf,
    /// Its log file.
    pub log: PathBuf,
    /// Where it writes its crypto report.
    pub crypto_report: PathBuf,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
}

impl Plan {
    /// Fills in a row.
    #[must_use]
    pub fn new(
        service: &'static Service,
        address: Option<&str>,
        data_dir: &DataDir,
        bin_dir: &Path,
        environment: &[(String, String)],
    ) -> Self {
        let folder = data_dir.service(service.name);
        let crypto_report = folder.join("crypto-report.json");
        let mut environment = environment.to_vec();
        environment.push((
            "CRYPTO_REPORT".to_owned(),
            crypto_report.display().to_string(),
        ));
        Self {
            service,
            address: address.unwrap_or(service.address).to_owned(),
            program: bin_dir.join(service.name),
            log: data_dir.log(service.name),
            folder,
            crypto_report,
            environment,
        }
    }

    /// Returns the command line, without the program.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        self.service
            .arguments
            .iter()
            .map(|template| self.fill(template))
            .collect()
    }

    /// Returns what a newcomer types first, as (what it does, line).
    #[must_use]
    pub fn first_steps(&self) -> Vec<(&'static str, String)> {
        self.service
            .first_steps
            .iter()
            .map(|step| (step.does, self.fill(step.command)))
            .collect()
    }

    /// Returns the URL at which this machine reaches the service.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", reachable(&self.address))
    }

    /// Returns every address it listens on, `host:port`.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        let mut words = self.service.arguments.iter();
        let has_next = words.any(|word| word.contains("{next}"));
        let next = has_next.then(|| self.next());
        [self.address.clone()].into_iter().chain(next).collect()
    }

    /// Returns the address with the port after it, for services that have a second one.
    fn next(&self) -> String {
        let address = reachable(&self.address);
        match address.rsplit_once(':') {
            Some((host, port)) => match port.parse::<u16>() {
                Ok(port) => format!("{host}:{}", u32::from(port) + 1),
                Err(_) => address, // the service says what is wrong with it
            },
            None => address,
        }
    }

    fn fill(&self, template: &str) -> String {
        let dir = self.folder.display().to_string();
        let bin = self.program.parent().unwrap_or_else(|| Path::new("/"));
        template
            .replace("{address}", &self.address)
            .replace("{next}", &self.next())
            .replace("{bin}", &bin.display().to_string())
            .replace("{url}", &self.url())
            .replace("{dir}", &dir)
    }
}

/// Returns where this machine reaches a listener at `address`: a listener on every address is reached on loopback.
#[must_use]
pub fn reachable(address: &str) -> String {
    match address.rsplit_once(':') {
        Some(("" | "0.0.0.0" | "[::]", port)) => format!("127.0.0.1:{port}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::CATALOG;

    fn plan(address: Option<&str>) -> Plan {
        Plan::new(
            &CATALOG[0],
            address,
            &DataDir::new("/data".into()),
            Path::new("/bin"),
            &[],
        )
    }

    #[test]
    fn the_command_line_carries_the_address_and_the_folder() {
        let arguments = plan(None).arguments();
        assert!(
            arguments.contains(&"--web.listen-address=127.0.0.1:9091".to_owned()),
            "{arguments:?}"
        );
        assert!(
            arguments.contains(&"--persistence.file=/data/pushgateway/metrics.snapshot".to_owned())
        );
    }

    #[test]
    fn no_row_leaves_a_place_unfilled() {
        for service in CATALOG {
            let plan = Plan::new(
                service,
                None,
                &DataDir::new("/data".into()),
                Path::new("/bin"),
                &[],
            );
            let steps = plan.first_steps().into_iter().map(|(_, line)| line);
            for line in plan.arguments().into_iter().chain(steps) {
                assert!(!line.contains('{'), "{line}");
            }
        }
    }

    #[test]
    fn a_listener_on_every_address_is_reached_on_loopback() {
        assert_eq!(plan(Some(":1234")).url(), "http://127.0.0.1:1234");
        assert_eq!(reachable("0.0.0.0:1"), "127.0.0.1:1");
        assert_eq!(reachable("[::]:1"), "127.0.0.1:1");
        assert_eq!(reachable("[::1]:1"), "[::1]:1");
        assert_eq!(reachable("192.0.2.1:1"), "192.0.2.1:1");
    }

    #[test]
    fn a_second_address_is_that_with_the_port_after_it() {
        let etcd = CATALOG.iter().find(|service| service.name == "etcd");
        let data_dir = DataDir::new("/data".into());
        let plan = |address| {
            Plan::new(
                etcd.unwrap(),
                Some(address),
                &data_dir,
                Path::new("/bin"),
                &[],
            )
        };
        assert_eq!(
            plan("0.0.0.0:79").addresses(),
            ["0.0.0.0:79", "127.0.0.1:80"]
        );
        assert_eq!(plan("host:what").addresses(), ["host:what", "host:what"]);
        let pushgateway = Plan::new(&CATALOG[0], None, &data_dir, Path::new("/bin"), &[]);
        assert_eq!(pushgateway.addresses(), ["127.0.0.1:9091"]);
    }

    #[test]
    fn the_crypto_report_is_asked_for_in_the_environment() {
        let plan = plan(None);
        let report = (
            "CRYPTO_REPORT".to_owned(),
            "/data/pushgateway/crypto-report.json".to_owned(),
        );
        assert_eq!(plan.environment, [report]);
    }
}
